#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

// "user [others]" of each event.
std::string identities(const Mapped& mapped) {
  std::string text;
  for (const auto& event : mapped.sink.events) {
    text += event.user + " [";
    for (const std::string& other : event.others)
      text += (text.back() == '[' ? "" : " ") + other;
    text += "] ";
  }
  return text;
}

}  // namespace

TEST(EventIdentity, AnAliasNamesWhoTheUserWas) {
  Mapped mapped("table: users\nuser_id: id\nalias: { previous_id: device_id }\n");
  mapped.insert({{"id", "7"}, {"device_id", "d-1"}});
  EXPECT_EQ(identities(mapped), "7 [d-1] ");
}

TEST(EventIdentity, AnIdentifyWithBothIdsNamesBothAndATrackDoesNot) {
  Mapped mapped(
      "table: users\nuser_id: id\nanonymous_id: device_id\nidentify: {}\n"
      "track: { event: Seen, on: insert }\n");
  mapped.insert({{"id", "7"}, {"device_id", "d-1"}});
  EXPECT_EQ(identities(mapped), "7 [d-1] 7 [] ");
}

TEST(EventIdentity, ARowWhoseUserChangedNamesTheFormerOne) {
  const char* const kMapping =
      "table: users\nuser_id: email\nidentify: { traits: { plan: plan } }\n"
      "track: { event: Moved, on: update }\n";
  Mapped mapped(kMapping);
  mapped.update({{"id", "7"}, {"email", "old@x"}}, {{"id", "7"}, {"email", "new@x"}});
  EXPECT_EQ(identities(mapped), "new@x [old@x] new@x [old@x] ");
  Mapped same(kMapping);
  same.update({{"id", "7"}, {"email", "x"}, {"plan", "a"}},
              {{"id", "7"}, {"email", "x"}, {"plan", "b"}});
  EXPECT_EQ(identities(same), "x [] x [] ");
}

TEST(EventIdentity, TheFormerUserMayBeAnExpressionsOrAnAnonymousOne) {
  Mapped mapped(
      "table: users\nuser_id: lower(email)\nanonymous_id: device_id\n"
      "track: { event: Moved, on: update }\n");
  mapped.update({{"id", "7"}, {"email", "OLD@X"}}, {{"id", "7"}, {"email", "NEW@X"}});
  mapped.update({{"id", "7"}, {"device_id", "d-1"}}, {{"id", "7"}, {"email", "A"}});
  mapped.update({{"id", "7"}, {"email", "A"}}, {{"id", "7"}, {"email", "a"}});
  EXPECT_EQ(identities(mapped), "new@x [old@x] a [d-1] a [] ");
}

TEST(EventIdentity, WithoutTheOldRowThereIsNoFormerUser) {
  Mapped mapped("table: users\nuser_id: email\ntrack: { event: Moved, on: update }\n");
  mapped.map(TestChange(mapped.table, Op::update).now({{"id", "7"}, {"email", "new@x"}}));
  EXPECT_EQ(identities(mapped), "new@x [] ");
}

}  // namespace waltrack
