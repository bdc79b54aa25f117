#include "workshop/change_draft.hpp"

#include <gtest/gtest.h>

#include "workshop/workshop_tables.hpp"

namespace waltrack {
namespace {

const ChangeDraft::Row kOld = {"7", "a@b", "free", std::nullopt};
const ChangeDraft::Row kNew = {"7", "a@b", "pro", std::nullopt};

TEST(ChangeDraft, DeliversTheWholeOldRowUnderReplicaIdentityFull) {
  const Table table = people_table();
  const ChangeDraft draft(table, Op::update, kOld, kNew, 1);
  ASSERT_EQ(draft.change().old_row.size(), 4U);
  EXPECT_EQ(draft.change().old_row[2].text, "free");
  EXPECT_TRUE(draft.change().old_row[3].is_null());
  EXPECT_EQ(draft.change().new_row[2].text, "pro");
}

TEST(ChangeDraft, DeliversNoOldRowOfAnUpdateThatKeepsTheKey) {
  const Table table = people_table(ReplicaIdentity::key);
  const ChangeDraft draft(table, Op::update, kOld, kNew, 1);
  EXPECT_TRUE(draft.change().old_row.empty());
}

TEST(ChangeDraft, DeliversTheOldKeyWhenItChanged) {
  const Table table = people_table(ReplicaIdentity::key);
  const ChangeDraft draft(table, Op::update, kOld, {"8", "a@b", "free", std::nullopt}, 1);
  ASSERT_EQ(draft.change().old_row.size(), 4U);
  EXPECT_EQ(draft.change().old_row[0].text, "7");
  EXPECT_TRUE(draft.change().old_row[1].is_unavailable());
}

TEST(ChangeDraft, DeliversTheKeyOfADeletedRowAlone) {
  const Table table = people_table(ReplicaIdentity::key);
  const ChangeDraft draft(table, Op::remove, kOld, {}, 1);
  EXPECT_EQ(draft.change().old_row[0].text, "7");
  EXPECT_TRUE(draft.change().old_row[2].is_unavailable());
  EXPECT_TRUE(draft.change().new_row.empty());
}

TEST(ChangeDraft, NoTransactionWroteARowToBackfill) {
  const Table table = people_table();
  const ChangeDraft draft(table, Op::backfill, {}, kNew, 5);
  EXPECT_FALSE(draft.transaction().has_commit_time());
  EXPECT_EQ(draft.transaction().xid, 0U);
  EXPECT_EQ(draft.transaction().clock_us, 5);
  EXPECT_EQ(draft.change().lsn, Lsn{});
  EXPECT_EQ(draft.change().new_row.size(), 4U);
}

}  // namespace
}  // namespace waltrack
