#include "web/health_answer.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

StageFigure stage(std::string name) {
  StageFigure stage;
  stage.name = std::move(name);
  stage.turned_at_us = 100'000'000;
  return stage;
}

RunFigures working() {
  RunFigures figures;
  figures.taken_at_us = 100'000'000;
  figures.streaming = true;
  figures.delivery = "delivering";
  figures.stages = {stage("capture"), stage("delivery"), stage("state")};
  return figures;
}

}  // namespace

TEST(HealthAnswer, ARunThatStreamsAndDeliversIsLiveAndReady) {
  EXPECT_TRUE(liveness(working()).good);
  EXPECT_EQ(liveness(working()).text, "live");
  EXPECT_TRUE(readiness(working()).good);
  EXPECT_EQ(readiness(working()).text, "ready");
}

TEST(HealthAnswer, AThreadThatHangsIsNamed) {
  RunFigures figures = working();
  figures.stages[2].stuck = true;
  figures.stages[2].turned_at_us = 25'000'000;
  EXPECT_FALSE(liveness(figures).good);
  EXPECT_EQ(liveness(figures).text, "not live: state hangs for 75 s");
}

TEST(HealthAnswer, AnOutageIsNoReasonForANewStart) {
  RunFigures figures = working();
  figures.streaming = false;
  figures.delivery = "held: HTTP 401";
  figures.stages[1].no_progress_from_us = 0;
  EXPECT_TRUE(liveness(figures).good);
}

TEST(HealthAnswer, AStreamThatEndedIsNotReady) {
  RunFigures figures = working();
  figures.streaming = false;
  figures.problem = "connection refused\x1b[2J";
  EXPECT_FALSE(readiness(figures).good);
  EXPECT_EQ(readiness(figures).text, "not ready: not streaming");
  EXPECT_TRUE(readiness(figures).detail.starts_with("connection refused"));
  EXPECT_EQ(readiness(figures).detail.find('\x1b'), std::string::npos);
}

TEST(HealthAnswer, AHeldDeliveryIsNotReady) {
  RunFigures figures = working();
  figures.flowing = false;
  figures.delivery = "held: HTTP 401 (check destination.write_key)";
  EXPECT_FALSE(readiness(figures).good);
  EXPECT_EQ(readiness(figures).text, "not ready: delivery is held");
  EXPECT_EQ(readiness(figures).detail, "HTTP 401 (check destination.write_key)");
}

TEST(HealthAnswer, TryingAgainIsReadyForAMinute) {
  RunFigures figures = working();
  figures.flowing = false;
  figures.delivery = "retrying: HTTP 503";
  EXPECT_TRUE(readiness(figures).good);
  figures.stages[1].no_progress_from_us = 39'000'000;
  figures.stages[1].reason = figures.delivery;
  EXPECT_FALSE(readiness(figures).good);
  EXPECT_EQ(readiness(figures).text,
            "not ready: nothing was accepted for 61 s although events wait");
  EXPECT_EQ(readiness(figures).detail, "retrying: HTTP 503");
}

TEST(HealthAnswer, AnotherStageWithoutProgressIsReady) {
  RunFigures figures = working();
  figures.stages[0].name = "reader 1";
  figures.stages[0].no_progress_from_us = 0;
  EXPECT_TRUE(readiness(figures).good);
}

}  // namespace waltrack
