#include "cli/backfill_control.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace waltrack {
namespace {

using Action = BackfillRequest::Action;

class BackfillControlTest : public testing::Test {
 protected:
  void stands(const TableName& table, BackfillPhase phase) {
    BackfillProgress& progress = status_.backfills.emplace_back();
    progress.table = table;
    progress.phase = phase;
  }
  void asked(const TableName& table, Action action) {
    state::PendingRequest& pending = status_.backfill_requests.emplace_back();
    pending.request.table = table;
    pending.request.action = action;
  }
  std::vector<std::string> controlled(Action action, const std::vector<std::string>& tables = {}) {
    std::vector<std::string> names;
    for (const BackfillRequest& request : control_requests(action, tables, status_)) {
      EXPECT_EQ(request.action, action);
      names.push_back(request.table.full_name());
    }
    return names;
  }
  std::string fault(const std::string& table) {
    try {
      control_requests(Action::cancel, {table}, status_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.describe();
    }
    return "none";
  }

  StateStatus status_;
};

using Names = std::vector<std::string>;

TEST_F(BackfillControlTest, WithoutTablesItIsAboutAllToWhichItApplies) {
  stands({"public", "a"}, BackfillPhase::running);
  stands({"public", "b"}, BackfillPhase::paused);
  stands({"public", "c"}, BackfillPhase::done);
  stands({"public", "d"}, BackfillPhase::failed);
  stands({"public", "e"}, BackfillPhase::cancelled);
  EXPECT_EQ(controlled(Action::pause), Names{"public.a"});
  EXPECT_EQ(controlled(Action::resume), Names{"public.b"});
  EXPECT_EQ(controlled(Action::cancel), (Names{"public.a", "public.b"}));
}

TEST_F(BackfillControlTest, WhatFailedIsResumedByItsNameOnly) {
  stands({"public", "a"}, BackfillPhase::failed);
  EXPECT_EQ(controlled(Action::resume), Names{});
  EXPECT_EQ(controlled(Action::resume, {"a"}), Names{"public.a"});
  EXPECT_NE(fault("a").find("no backfill of this table is under way"), std::string::npos);
}

TEST_F(BackfillControlTest, WhatWasAskedCountsBeforeARunHasTakenItUp) {
  stands({"public", "a"}, BackfillPhase::running);
  asked({"public", "a"}, Action::cancel);
  asked({"public", "b"}, Action::start);
  asked({"public", "c"}, Action::start);
  asked({"public", "c"}, Action::pause);
  EXPECT_EQ(controlled(Action::cancel), (Names{"public.b", "public.c"}));
  EXPECT_EQ(controlled(Action::resume), Names{"public.c"});
  asked({"public", "c"}, Action::resume);
  EXPECT_EQ(controlled(Action::resume), Names{});
}

TEST_F(BackfillControlTest, AStartOfWhatIsUnderWayChangesNothing) {
  stands({"public", "a"}, BackfillPhase::paused);
  asked({"public", "a"}, Action::start);
  EXPECT_EQ(controlled(Action::resume), Names{"public.a"});
  EXPECT_EQ(controlled(Action::cancel), Names{"public.a"});
}

TEST_F(BackfillControlTest, WhatFailedIsUnderWayOnceItsResumeIsAsked) {
  stands({"public", "a"}, BackfillPhase::failed);
  EXPECT_FALSE(is_under_way(status_, {"public", "a"}));
  asked({"public", "a"}, Action::resume);
  EXPECT_TRUE(is_under_way(status_, {"public", "a"}));
  EXPECT_EQ(controlled(Action::pause), Names{"public.a"});
}

TEST_F(BackfillControlTest, ATableIsFoundByWhatIsWrittenOfIt) {
  stands({"public", "users"}, BackfillPhase::running);
  stands({"shop", "orders"}, BackfillPhase::running);
  stands({"shop", "Odd Name"}, BackfillPhase::running);
  EXPECT_EQ(controlled(Action::pause, {"users", "shop.orders"}),
            (Names{"public.users", "shop.orders"}));
  EXPECT_EQ(controlled(Action::pause, {"orders"}), Names{"shop.orders"});
  EXPECT_EQ(controlled(Action::pause, {"shop.\"Odd Name\""}), Names{"shop.Odd Name"});
}

TEST_F(BackfillControlTest, ANameThatTwoTablesHaveNeedsItsSchema) {
  stands({"a", "orders"}, BackfillPhase::running);
  stands({"b", "orders"}, BackfillPhase::running);
  EXPECT_NE(fault("orders").find("knows no backfill of 'orders'"), std::string::npos);
  EXPECT_EQ(controlled(Action::pause, {"b.orders"}), Names{"b.orders"});
}

TEST_F(BackfillControlTest, ATableWithoutABackfillIsAFault) {
  EXPECT_NE(fault("users").find("none was ever asked for"), std::string::npos);
  stands({"public", "users"}, BackfillPhase::done);
  EXPECT_NE(fault("usres").find("users"), std::string::npos);
  EXPECT_NE(fault("users").find("no backfill of this table is under way"), std::string::npos);
}

}  // namespace
}  // namespace waltrack
