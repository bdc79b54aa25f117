#include "pipeline/shutdown_watch.hpp"

#include <gtest/gtest.h>

#include "pipeline/fakes.hpp"

using namespace std::chrono_literals;

namespace waltrack {

TEST(ShutdownWatch, ARunOfKeepalivesThatStandStillIsAReasonToAsk) {
  FakeClock clock;
  ShutdownWatch watch;
  for (int i = 0; i < 3; ++i) {
    watch.keepalive(Lsn{100}, true);
    EXPECT_FALSE(watch.should_ask(clock.steady(), true, true));
  }
  watch.keepalive(Lsn{100}, true);
  EXPECT_TRUE(watch.should_ask(clock.steady(), true, true));
}

TEST(ShutdownWatch, MovingOrUnaskedKeepalivesAreNot) {
  FakeClock clock;
  ShutdownWatch watch;
  for (uint64_t i = 0; i < 10; ++i)
    watch.keepalive(Lsn{100 + i}, true);
  EXPECT_FALSE(watch.should_ask(clock.steady(), true, true));
  for (int i = 0; i < 10; ++i)
    watch.keepalive(Lsn{200}, false);
  EXPECT_FALSE(watch.should_ask(clock.steady(), true, true));
}

TEST(ShutdownWatch, NothingUnconfirmedNothingToAsk) {
  FakeClock clock;
  ShutdownWatch watch;
  for (int i = 0; i < 10; ++i)
    watch.keepalive(Lsn{100}, true);
  EXPECT_FALSE(watch.should_ask(clock.steady(), false, true));
}

TEST(ShutdownWatch, LongBackPressureIsAReasonToAskNowAndThen) {
  FakeClock clock;
  ShutdownWatch watch;
  EXPECT_FALSE(watch.should_ask(clock.steady(), true, false));
  clock.pass(1s);
  EXPECT_FALSE(watch.should_ask(clock.steady(), true, false));
  clock.pass(1s);
  EXPECT_TRUE(watch.should_ask(clock.steady(), true, false));
  EXPECT_FALSE(watch.should_ask(clock.steady(), true, false));
  clock.pass(2s);
  EXPECT_TRUE(watch.should_ask(clock.steady(), true, false));
}

TEST(ShutdownWatch, ReadingInBetweenStartsTheWaitAnew) {
  FakeClock clock;
  ShutdownWatch watch;
  watch.should_ask(clock.steady(), true, false);
  clock.pass(1s);
  watch.should_ask(clock.steady(), true, true);
  clock.pass(1s);
  EXPECT_FALSE(watch.should_ask(clock.steady(), true, false));
}

}  // namespace waltrack
