#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/message_id.hpp"
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

  void accepted(std::span<const uint64_t> sequences) override { ledger_.finish(sequences); }

  void refused(uint64_t sequence, std::string payload, const Refusal& why) override {
    DeadLetter letter = ledger_.entry(sequence).letter(kRefusedReason, why.reason);
    letter.message_id = message_id_of(payload);
    letter.payload = std::move(payload);
    letter.answer = why.answer;
    std::vector<DeadLetterQueue::Item> items;
    items.push_back({sequence, std::move(letter)});
    dead_letters_.push(std::move(items));
  }

 private:
  InflightLedger& ledger_;
  DeadLetterQueue& dead_letters_;
};

}  // namespace waltrack
