#include "postgres/report_schedule.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

using namespace std::chrono_literals;
using Due = ReportSchedule::Due;

const SteadyTime kStart = SteadyTime() + 1000h;

}  // namespace

TEST(ReportSchedule, AsksEveryTenSecondsEvenWithoutProgress) {
  ReportSchedule schedule(kStart, 60s);
  EXPECT_EQ(schedule.due(kStart + 9999ms, Lsn{}), Due::nothing);
  EXPECT_EQ(schedule.due(kStart + 10s, Lsn{}), Due::report_and_ask);
  schedule.sent(kStart + 10s, Lsn{}, true);
  EXPECT_EQ(schedule.due(kStart + 19s, Lsn{}), Due::nothing);
  EXPECT_EQ(schedule.due(kStart + 20s, Lsn{}), Due::report_and_ask);
}

TEST(ReportSchedule, ReportsProgressAfterASecond) {
  ReportSchedule schedule(kStart, 60s);
  schedule.sent(kStart, Lsn{5}, false);
  EXPECT_EQ(schedule.due(kStart + 999ms, Lsn{6}), Due::nothing);
  EXPECT_EQ(schedule.due(kStart + 1s, Lsn{5}), Due::nothing);
  EXPECT_EQ(schedule.due(kStart + 1s, Lsn{6}), Due::report);
}

TEST(ReportSchedule, ReportsOfProgressDoNotPutOffTheQuestion) {
  ReportSchedule schedule(kStart, 60s);
  for (int second = 1; second < 10; ++second) {
    schedule.sent(kStart + std::chrono::seconds(second), Lsn{static_cast<uint64_t>(second)}, false);
  }
  EXPECT_EQ(schedule.due(kStart + 10s, Lsn{9}), Due::report_and_ask);
}

TEST(ReportSchedule, AShortSenderTimeoutMakesItQuicker) {
  ReportSchedule schedule(kStart, 3s);
  EXPECT_EQ(schedule.due(kStart + 1s, Lsn{}), Due::report_and_ask);
  EXPECT_EQ(schedule.left(kStart + 400ms), 600ms);
  EXPECT_EQ(schedule.left(kStart + 5s), 0ms);
}

TEST(ReportSchedule, NoSenderTimeoutMeansTenSeconds) {
  EXPECT_EQ(ReportSchedule(kStart, 0ms).left(kStart), 10s);
}

}  // namespace waltrack
