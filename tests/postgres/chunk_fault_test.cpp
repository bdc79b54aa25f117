#include "postgres/chunk_fault.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

Error fault(const std::string& sqlstate, const std::string& message,
            const std::string& where = "") {
  auto plan = std::make_shared<BackfillPlan>();
  plan->table = {"public", "orders"};
  ChunkRequest request;
  request.plan = plan;
  request.leaf = {"public", "orders_2026"};
  request.where = where;
  return chunk_fault(pg_error({sqlstate, message, {}}, {"postgres at db:5432", "tracker"}), request,
                     std::chrono::minutes(5));
}

}  // namespace

TEST(ChunkFault, WhatAnotherTryMayMendIsTransient) {
  for (const char* state :
       {"57014", "57P01", "40001", "08006", "53200", "55P03", "72000", "25P03"}) {
    EXPECT_TRUE(fault(state, "no").is_transient()) << state;
  }
  EXPECT_STREQ(fault("57014", "canceling statement").what(),
               "reading rows of public.orders_2026 was cancelled, or took more than 300 s");
}

TEST(ChunkFault, AMissingPrivilegeNamesTheGrant) {
  const Error error = fault("42501", "permission denied for table orders_2026");
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_NE(error.hint().find("GRANT SELECT ON \"public\".\"orders\" TO \"tracker\""),
            std::string::npos);
}

TEST(ChunkFault, ValuesOfRowsAreNotRepeated) {
  for (const char* where : {"", "note::int > 1"}) {
    const Error error = fault("22P02", "invalid input syntax for type integer: \"hunter2\"", where);
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_EQ(error.describe().find("hunter2"), std::string::npos);
    EXPECT_NE(error.describe().find("22P02"), std::string::npos);
  }
}

TEST(ChunkFault, AFaultOfTheConditionSaysSo) {
  const Error error = fault("42703", "column \"statsu\" does not exist", "statsu = 'open'");
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_STREQ(error.what(), "the condition: column \"statsu\" does not exist");
  EXPECT_NE(fault("42P01", "relation \"others\" does not exist", "x IN (TABLE others)")
                .describe()
                .find("the condition"),
            std::string::npos);
}

TEST(ChunkFault, ATableThatIsGoneIsAFailure) {
  for (const char* where : {"", "true"}) {
    const Error error = fault("42P01", "relation \"public.orders_2026\" does not exist", where);
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_STREQ(error.what(), "public.orders_2026 is there no more: it was dropped or renamed");
  }
  EXPECT_EQ(fault("42703", "column \"note\" does not exist").kind(), ErrorKind::failure);
}

}  // namespace waltrack
