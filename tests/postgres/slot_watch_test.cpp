#include "postgres/slot_watch.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

constexpr uint64_t kGigabyte = uint64_t{1} << 30;

SlotState with_headroom(int64_t bytes, std::string status = "reserved") {
  SlotState slot;
  slot.wal_status = std::move(status);
  slot.safe_wal_bytes = bytes;
  return slot;
}

}  // namespace

TEST(SlotWarnings, ASlotWithRoomOrWithoutALimitNeedsNone) {
  EXPECT_TRUE(slot_warnings("waltrack", with_headroom(2 * kGigabyte), kGigabyte).empty());
  EXPECT_TRUE(slot_warnings("waltrack", SlotState{}, kGigabyte).empty());
}

TEST(SlotWarnings, TooLittleRoomIsToldWithItsSizeAndTheSetting) {
  const auto warnings = slot_warnings("waltrack", with_headroom(kGigabyte / 2), kGigabyte);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("512.0 MB"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("max_slot_wal_keep_size"), std::string::npos);
}

TEST(SlotWarnings, ASlotThatGoesWithTheNextCheckpointIsToldAsUrgent) {
  const auto warnings = slot_warnings("waltrack", with_headroom(-1, "unreserved"), kGigabyte);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("next checkpoint"), std::string::npos) << warnings[0];
}

TEST(SlotWarnings, ALostSlotIsLeftToTheStreamsOwnError) {
  EXPECT_TRUE(slot_warnings("waltrack", with_headroom(0, "lost"), kGigabyte).empty());
}

}  // namespace waltrack
