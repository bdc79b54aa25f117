#include "pipeline/lane_work.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace waltrack {

LaneWork::Piece LaneWork::accept() {
  Piece done = std::move(pieces_.front());
  pieces_.pop_front();
  tries_ = 0;
  return done;
}

bool LaneWork::refuse(Refusal why, uint64_t request) {
  Piece& piece = pieces_.front();
  if (piece.events.count() > 1) {
    Piece rest{piece.events.split_off(piece.events.count() / 2), piece.lanes};
    pieces_.insert(pieces_.begin() + 1, std::move(rest));
    return false;
  }
  if (++tries_ < kMostTries) return false;
  piece.why = std::move(why);
  set_aside(accept(), request);
  return true;
}

// One that was reopened may be older than others.
void LaneWork::set_aside(Piece piece, uint64_t request) {
  const uint64_t number = piece.events.sequences.front();
  auto place = suspects_.begin();
  while (place != suspects_.end() && place->piece.events.sequences.front() < number)
    ++place;
  suspects_.insert(place, {std::move(piece), request});
}

std::vector<LaneWork::Piece> LaneWork::take_pieces() {
  tries_ = 0;
  std::vector<Piece> all(std::make_move_iterator(pieces_.begin()),
                         std::make_move_iterator(pieces_.end()));
  pieces_.clear();
  return all;
}

void LaneWork::set_aside_reopened() {
  while (reopened())
    set_aside(accept(), 0);
}

LaneSet LaneWork::suspected() const {
  LaneSet lanes = 0;
  for (const Suspect& suspect : suspects_)
    lanes |= suspect.piece.lanes;
  return lanes;
}

bool LaneWork::Arrival::passes(const Suspect& suspect) const {
  return (suspect.piece.lanes & lanes) != 0 && suspect.request < request &&
         suspect.piece.events.sequences.front() < number;
}

std::vector<LaneWork::Suspect> LaneWork::take_suspects(const Arrival& arrival) {
  if (suspects_.empty()) return {};  // asked at each acceptance, of each lane
  std::vector<Suspect> taken;
  std::deque<Suspect> left;
  for (Suspect& suspect : suspects_) {
    if (arrival.passes(suspect)) {
      taken.push_back(std::move(suspect));
    } else {
      left.push_back(std::move(suspect));
    }
  }
  suspects_ = std::move(left);
  return taken;
}

void LaneWork::pass_suspects(const Arrival& arrival) {
  for (Suspect& suspect : suspects_) {
    if (arrival.passes(suspect)) suspect.passed = true;
  }
}

void LaneWork::widen_suspects(LaneSet lanes) {
  for (Suspect& suspect : suspects_) {
    if ((suspect.piece.lanes & lanes) != 0) suspect.piece.lanes |= lanes;
  }
}

std::vector<LaneWork::Suspect> LaneWork::reopen() {
  std::vector<Suspect> late;
  for (; !suspects_.empty(); suspects_.pop_back()) {
    Suspect& last = suspects_.back();
    if (last.passed) {
      late.push_back(std::move(last));
    } else {
      reopen(std::move(last));
    }
  }
  return late;
}

bool LaneWork::may_be_tried(const Suspect& suspect, uint64_t before_request) {
  return !suspect.passed && suspect.request < before_request;
}

void LaneWork::reopen_first(uint64_t before_request) {
  const auto first = std::find_if(suspects_.begin(), suspects_.end(), [&](const Suspect& suspect) {
    return may_be_tried(suspect, before_request);
  });
  Suspect suspect = std::move(*first);
  suspects_.erase(first);
  reopen(std::move(suspect));
  tries_ = kMostTries - 1;
}

void LaneWork::reopen(Suspect suspect) {
  suspect.piece.reopened = true;
  pieces_.push_front(std::move(suspect.piece));
  tries_ = 0;
}

std::optional<uint64_t> LaneWork::suspect(uint64_t before_request) const {
  for (const Suspect& suspect : suspects_) {
    if (may_be_tried(suspect, before_request)) return suspect.piece.events.sequences.front();
  }
  return std::nullopt;
}

std::optional<uint64_t> LaneWork::reopened() const {
  if (pieces_.empty() || !pieces_.front().reopened) return std::nullopt;
  return pieces_.front().events.sequences.front();
}

}  // namespace waltrack
