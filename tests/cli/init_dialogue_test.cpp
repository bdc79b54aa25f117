#include "cli/init_dialogue.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

using Choice = std::vector<size_t>;

}  // namespace

TEST(InitDialogue, AnAnswerNamesNumbersAndRanges) {
  EXPECT_EQ(read_choice("", 3), (Choice{0, 1, 2}));
  EXPECT_EQ(read_choice("all", 2), (Choice{0, 1}));
  EXPECT_EQ(read_choice("none", 2), Choice{});
  EXPECT_EQ(read_choice(" 3, 1 ", 3), (Choice{0, 2}));
  EXPECT_EQ(read_choice("1,3-5,4", 6), (Choice{0, 2, 3, 4}));
  EXPECT_EQ(read_choice("-2", 3), (Choice{0, 2}));
  EXPECT_EQ(read_choice("-1,3-4", 5), (Choice{1, 4}));
}

TEST(InitDialogue, WhatIsNoAnswerIsRefused) {
  for (const char* answer :
       {"0", "4", "x", "1-", "3-1", "1,,2", "1;2", "-", "1-9", "99999999999999999999"})
    EXPECT_FALSE(read_choice(answer, 3)) << answer;
}

TEST(InitDialogue, ItAsksUntilItHasAnAnswer) {
  std::vector<std::string> answers = {"2", "seven", "9"};
  const AskLine ask = [&](const std::string&) -> std::optional<std::string> {
    if (answers.empty()) return std::nullopt;
    std::string answer = answers.back();
    answers.pop_back();
    return answer;
  };
  EXPECT_EQ(ask_choice(ask, "? ", 3), Choice{1});
  EXPECT_EQ(ask_choice(ask, "? ", 3), std::nullopt);  // the input's end
}

}  // namespace waltrack
