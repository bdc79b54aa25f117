#include "cli/dead_shelf.hpp"

#include <utility>

#include "cli/dead_text.hpp"
#include "model/message_id.hpp"

namespace waltrack {
namespace {

// Only the id is another.
void salt_event(std::string& event, const std::string& salt) {
  const std::string_view id = message_id_of(event);
  if (id.empty()) return;
  const auto at = static_cast<size_t>(id.data() - event.data());
  const size_t size = id.size();
  event.replace(at, size, salted_message_id(id, salt));
}

}  // namespace

DeadShelf::DeadShelf(DeadLetterFile& file, std::vector<int64_t> numbers, std::string salt)
    : file_(file), numbers_(std::move(numbers)), salt_(std::move(salt)) {}

std::optional<std::string> DeadShelf::event(size_t n) {
  std::optional<state::StoredDeadLetter> stored = file_.find(numbers_[n]);
  if (!stored) {
    ++gone_;
    return std::nullopt;
  }
  std::string& event = stored->letter.payload;
  if (event.empty()) {
    if (++eventless_ <= kMostTold) {
      eventless_texts_.push_back("#" + std::to_string(stored->number) + " (" +
                                 stored->letter.position.table + ", " + stored->letter.reason +
                                 "): " + backfill_command(*stored));
    }
    return std::nullopt;
  }
  if (!salt_.empty()) salt_event(event, salt_);
  return std::move(event);
}

void DeadShelf::accepted(std::span<const uint64_t> letters) {
  std::vector<int64_t> numbers;
  for (const uint64_t letter : letters)
    numbers.push_back(numbers_[letter]);
  file_.remove(numbers);
  accepted_ += letters.size();
}

void DeadShelf::refused(uint64_t letter, const Refusal& why) {
  file_.count_refusal(numbers_[letter], why.reason, why.answer);
  refused_.push_back(numbers_[letter]);
}

}  // namespace waltrack
