#include "model/event_users.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace waltrack {
namespace {

using Digests = std::array<uint32_t, EventUsers::kMost>;

Digests digests_of(std::string_view user, const std::vector<std::string_view>& others = {}) {
  return event_users({user, others}).digests;
}

// They lie on disks, in spools: they must never change.
TEST(EventUsers, HaveTheDigestsThatSpoolsHold) {
  EXPECT_EQ(digests_of(""), (Digests{0x38d394c2, 0, 0}));
  EXPECT_EQ(digests_of("1"), (Digests{0x8f98f158, 0, 0}));
  EXPECT_EQ(digests_of("user-42"), (Digests{0xcf7b09cd, 0, 0}));
  EXPECT_EQ(digests_of("zo\xc3\xab@example.org"), (Digests{0x04aef5d9, 0, 0}));
  EXPECT_EQ(digests_of("\xe6\x97\xa5\xe6\x9c\xac"), (Digests{0x7f1a1bc0, 0, 0}));
  EXPECT_EQ(digests_of("00000000-0000-4000-8000-000000000001"), (Digests{0x76f666f2, 0, 0}));
  EXPECT_EQ(digests_of(std::string(300, 'a')), (Digests{0xd8eb7e21, 0, 0}));
}

TEST(EventUsers, TheUserComesFirstAndTheOthersInTheirOrder) {
  EXPECT_EQ(digests_of("1", {"user-42"}), (Digests{0x8f98f158, 0xcf7b09cd, 0}));
  EXPECT_EQ(digests_of("user-42", {"1"}), (Digests{0xcf7b09cd, 0x8f98f158, 0}));
  EXPECT_EQ(digests_of("1", {"", "user-42"}), (Digests{0x8f98f158, 0x38d394c2, 0xcf7b09cd}));
}

// The lower half of this text's hash is 0, which would be nobody.
TEST(EventUsers, NoUserHasTheDigestZero) {
  EXPECT_EQ(digests_of("u962018914"), (Digests{1, 0, 0}));
  EXPECT_EQ(digests_of("1", {"u962018914"}), (Digests{0x8f98f158, 1, 0}));
}

}  // namespace
}  // namespace waltrack
