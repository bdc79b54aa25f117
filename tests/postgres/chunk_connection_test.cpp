#include "postgres/chunk_connection.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

constexpr uint64_t kPage = 8192;
constexpr uint64_t kSegment = uint64_t{16} << 20;

Lsn before_header(uint64_t position) {
  return before_page_header(Lsn{position}, kPage, kSegment);
}

}  // namespace

TEST(BeforePageHeader, APositionRightBehindAHeaderIsTheEndOfThePageBefore) {
  EXPECT_EQ(before_header(7 * kSegment + 3 * kPage + 24), Lsn{7 * kSegment + 3 * kPage});
  EXPECT_EQ(before_header(7 * kSegment + 40), Lsn{7 * kSegment});
}

// The rest of a record that began on the page before may be as long as the first header is longer.
TEST(BeforePageHeader, OnlyTheFirstPageOfASegmentHasTheLongHeader) {
  EXPECT_EQ(before_header(7 * kSegment + 3 * kPage + 40), Lsn{7 * kSegment + 3 * kPage + 40});
}

TEST(BeforePageHeader, AnyOtherPositionStays) {
  for (const uint64_t offset : {uint64_t{0}, uint64_t{48}, uint64_t{1024}, kPage}) {
    EXPECT_EQ(before_header(7 * kSegment + offset), Lsn{7 * kSegment + offset});
  }
}

}  // namespace waltrack
