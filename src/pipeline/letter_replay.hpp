#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "model/destination.hpp"
#include "pipeline/delivery.hpp"
#include "pipeline/event_fates.hpp"
#include "pipeline/lane_queues.hpp"

namespace waltrack {

// Dead letters that are to be sent again, in the order in which they are, and where it is told what
// became of them. Belongs to the thread that replays.
class ReplayShelf {
 public:
  virtual ~ReplayShelf() = default;

  virtual size_t size() const = 0;
  // The JSON of the n-th letter's event; nothing when there is none to send. Asked once each.
  virtual std::optional<std::string> event(size_t n) = 0;
  virtual void accepted(std::span<const uint64_t> letters) = 0;
  virtual void refused(uint64_t letter, const Refusal& why) = 0;
};

struct ReplaySettings {
  size_t lanes = 8;
  BatchLimits batch;
  size_t memory_bytes = 8 << 20;  // in queues
  DeliverySettings delivery{.backoff_cap = std::chrono::seconds(5), .believe_refusals = true};
  std::chrono::seconds patience{60};  // without an event that is accepted or refused
};

struct ReplayEnd {
  enum class Why {
    done,     // every event has its fate
    held,     // nothing passes until a person mends something
    away,     // the receiver takes nothing, and patience is over
    stopped,  // stop_fd became readable
  };
  Why why = Why::done;
  std::string trouble;  // held and away: what the receiver does
};

// Sends the letters as a run sends events: the same batches, splits, waits and holds, and one
// user's events in their order. What is known of them is told to the shelf at once, so that little
// comes twice when the process is killed. Returns at what ReplayEnd names; what has no fate then
// stays as it is. Throws what shelf and destination throw.
ReplayEnd replay_letters(ReplayShelf& shelf, Destination& destination,
                         const ReplaySettings& settings, const Clock& clock, int stop_fd);

}  // namespace waltrack
