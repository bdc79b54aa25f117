#include "postgres/skipped_rows.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(SkippedRows, AreCountedByTableAndKind) {
  SkippedRows rows;
  EXPECT_TRUE(rows.count("no tuple identifier for UPDATE in table \"public\".\"clicks\""));
  EXPECT_TRUE(rows.count("no tuple identifier for UPDATE in table \"public\".\"clicks\""));
  EXPECT_TRUE(rows.count("no tuple identifier for DELETE in table \"public\".\"clicks\""));
  EXPECT_TRUE(rows.count("no tuple identifier for DELETE in table \"S p\".\"a.b\"c\""));
  ASSERT_EQ(rows.tables().size(), 2U);
  EXPECT_EQ(rows.tables().at("public.clicks").updates, 2U);
  EXPECT_EQ(rows.tables().at("public.clicks").deletes, 1U);
  EXPECT_EQ(rows.tables().at("S p.a.b\"c").deletes, 1U);
}

TEST(SkippedRows, OtherWarningsAreNotCounted) {
  SkippedRows rows;
  EXPECT_FALSE(rows.count("skipped loading publication \"waltrack\""));
  EXPECT_FALSE(rows.count(""));
  EXPECT_TRUE(rows.tables().empty());
}

TEST(SkippedRows, AWarningInAnotherFormIsCountedAndShownAllTheSame) {
  SkippedRows rows;
  for (const char* warning :
       {"no tuple identifier for ", "no tuple identifier for MERGE in table \"a\".\"b\"",
        "no tuple identifier for UPDATE in table \"a\"",
        "no tuple identifier for UPDATE in table \"",
        "no tuple identifier for DELETE in table clicks"}) {
    EXPECT_TRUE(rows.count(warning)) << warning;
  }
  ASSERT_EQ(rows.tables().size(), 1U);
  const SkippedRows::Count& unnamed = rows.tables().at("a table that the server did not name");
  EXPECT_EQ(unnamed.updates, 4U);
  EXPECT_EQ(unnamed.deletes, 1U);
}

}  // namespace waltrack
