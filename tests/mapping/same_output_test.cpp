// An update that changes nothing of what an identify or group says makes no event.
#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

const char* const kIdentify = R"(
table: users
user_id: id
when: is_test is not true
identify:
  traits: { email: lower(email), plan: plan }
)";

Mapped full(std::string_view yaml) {
  return Mapped(yaml, users_table(ReplicaIdentity::full));
}

TEST(SameOutput, UpdateOfOtherColumnsIsSilent) {
  Mapped mapped = full(kIdentify);
  mapped.update({{"id", "7"}, {"seats", "1"}}, {{"id", "7"}, {"seats", "2"}});
  EXPECT_TRUE(mapped.sink.events.empty());
  EXPECT_EQ(mapped.rejections(), "");
}

TEST(SameOutput, ChangeThatTheMappingLevelsOutIsSilent) {
  Mapped mapped = full(kIdentify);
  mapped.update({{"id", "7"}, {"email", "Ann@x"}}, {{"id", "7"}, {"email", "ann@X"}});
  EXPECT_TRUE(mapped.sink.events.empty());
}

TEST(SameOutput, ChangedOutputIsSent) {
  Mapped mapped = full(kIdentify);
  mapped.update({{"id", "7"}, {"plan", "free"}}, {{"id", "7"}, {"plan", "pro"}});
  EXPECT_EQ(mapped.event()["traits"], json::parse(R"({"email":null,"plan":"pro"})"));
}

TEST(SameOutput, ChangedUserIsSent) {
  Mapped mapped = full(kIdentify);
  mapped.update({{"id", "7"}, {"plan", "pro"}}, {{"id", "8"}, {"plan", "pro"}});
  EXPECT_EQ(mapped.event()["userId"], "8");
}

TEST(SameOutput, RowThatWasNotTellableBeforeIsSent) {
  Mapped mapped = full(kIdentify);
  mapped.update({{"id", "7"}, {"is_test", "t"}}, {{"id", "7"}, {"is_test", "f"}});
  EXPECT_EQ(mapped.sink.events.size(), 1U);
}

TEST(SameOutput, WithoutTheWholeOldRowItIsSent) {
  Mapped mapped(kIdentify);
  mapped.map(TestChange(mapped.table, Op::update)
                 .before_key_only({{"id", "7"}})
                 .now({{"id", "7"}, {"seats", "2"}}));
  EXPECT_EQ(mapped.sink.events.size(), 1U);
}

TEST(SameOutput, WhatReadsTheOldRowIsSent) {
  Mapped mapped = full("table: users\nuser_id: id\nidentify:\n  traits: { was: old.plan }\n");
  mapped.update({{"id", "7"}, {"seats", "1"}}, {{"id", "7"}, {"seats", "2"}});
  EXPECT_EQ(mapped.sink.events.size(), 1U);
}

TEST(SameOutput, TrackIsAlwaysSent) {
  Mapped mapped = full(track("    plan: plan\n", "  on: update\n"));
  mapped.update({{"id", "7"}, {"seats", "1"}}, {{"id", "7"}, {"seats", "2"}});
  EXPECT_EQ(mapped.sink.events.size(), 1U);
}

TEST(SameOutput, OldRowThatFailsDoesNotSilenceTheNewOne) {
  Mapped mapped = full(
      "table: users\nuser_id: id\nidentify:\n  traits: { n: { $sql: role, $type: number } }\n");
  mapped.update({{"id", "7"}, {"role", "x"}}, {{"id", "7"}, {"role", "5"}});
  EXPECT_EQ(mapped.event()["traits"], json::parse(R"({"n":5})"));
}

TEST(SameOutput, GroupComparesItsGroupToo) {
  Mapped mapped =
      full("table: users\nuser_id: id\ngroup: { group_id: city, traits: { plan: plan } }\n");
  mapped.update({{"id", "7"}, {"city", "a"}, {"seats", "1"}},
                {{"id", "7"}, {"city", "a"}, {"seats", "2"}});
  EXPECT_TRUE(mapped.sink.events.empty());
  mapped.update({{"id", "7"}, {"city", "a"}}, {{"id", "7"}, {"city", "b"}});
  EXPECT_EQ(mapped.event()["groupId"], "b");
}

const char* const kOnlyChanged = R"(
table: users
user_id: id
identify:
  only_changed: true
  traits: { email: lower(email), plan: plan, seats: seats, where: { city: city } }
)";

TEST(OnlyChanged, SendsTheTraitsThatChanged) {
  Mapped mapped = full(kOnlyChanged);
  mapped.update({{"id", "7"}, {"email", "A"}, {"plan", "free"}, {"city", "x"}},
                {{"id", "7"}, {"email", "a"}, {"plan", "pro"}, {"city", "y"}});
  EXPECT_EQ(mapped.event()["traits"], json::parse(R"({"plan":"pro","where":{"city":"y"}})"));
}

TEST(OnlyChanged, SendsAllOfANewRowAndOfANewUser) {
  const json all = json::parse(R"({"email":null,"plan":"pro","seats":null,"where":{"city":null}})");
  Mapped inserted = full(kOnlyChanged);
  inserted.insert({{"id", "7"}, {"plan", "pro"}});
  EXPECT_EQ(inserted.event()["traits"], all);
  Mapped moved = full(kOnlyChanged);
  moved.update({{"id", "6"}, {"plan", "pro"}}, {{"id", "7"}, {"plan", "pro"}});
  EXPECT_EQ(moved.event()["traits"], all);
}

}  // namespace
}  // namespace waltrack
