#include "receiver/planned_failures.hpp"

#include <gtest/gtest.h>
#include <map>
#include <vector>

namespace waltrack {
namespace {

using namespace std::chrono_literals;

const std::string kOne = R"({"batch":[{"messageId":"a"}]})";
const std::string kTwo = R"({"batch":[{"messageId":"a"},{"messageId":"b"}]})";

PlannedFailures& ask(PlannedFailures& planned, const std::string& json) {
  planned.ask(parse_failure_switch(json));
  return planned;
}

// "200", "429", "429+" (taken nevertheless), "reset", "reset+", "stall".
std::string text(const RequestLot& lot) {
  if (lot.delay > 0ms) return "stall";
  std::string name = lot.reset ? "reset" : std::to_string(lot.answer);
  if (lot.take && name != "200") name += "+";
  return name;
}

std::vector<std::string> lots(PlannedFailures& planned, int count, const std::string& body) {
  std::vector<std::string> lots;
  for (int i = 0; i < count; ++i)
    lots.push_back(text(planned.next(body)));
  return lots;
}

std::map<std::string, int> counted(const std::vector<std::string>& lots) {
  std::map<std::string, int> counts;
  for (const std::string& lot : lots)
    ++counts[lot];
  return counts;
}

constexpr const char* kMixed =
    R"({"random": {"seed": 7, "answers": {"429": 0.1, "500": 0.1, "400": 0.05, "413": 0.05},
                   "reset": 0.1, "stall": 0.05, "stall_ms": 100, "take": 0.25}})";

}  // namespace

TEST(PlannedFailures, NothingAskedForTakesEveryRequest) {
  PlannedFailures planned;
  EXPECT_EQ(lots(planned, 3, kOne), (std::vector<std::string>{"200", "200", "200"}));
}

TEST(PlannedFailures, AnAnswerLastsForItsCountAndRandomTakesOver) {
  PlannedFailures planned;
  ask(planned, R"({"answer": 503, "count": 2, "take": true, "retry_after": 4,
                   "random": {"answers": {"429": 1}, "take": 0}})");
  EXPECT_EQ(text(planned.next(kOne)), "503+");
  EXPECT_EQ(planned.next(kOne).retry_after, 4);
  EXPECT_EQ(lots(planned, 2, kOne), (std::vector<std::string>{"429", "429"}));
}

TEST(PlannedFailures, ChanceGivesEachItsShare) {
  PlannedFailures planned;
  const auto counts = counted(lots(ask(planned, kMixed), 10'000, kTwo));
  const auto near = [&](const char* lot, int expected) {
    const auto found = counts.find(lot);
    EXPECT_NEAR(found == counts.end() ? 0 : found->second, expected, 120) << lot;
  };
  near("200", 5'500);
  near("429", 750);
  near("429+", 250);
  near("500", 750);
  near("500+", 250);
  near("400", 500);
  near("413", 500);
  near("reset", 750);
  near("reset+", 250);
  near("stall", 500);
  EXPECT_EQ(counts.size(), 10U);  // 400 and 413 never with the events taken
}

TEST(PlannedFailures, TheSameSeedGivesTheSameLots) {
  PlannedFailures one;
  PlannedFailures other;
  const std::vector<std::string> expected = lots(ask(one, kMixed), 200, kTwo);
  EXPECT_EQ(lots(ask(other, kMixed), 200, kTwo), expected);
  EXPECT_EQ(lots(ask(one, kMixed), 200, kTwo), expected);
  EXPECT_NE(lots(one, 200, kTwo), expected);
}

TEST(PlannedFailures, ARequestOfOneEventIsNeverRefusedByChance) {
  PlannedFailures planned;
  ask(planned, R"({"random": {"answers": {"400": 0.5, "413": 0.5}}})");
  EXPECT_EQ(counted(lots(planned, 100, kOne)), (std::map<std::string, int>{{"200", 100}}));
  EXPECT_EQ(counted(lots(planned, 100, kTwo)).count("200"), 0U);
}

TEST(PlannedFailures, PoisonIsRefusedUntilItIsNoLongerAskedFor) {
  PlannedFailures planned;
  ask(planned, R"({"poison": "\"b\"", "poison_answer": 413})");
  EXPECT_EQ(text(planned.next(kTwo)), "413");
  EXPECT_EQ(text(planned.next(kOne)), "200");
  EXPECT_EQ(text(planned.next(kTwo)), "413");
  ask(planned, "{}");
  EXPECT_EQ(text(planned.next(kTwo)), "200");
}

TEST(PlannedFailures, NothingOfAPoisonedRequestIsTakenWhateverChanceSays) {
  PlannedFailures planned;
  ask(planned, R"({"poison": "\"b\"", "random": {"answers": {"429": 0.3}, "reset": 0.3,
                                                 "stall": 0.1, "take": 1}})");
  const auto counts = counted(lots(planned, 1'000, kTwo));
  EXPECT_EQ(counts.size(), 3U);
  EXPECT_GT(counts.at("400"), 300);
  EXPECT_GT(counts.at("429"), 200);
  EXPECT_GT(counts.at("reset"), 200);
}

TEST(PlannedFailures, ADelayComesBeforeEveryAnswer) {
  PlannedFailures planned;
  ask(planned, R"({"delay_ms": 30, "random": {"stall": 1, "stall_ms": 100}})");
  EXPECT_EQ(planned.next(kOne).delay, 130ms);
  ask(planned, R"({"delay_ms": 30})");
  EXPECT_EQ(planned.next(kOne).delay, 30ms);
}

}  // namespace waltrack
