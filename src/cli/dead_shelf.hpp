#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/letter_replay.hpp"
#include "state/dead_letter_file.hpp"

namespace waltrack {

// The dead letters of a state file that are to be sent again. Those that are accepted go from the
// file at once; those that are refused again stay, with the new answer.
class DeadShelf final : public ReplayShelf {
 public:
  // `salt`: not empty for other message ids than the letters'. `file` must outlive it.
  DeadShelf(DeadLetterFile& file, std::vector<int64_t> numbers, std::string salt);

  size_t size() const override { return numbers_.size(); }
  std::optional<std::string> event(size_t n) override;
  void accepted(std::span<const uint64_t> letters) override;
  void refused(uint64_t letter, const Refusal& why) override;

  size_t accepted_count() const { return accepted_; }
  const std::vector<int64_t>& refused_numbers() const { return refused_; }
  // Of letters that hold no event: what to do about each of the first few.
  static constexpr size_t kMostTold = 20;
  size_t eventless_count() const { return eventless_; }
  const std::vector<std::string>& eventless_texts() const { return eventless_texts_; }
  // What is neither accepted nor gone.
  size_t left() const { return numbers_.size() - accepted_ - gone_; }

 private:
  DeadLetterFile& file_;
  const std::vector<int64_t> numbers_;
  const std::string salt_;
  size_t accepted_ = 0;
  std::vector<int64_t> refused_;
  size_t eventless_ = 0;
  std::vector<std::string> eventless_texts_;
  size_t gone_ = 0;
};

}  // namespace waltrack
