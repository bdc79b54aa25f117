#include "base/backoff.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace waltrack {

TEST(Backoff, WaitsGrowUpToTheCapAndStayBelowTheirCeiling) {
  Backoff backoff(100ms, 1000ms, 7);
  for (const auto ceiling : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    const auto wait = backoff.next();
    EXPECT_GE(wait, 0ms);
    EXPECT_LE(wait, ceiling);
  }
}

TEST(Backoff, ManyAttemptsDoNotOverflow) {
  Backoff backoff(1000ms, 60000ms, 7);
  for (int i = 0; i < 200; ++i)
    EXPECT_LE(backoff.next(), 60000ms);
}

TEST(Backoff, ResetStartsOver) {
  Backoff backoff(1ms, 1h, 7);
  for (int i = 0; i < 20; ++i)
    backoff.next();
  backoff.reset();
  EXPECT_EQ(backoff.attempts(), 0);
  EXPECT_LE(backoff.next(), 1ms);
}

}  // namespace waltrack
