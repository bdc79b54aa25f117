#include "pipeline/dead_letter_cap.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace waltrack {

std::vector<DeadLetterQueue::Item> DeadLetterCap::admit(std::vector<DeadLetterQueue::Item> fresh,
                                                        SteadyTime now) {
  unseen_ += fresh.size();
  for (DeadLetterQueue::Item& item : fresh) {
    bytes_ += item.bytes();
    waiting_.push_back(std::move(item));
  }
  std::vector<DeadLetterQueue::Item> admitted;
  if (waiting_.empty()) return admitted;
  look(now);
  const size_t seen = waiting_.size() - unseen_;
  const std::vector<bool> known = known_among_unseen();
  // Nothing is thrown from here on.
  const auto let_through = [&](DeadLetterQueue::Item& item) {
    bytes_ -= item.bytes();
    admitted.push_back(std::move(item));
  };
  const size_t passing = std::min(room_, seen);
  for (size_t i = 0; i < passing; ++i)
    let_through(waiting_[i]);
  room_ -= passing;
  size_t kept = seen;
  for (size_t i = seen; i < waiting_.size(); ++i) {
    if (known[i - seen]) {
      let_through(waiting_[i]);
    } else if (room_ > 0) {
      let_through(waiting_[i]);
      --room_;
    } else {
      if (kept != i) waiting_[kept] = std::move(waiting_[i]);
      ++kept;
    }
  }
  waiting_.resize(kept);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(passing));
  unseen_ = 0;
  return admitted;
}

void DeadLetterCap::look(SteadyTime now) {
  if (room_ >= waiting_.size()) return;
  const bool first = unseen_ == waiting_.size();
  if (room_ == 0 && !first && looked_at_ && now - *looked_at_ < std::chrono::seconds(1)) return;
  looked_at_ = now;
  room_ = store_.dead_letter_room();
}

// Asked only where it matters.
std::vector<bool> DeadLetterCap::known_among_unseen() {
  std::vector<bool> known(unseen_);
  if (room_ >= waiting_.size()) return known;
  for (size_t i = 0; i < unseen_; ++i)
    known[i] = store_.has_dead_letter(waiting_[waiting_.size() - unseen_ + i].letter.position);
  return known;
}

}  // namespace waltrack
