#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "pipeline/event_batch.hpp"
#include "pipeline/event_fates.hpp"
#include "pipeline/lane_queues.hpp"

namespace waltrack {

// What one lane has taken and is to send: a batch, or the pieces that a refused one was split into,
// in order, until the events that the receiver does not take stand alone. With one such event in a
// batch of n that takes about 2·log₂ n requests, and all others arrive in their order.
//
// An event that was refused alone, kMostTries times, is a suspect: it is set aside. Only when the
// receiver takes an event that was sent later is it the culprit; before, the fault may as well be
// the receiver's, or of something in between. Belongs to the delivery thread.
class LaneWork {
 public:
  // The receiver may refuse at random for a moment.
  static constexpr int kMostTries = 6;

  struct Piece {
    EventBatch events;
    LaneSet lanes = 0;      // in which later events of its users may travel
    bool reopened = false;  // it was a suspect
    Refusal why{};          // then
  };
  struct Suspect {
    Piece piece;           // of one event, with the last refusal
    uint64_t request = 0;  // the number of the last that tried it; 0: an old one
    bool passed = false;  // an event that was sent later may have arrived: too late to try it again
  };

  // An event that the receiver took, or may have taken.
  struct Arrival {
    LaneSet lanes = 0;
    uint64_t request = 0;            // carried it
    uint64_t number = ~uint64_t{0};  // its own, where it was a suspect: it passes only older ones
    // Whether that suspect would come late now.
    bool passes(const Suspect& suspect) const;
  };

  bool has_pieces() const { return !pieces_.empty(); }
  size_t suspects() const { return suspects_.size(); }
  LaneSet suspected() const;  // their lanes

  void begin(LaneQueues::Taken taken) { pieces_.push_back({std::move(taken.events), taken.lanes}); }
  const Piece& piece() const { return pieces_.front(); }

  // The receiver has taken the first piece, which is given back.
  Piece accept();

  // It has refused it, with request number `request`: that is split, or stays to be tried again, or
  // becomes a suspect, then true.
  bool refuse(Refusal why, uint64_t request);

  // The suspects that it passes; they are the caller's.
  std::vector<Suspect> take_suspects(const Arrival& arrival);

  // It may have arrived.
  void pass_suspects(const Arrival& arrival);

  // A fence of these lanes was set aside: what comes later for users of those in any of the lanes
  // may travel in any of them.
  void widen_suspects(LaneSet lanes);

  // All suspects are to be tried again, before all else. Those for which it is too late are given;
  // they are the caller's.
  std::vector<Suspect> reopen();
  // The first that was tried last before this request, alone and only once. There is one.
  void reopen_first(uint64_t before_request);
  std::vector<Piece> take_pieces();

  // Those that were reopened and not tried yet are suspects again.
  void set_aside_reopened();
  // The numbers of the oldest suspect that may be tried again and was tried last before this
  // request, and of the oldest that was reopened and is not tried yet.
  std::optional<uint64_t> suspect(uint64_t before_request) const;
  std::optional<uint64_t> reopened() const;

 private:
  static bool may_be_tried(const Suspect& suspect, uint64_t before_request);
  void reopen(Suspect suspect);
  void set_aside(Piece piece, uint64_t request);

  std::deque<Piece> pieces_;
  std::deque<Suspect> suspects_;
  int tries_ = 0;  // of the first piece, alone
};

}  // namespace waltrack
