#include "base/wakeup.hpp"

#include <gtest/gtest.h>
#include <poll.h>

namespace waltrack {
namespace {

bool is_awake(const Wakeup& wakeup) {
  pollfd waiting{wakeup.fd(), POLLIN, 0};
  return poll(&waiting, 1, 0) == 1;
}

}  // namespace

TEST(Wakeup, AWakeIsKeptUntilDrained) {
  Wakeup wakeup;
  EXPECT_FALSE(is_awake(wakeup));
  wakeup.wake();
  wakeup.wake();
  EXPECT_TRUE(is_awake(wakeup));
  EXPECT_TRUE(wakeup.drain());
  EXPECT_FALSE(is_awake(wakeup));
  EXPECT_FALSE(wakeup.drain());
}

}  // namespace waltrack
