#include "model/message_id.hpp"

#include <gtest/gtest.h>
#include <set>

namespace waltrack {
namespace {

std::string id(const RuleKey& key, MessageKind kind, int64_t time, Lsn lsn, uint32_t ordinal) {
  std::string out;
  append_message_id(out, key, kind, time, lsn, ordinal);
  return out;
}

}  // namespace

// People rely on ids staying the same for ever. If this fails, mend the code, not the test.
TEST(MessageId, NeverChanges) {
  const MessageIdentity identity(7312345678901234567u, "shop", "shop-production");
  const RuleKey key = identity.rule_key("public.users", "track/Signed Up");
  EXPECT_EQ(id(key, MessageKind::row, 1795437453098093, Lsn{0x16B374D848}, 3),
            "2656f5fe35a8e9d8608876adba5735a0");
}

TEST(MessageId, OfABackfilledRowNeverChanges) {
  const MessageIdentity identity(7312345678901234567u, "shop", "shop-production");
  const RuleKey key = identity.rule_key("public.users", "identify");
  std::string out = "before";
  append_backfill_message_id(out, key, std::string_view("7\0b", 3), R"({"traits":{"plan":"pro"}})");
  EXPECT_EQ(out, "before37cb64bbf4c1e29425fa1f599b882fbb");
}

TEST(MessageId, OfABackfilledRowIsMadeOfRuleKeyAndContent) {
  const MessageIdentity identity(1, "d", "x");
  std::set<std::string> ids;
  const auto add = [&](const char* table, const char* rule, std::string_view key,
                       std::string_view content) {
    std::string out;
    append_backfill_message_id(out, identity.rule_key(table, rule), key, content);
    ids.insert(out);
    return out;
  };
  EXPECT_EQ(add("t", "r", "7", "{}"), add("t", "r", "7", "{}"));
  add("u", "r", "7", "{}");
  add("t", "s", "7", "{}");
  add("t", "r", "8", "{}");
  add("t", "r", "7", "{ }");
  add("t", "r", "", "7{}");  // no gluing of neighbours
  add("t", "r", "7{}", "");
  EXPECT_EQ(ids.size(), 7u);
}

TEST(MessageId, EveryIngredientCounts) {
  std::set<std::string> ids;
  const auto add = [&](uint64_t system, const char* database, const char* destination,
                       const char* table, const char* rule, MessageKind kind, int64_t time, Lsn lsn,
                       uint32_t ordinal) {
    const MessageIdentity identity(system, database, destination);
    ids.insert(id(identity.rule_key(table, rule), kind, time, lsn, ordinal));
  };
  add(1, "d", "x", "t", "r", MessageKind::row, 1, Lsn{1}, 0);
  add(2, "d", "x", "t", "r", MessageKind::row, 1, Lsn{1}, 0);
  add(1, "e", "x", "t", "r", MessageKind::row, 1, Lsn{1}, 0);
  add(1, "d", "y", "t", "r", MessageKind::row, 1, Lsn{1}, 0);
  add(1, "d", "x", "u", "r", MessageKind::row, 1, Lsn{1}, 0);
  add(1, "d", "x", "t", "s", MessageKind::row, 1, Lsn{1}, 0);
  add(1, "d", "x", "t", "r", MessageKind::truncate, 1, Lsn{1}, 0);
  add(1, "d", "x", "t", "r", MessageKind::row, 2, Lsn{1}, 0);
  add(1, "d", "x", "t", "r", MessageKind::row, 1, Lsn{2}, 0);
  add(1, "d", "x", "t", "r", MessageKind::row, 1, Lsn{1}, 1);
  add(1, "dx", "", "t", "r", MessageKind::row, 1, Lsn{1}, 0);  // no gluing of neighbours
  EXPECT_EQ(ids.size(), 11u);
}

TEST(MessageId, OfASaltedEventNeverChangesAndIsMadeOfIdAndSalt) {
  const std::string id = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(salted_message_id(id, "again"), "290544a3c1e53194342cb327ed4d3f3d");
  EXPECT_EQ(salted_message_id(id, "again").size(), 32u);
  EXPECT_NE(salted_message_id(id, "again"), salted_message_id(id, "again2"));
  EXPECT_NE(salted_message_id(id + "a", "gain"), salted_message_id(id, "again"));
}

TEST(MessageId, StaysWithinSegmentsLimits) {
  const MessageIdentity identity(1, "d", "x");
  const std::string text = id(identity.rule_key("t", "r"), MessageKind::row, 1, Lsn{1}, 0);
  EXPECT_EQ(text.size(), 32u);
  EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace waltrack
