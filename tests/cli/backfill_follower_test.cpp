#include "cli/backfill_follower.hpp"

#include <gtest/gtest.h>

#include "base/wakeup.hpp"
#include "state/backfill_requests.hpp"
#include "state/state_file.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

// Its looks find at once what they end at.
class BackfillFollowerTest : public testing::Test {
 protected:
  BackfillFollowerTest() { file_.emplace(path(), clock_); }

  std::string path() const { return (folder_ / "waltrack.db").string(); }

  void save(const std::string& table, BackfillPhase phase, int64_t request = 0) {
    BackfillStep step;
    step.table.name = table;
    step.request = request;
    step.progress.emplace();
    step.progress->table.name = table;
    step.progress->phase = phase;
    file_->save({}, {}, std::vector{step});
  }
  int64_t ask(const std::string& table) {
    BackfillRequest request;
    request.table.name = table;
    return request_backfill(path(), std::vector{request}, clock_)[0];
  }
  FollowEnd follow(const std::vector<FollowedBackfill>& followed) {
    return follow_backfills(path(), followed, display_, clock_, stop_.fd());
  }
  static FollowedBackfill followed(const std::string& table, int64_t request = 0) {
    return {{"public", table}, request};
  }

  TempDir folder_;
  SystemClock clock_;
  std::optional<StateFile> file_;
  BackfillDisplay display_;
  Wakeup stop_;
};

TEST_F(BackfillFollowerTest, EndsWhenAllAreOverInTheOrderInWhichTheyWereGiven) {
  save("users", BackfillPhase::done);
  save("orders", BackfillPhase::failed);
  const FollowEnd end = follow({followed("users"), followed("orders")});
  EXPECT_EQ(end.why, FollowEnd::Why::over);
  ASSERT_EQ(end.backfills.size(), 2u);
  EXPECT_EQ(end.backfills[0].phase, BackfillPhase::done);
  EXPECT_EQ(end.backfills[1].phase, BackfillPhase::failed);
}

TEST_F(BackfillFollowerTest, AStopLeavesThemRunning) {
  save("users", BackfillPhase::done);
  save("orders", BackfillPhase::running);
  stop_.wake();
  const FollowEnd end = follow({followed("users"), followed("orders")});
  EXPECT_EQ(end.why, FollowEnd::Why::stopped);
  EXPECT_EQ(end.backfills[1].phase, BackfillPhase::running);
}

// A table's last backfill is not the one that was asked for just now.
TEST_F(BackfillFollowerTest, ARequestThatWaitsIsNotOverWhateverCameBefore) {
  save("users", BackfillPhase::done);
  const int64_t number = ask("users");
  stop_.wake();
  const FollowEnd waiting = follow({followed("users", number)});
  EXPECT_EQ(waiting.why, FollowEnd::Why::stopped);
  EXPECT_NE(waiting.backfills[0].reason.find("not taken it up"), std::string::npos);
  save("users", BackfillPhase::done, number);
  EXPECT_EQ(follow({followed("users", number)}).why, FollowEnd::Why::over);
}

TEST_F(BackfillFollowerTest, EndsWithTheRun) {
  save("users", BackfillPhase::running);
  file_.reset();
  EXPECT_EQ(follow({followed("users")}).why, FollowEnd::Why::run_ended);
}

TEST_F(BackfillFollowerTest, ARunThatEndedWithAllDoneIsNoMatter) {
  save("users", BackfillPhase::done);
  file_.reset();
  EXPECT_EQ(follow({followed("users")}).why, FollowEnd::Why::over);
}

TEST_F(BackfillFollowerTest, WhatTheFileHasNoRecordOfHasFailed) {
  const FollowEnd end = follow({followed("users")});
  EXPECT_EQ(end.why, FollowEnd::Why::over);
  EXPECT_EQ(end.backfills[0].phase, BackfillPhase::failed);
}

}  // namespace
}  // namespace waltrack
