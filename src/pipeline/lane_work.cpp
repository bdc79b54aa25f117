#include "pipeline/lane_work.hpp"

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
  // One that was reopened may be older than others.
  const uint64_t number = piece.events.sequences.front();
  auto place = suspects_.begin();
  while (place != suspects_.end() && place->piece.events.sequences.front() < number)
    ++place;
  suspects_.insert(place, {accept(), std::move(why), request});
  return true;
}

std::vector<LaneWork::Suspect> LaneWork::take_suspects(LaneSet lanes, uint64_t before_request) {
  std::vector<Suspect> taken;
  std::deque<Suspect> left;
  for (Suspect& suspect : suspects_) {
    const bool meant = (suspect.piece.lanes & lanes) != 0 && suspect.request < before_request;
    if (meant) {
      taken.push_back(std::move(suspect));
    } else {
      left.push_back(std::move(suspect));
    }
  }
  suspects_ = std::move(left);
  return taken;
}

void LaneWork::reopen() {
  while (!suspects_.empty()) {
    reopen(std::move(suspects_.back()));
    suspects_.pop_back();
  }
}

void LaneWork::reopen_first() {
  reopen(std::move(suspects_.front()));
  suspects_.pop_front();
  tries_ = kMostTries - 1;
}

void LaneWork::reopen(Suspect suspect) {
  suspect.piece.reopened = true;
  pieces_.push_front(std::move(suspect.piece));
  tries_ = 0;
}

std::optional<uint64_t> LaneWork::reopened() const {
  if (pieces_.empty() || !pieces_.front().reopened) return std::nullopt;
  return pieces_.front().events.sequences.front();
}

}  // namespace waltrack
