#include "pipeline/marked_keys.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

const KeyMark kSkip{};
const KeyMark kStraggler{KeyMark::Kind::straggler, {}};

}  // namespace

TEST(MarkedKeys, WhatATransactionChangesCountsAtOnceAndCanBeTakenBack) {
  MarkedKeys marks({{RowKey{"1"}, kSkip}});
  marks.set(RowKey{"2"}, kStraggler);
  marks.erase(RowKey{"1"});
  EXPECT_EQ(marks.find(RowKey{"1"}), std::nullopt);
  EXPECT_EQ(marks.find(RowKey{"2"}), kStraggler);
  marks.discard();
  EXPECT_EQ(marks.find(RowKey{"1"}), kSkip);
  EXPECT_EQ(marks.find(RowKey{"2"}), std::nullopt);
}

TEST(MarkedKeys, AStepHoldsWhatChanged) {
  MarkedKeys marks({{RowKey{"1"}, kSkip}});
  BackfillStep nothing;
  EXPECT_FALSE(marks.commit(nothing));
  marks.set(RowKey{"2"}, kStraggler);
  marks.erase(RowKey{"1"});
  marks.erase(RowKey{"never marked"});
  BackfillStep step;
  EXPECT_TRUE(marks.commit(step));
  EXPECT_EQ(step.marks.size(), 2u);
  EXPECT_FALSE(step.forget_marks);
  EXPECT_EQ(marks.find(RowKey{"1"}), std::nullopt);
  EXPECT_EQ(marks.stragglers(10).size(), 1u);
}

TEST(MarkedKeys, ATruncateForgetsThemAllButThoseOfLaterRows) {
  MarkedKeys marks({{RowKey{"1"}, kSkip}, {RowKey{"2"}, kStraggler}});
  marks.set(RowKey{"3"}, kSkip);
  marks.clear();
  marks.set(RowKey{"4"}, kSkip);
  EXPECT_EQ(marks.find(RowKey{"1"}), std::nullopt);
  EXPECT_EQ(marks.find(RowKey{"3"}), std::nullopt);
  BackfillStep step;
  EXPECT_TRUE(marks.commit(step));
  EXPECT_TRUE(step.forget_marks);
  ASSERT_EQ(step.marks.size(), 1u);
  EXPECT_EQ(step.marks[0].first, RowKey{"4"});
  EXPECT_TRUE(marks.stragglers(10).empty());
}

}  // namespace waltrack
