#pragma once

#include <string>
#include <utility>

#include "pipeline/dead_letter_queue.hpp"
#include "pipeline/event_fates.hpp"
#include "pipeline/inflight_ledger.hpp"

namespace waltrack {

// The fates of events that are in the ledger: finished when they are accepted; those that are
// refused become dead letters, and finish when these are stored.
class StreamFates final : public EventFates {
 public:
  StreamFates(InflightLedger& ledger, DeadLetterQueue& dead_letters)
      : ledger_(ledger), dead_letters_(dead_letters) {}

  void accepted(std::span<const uint64_t> sequences) override { ledger_.accept(sequences); }

  void refused(uint64_t sequence, std::string payload, const Refusal& why) override {
    dead_letters_.push_refused(
        {sequence, ledger_.entry(sequence).letter(kRefusedReason, why.reason)}, std::move(payload),
        why);
  }

 private:
  InflightLedger& ledger_;
  DeadLetterQueue& dead_letters_;
};

}  // namespace waltrack
