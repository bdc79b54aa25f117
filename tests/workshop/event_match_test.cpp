#include "workshop/event_match.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

EventJson json(const char* text) {
  return EventJson::parse(text);
}

std::string paths(const EventJson& before, const EventJson& after, Compare compare) {
  std::string text;
  for (const Difference& one : differences(before, after, compare))
    text += one.path + " ";
  return text;
}

TEST(EventMatch, ComparesNamedKeysOnlyInNestedMapsToo) {
  const EventJson event =
      json(R"({"type":"track","userId":"7","properties":{"a":1,"b":{"c":2,"d":3}}})");
  EXPECT_EQ(paths(json(R"({"properties":{"b":{"c":2}}})"), event, Compare::named), "");
  EXPECT_EQ(paths(json(R"({"properties":{"b":{"c":9},"z":1}})"), event, Compare::named),
            "properties.b.c properties.z ");
}

TEST(EventMatch, AKeyCanBeExpectedToBeAbsent) {
  const EventJson expected = json(R"({"traits":{"plan":{"$absent":true}}})");
  EXPECT_EQ(paths(expected, json(R"({"traits":{"name":"a"}})"), Compare::named), "");
  EXPECT_EQ(paths(expected, json(R"({"traits":{"plan":null}})"), Compare::named), "traits.plan ");
}

TEST(EventMatch, ComparesListsAsAWhole) {
  EXPECT_EQ(paths(json(R"({"l":[{"a":1}]})"), json(R"({"l":[{"a":1,"b":2}]})"), Compare::named),
            "l ");
  EXPECT_EQ(
      paths(json(R"({"l":[{"a":1,"b":2}]})"), json(R"({"l":[{"b":2,"a":1}]})"), Compare::named),
      "");
}

TEST(EventMatch, TellsNumbersFromTextsAndNotWholeFromReal) {
  EXPECT_EQ(paths(json(R"({"a":7})"), json(R"({"a":"7"})"), Compare::named), "a ");
  EXPECT_EQ(paths(json(R"({"a":99.00})"), json(R"({"a":99})"), Compare::named), "");
}

TEST(EventMatch, FindsKeysThatOnlyTheLaterHasWhenWholeEventsAreCompared) {
  EXPECT_EQ(paths(json(R"({"p":{"a":1}})"), json(R"({"p":{"a":1,"b":2},"q":1})"), Compare::whole),
            "p.b q ");
}

TEST(EventMatch, PairsEventsOfOneKindInOrder) {
  const std::vector<EventJson> expected = {json(R"({"type":"identify"})"),
                                           json(R"({"type":"track","event":"B","userId":"1"})")};
  const std::vector<EventJson> made = {json(R"({"type":"identify"})"),
                                       json(R"({"type":"track","event":"A"})"),
                                       json(R"({"type":"track","event":"B","userId":"2"})")};
  const auto pairs = match_events(expected, made, Compare::named);
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_TRUE(pairs[0].is_same());
  EXPECT_FALSE(pairs[1].before);
  EXPECT_EQ(pairs[1].after, 1U);
  EXPECT_EQ(pairs[2].differences.size(), 1U);
}

TEST(EventMatch, NeverPairsADeadLetterWithAnEvent) {
  const auto pairs = match_events({json(R"({"dead_letter":"no_user"})")},
                                  {json(R"({"type":"track","event":"A"})")}, Compare::named);
  EXPECT_EQ(pairs.size(), 2U);
  EXPECT_TRUE(match_events({json(R"({"dead_letter":"no_user"})")},
                           {json(R"({"dead_letter":"no_user","rule":"identify"})")}, Compare::named)
                  .at(0)
                  .is_same());
}

}  // namespace
}  // namespace waltrack
