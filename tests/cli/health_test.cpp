#include "cli/health.hpp"

#include <gtest/gtest.h>

#include "state/state_status.hpp"

namespace waltrack {
namespace {

StateStatus working() {
  StateStatus status;
  status.path = "/var/lib/waltrack/waltrack.db";
  status.running = true;
  status.source = {77, "shop", "waltrack", "wal2json"};
  status.source_state.emplace().streaming = true;
  status.condition = {"delivering", 1};
  return status;
}

TEST(Health, ARunThatDeliversIsWell) {
  EXPECT_EQ(illness(working()), std::nullopt);
}

// As in a file that an earlier version wrote.
TEST(Health, ARunOfWhichLittleIsKnownIsWell) {
  StateStatus status = working();
  status.condition.reset();
  status.source_state.reset();
  EXPECT_EQ(illness(status), std::nullopt);
}

// What waits for health to write its first rows would otherwise write them unseen.
TEST(Health, ARunWithoutASlotIsIll) {
  StateStatus status = working();
  status.source.reset();
  const auto found = illness(status);
  ASSERT_TRUE(found);
  EXPECT_NE(found->find("no slot yet"), std::string::npos);
}

TEST(Health, ARunThatDoesNotStreamIsIllAndSaysWhy) {
  StateStatus status = working();
  status.source_state->streaming = false;
  EXPECT_EQ(illness(status), "not streaming yet");
  status.source_state->problem = "connection refused";
  EXPECT_EQ(illness(status), "not streaming: connection refused");
}

// Nobody mends an outage of the receiver by starting the run anew.
TEST(Health, TryingAgainIsWell) {
  StateStatus status = working();
  status.condition->text = "retrying: 503";
  EXPECT_EQ(illness(status), std::nullopt);
}

TEST(Health, HeldDeliveryIsIllAndSaysWhy) {
  StateStatus status = working();
  status.condition->text = "held: 401 (check destination.write_key)";
  EXPECT_EQ(illness(status), "delivery is held: 401 (check destination.write_key)");
}

// The stream does its work, and a new start would not mend it.
TEST(Health, AFailedBackfillIsNoIllness) {
  StateStatus status = working();
  status.backfills.emplace_back().phase = BackfillPhase::failed;
  EXPECT_EQ(illness(status), std::nullopt);
}

TEST(Health, AFileThatNoRunHasOpenIsIllWhateverItHolds) {
  StateStatus status = working();
  status.running = false;
  const auto found = illness(status);
  ASSERT_TRUE(found);
  EXPECT_NE(found->find("not running"), std::string::npos);
  EXPECT_NE(found->find(status.path), std::string::npos);
  status.condition->text = "held: 401";
  EXPECT_EQ(illness(status), found);
}

}  // namespace
// What gets nothing done waits for somebody else; what hangs is mended by a new start.
// What is wrong can't be written to a disk that is full.
TEST(Health, ARunThatIsSilentIsIllOnceItStreams) {
  StateStatus status = working();
  status.silent_s = 75;
  EXPECT_EQ(illness(status),
            "the run has stored nothing for 75 s: the state file's disk is full, or the run hangs "
            "(see its log)");
  status.source_state.reset();
  EXPECT_EQ(illness(status), std::nullopt);
}

TEST(Health, AThreadThatHangsIsIllAndNamed) {
  StateStatus status = working();
  StageFigure& stage = status.figures.emplace().stages.emplace_back();
  stage.name = "capture";
  stage.no_progress_from_us = 1;
  EXPECT_EQ(illness(status), std::nullopt);
  stage.stuck = true;
  EXPECT_EQ(illness(status), "capture hangs: its thread does not turn any more");
}

}  // namespace waltrack
