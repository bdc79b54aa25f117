#include "pipeline/stage_watch.hpp"

#include <gtest/gtest.h>

#include "pipeline/fakes.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

class StageWatchTest : public testing::Test {
 protected:
  // Looks each second, as the run does, while the stage does what it does.
  StageFigure pass(
      std::chrono::seconds time, const std::function<void()>& does = [] {}) {
    StageFigure last;
    for (; time > 0s; time -= 1s) {
      clock_.pass(1s);
      does();
      const std::vector<StageFigure> figures = watch_.look();
      last = figures.empty() ? StageFigure() : figures.front();
    }
    return last;
  }

  FakeClock clock_;
  StageWatch watch_{clock_};
  Stage& stage_ = watch_.add("capture", [] { return std::string("held"); });
};

}  // namespace

TEST_F(StageWatchTest, AStageThatHasNotBegunIsNotTold) {
  EXPECT_TRUE(watch_.look().empty());
  EXPECT_EQ(pass(100s).name, "");
}

TEST_F(StageWatchTest, AStageThatTurnsWithoutWorkIsHealthyForEver) {
  stage_.turn();
  const StageFigure figure = pass(3600s, [&] { stage_.turn(); });
  EXPECT_EQ(figure.name, "capture");
  EXPECT_FALSE(figure.in_trouble());
  EXPECT_EQ(watch_.version(), 0u);
}

TEST_F(StageWatchTest, AStageThatDoesNotTurnIsStuckAfterAMinute) {
  stage_.turn();
  watch_.look();
  EXPECT_FALSE(pass(59s).stuck);
  EXPECT_TRUE(pass(1s).stuck);
  EXPECT_EQ(watch_.version(), 1u);
  EXPECT_TRUE(pass(100s).stuck);
  EXPECT_EQ(watch_.version(), 1u);  // told once
  stage_.turn();
  EXPECT_FALSE(pass(1s).stuck);
  EXPECT_EQ(watch_.version(), 2u);
}

TEST_F(StageWatchTest, WorkWithoutProgressIsToldWithItsReason) {
  stage_.turn();
  watch_.look();
  pass(100s, [&] { stage_.turn(); });
  stage_.work(true);  // a quiet hour before it is no standstill
  const auto turn = [&] {
    stage_.turn();
    stage_.work(true);
  };
  EXPECT_FALSE(pass(59s, turn).in_trouble());
  const StageFigure figure = pass(1s, turn);
  EXPECT_FALSE(figure.stuck);
  ASSERT_TRUE(figure.no_progress_from_us);
  EXPECT_EQ(*figure.no_progress_from_us, -60'000'000);
  EXPECT_EQ(figure.reason, "held");
  stage_.progress();
  EXPECT_FALSE(pass(1s, [&] { stage_.turn(); }).in_trouble());
  EXPECT_EQ(watch_.version(), 2u);
}

TEST_F(StageWatchTest, ProgressNowAndThenIsEnough) {
  stage_.turn();
  stage_.work(true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(pass(50s, [&] { stage_.turn(); }).in_trouble());
    stage_.progress();
    stage_.work(true);
  }
}

TEST_F(StageWatchTest, APauseOfTheProcessIsNobodysFault) {
  stage_.turn();
  stage_.work(true);
  watch_.look();
  clock_.pass(8h);  // and nobody looked
  EXPECT_FALSE(watch_.look().front().in_trouble());
  EXPECT_FALSE(pass(59s).in_trouble());
  EXPECT_TRUE(pass(1s).stuck);
}

TEST_F(StageWatchTest, ALongQueryIsNoHangButNoProgressEither) {
  std::optional<StageJob> job(&stage_);
  watch_.look();
  const StageFigure figure = pass(60s);
  EXPECT_FALSE(figure.stuck);
  EXPECT_TRUE(figure.no_progress_from_us);
  job.reset();
  EXPECT_EQ(pass(100s).name, "");  // between jobs there is nothing to watch
  EXPECT_EQ(watch_.version(), 2u);
}

}  // namespace waltrack
