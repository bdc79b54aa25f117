#include "pipeline/user_lanes.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

constexpr EventUsers kAda{{8}};  // in lane 0 of four when it is up to her alone
constexpr EventUsers kBob{{9}};  // in lane 1
constexpr EventUsers kCleo{{11}};
constexpr EventUsers kAdaAndBob{{8, 9}};
constexpr EventUsers kBobAndAda{{9, 8}};
constexpr EventUsers kBobAndCleo{{9, 11}};

class UserLanesTest : public testing::Test {
 protected:
  LaneSet take_in(const EventUsers& users) {
    const LaneSet lanes = user_lanes_.add(users);
    user_lanes_.settle(users, lanes);
    return lanes;
  }

  UserLanes user_lanes_{4};
};

}  // namespace

TEST_F(UserLanesTest, UsersAreSpreadOverAllLanes) {
  EXPECT_EQ(take_in(kAda), 0b0001u);
  EXPECT_EQ(take_in(kBob), 0b0010u);
  EXPECT_EQ(take_in(kCleo), 0b1000u);
  EXPECT_EQ(take_in(kAda), 0b0001u);
}

TEST_F(UserLanesTest, AnEventOfTwoWhoHaveNoneOnTheWayTakesOneLaneAndBothFollow) {
  EXPECT_EQ(take_in(kBobAndAda), 0b0010u);
  EXPECT_EQ(take_in(kAda), 0b0010u);
  EXPECT_EQ(take_in(kBob), 0b0010u);
}

TEST_F(UserLanesTest, WhoHasNoneOnTheWayComesToTheOther) {
  take_in(kBob);
  EXPECT_EQ(take_in(kAdaAndBob), 0b0010u);
  EXPECT_EQ(take_in(kAda), 0b0010u);
}

TEST_F(UserLanesTest, AFenceStandsInAllLanesAndBringsItsUsersTogether) {
  take_in(kAda);
  take_in(kBob);
  EXPECT_EQ(take_in(kAdaAndBob), 0b0011u);
  EXPECT_EQ(take_in(kBob), 0b0001u);
  EXPECT_EQ(take_in(kAdaAndBob), 0b0001u);
  take_in(kCleo);
  EXPECT_EQ(take_in(kBobAndCleo), 0b1001u);
}

TEST_F(UserLanesTest, AFenceThatIsTakenBackLeavesUsersWhereTheyAre) {
  take_in(kAda);
  take_in(kBob);
  EXPECT_EQ(user_lanes_.add(kAdaAndBob), 0b0011u);
  user_lanes_.remove(kAdaAndBob);
  EXPECT_EQ(take_in(kBob), 0b0010u);
}

TEST_F(UserLanesTest, WhoseEventsAllHaveTheirFateIsForgotten) {
  take_in(kBobAndAda);
  take_in(kAda);
  user_lanes_.remove(kBobAndAda);
  EXPECT_EQ(user_lanes_.size(), 1u);
  EXPECT_EQ(take_in(kAda), 0b0010u) << "one of hers is still there";
  user_lanes_.remove(kAda);
  user_lanes_.remove(kAda);
  EXPECT_EQ(user_lanes_.size(), 0u);
  EXPECT_EQ(take_in(kAda), 0b0001u);
}

TEST_F(UserLanesTest, NobodyIsFineToRemove) {
  user_lanes_.remove({});
  EXPECT_EQ(user_lanes_.size(), 0u);
}

}  // namespace waltrack
