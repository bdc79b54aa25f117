#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "model/table.hpp"
#include "pipeline/outbox.hpp"

namespace waltrack {
namespace {

// Two lanes, and events of whom one likes.
class OutboxLanes : public testing::Test {
 protected:
  OutboxLanes() {
    outbox_.set_row(transaction_, change_);
    while (lane_of(ada_) != 0)
      ada_ += "a";
    while (lane_of(bob_) != 1)
      bob_ += "b";
  }
  static uint32_t lane_of(const std::string& user) {
    return event_users({.user = user}).digests[0] % 2;
  }
  void event(std::string_view text, std::string_view user,
             std::vector<std::string_view> others = {}) {
    outbox_.open(rule_, {user, others})->append(text);
    outbox_.close();
  }
  std::string take(size_t lane) {
    const auto taken = lanes_.take(lane);
    if (!taken) return "";
    sequences_ = taken->events.sequences;
    return taken->events.text;
  }
  void finish(size_t lane) {
    ledger_.accept(sequences_);
    lanes_.finish(lane);
  }

  const SystemClock clock_;
  LaneQueues lanes_{2, {.bytes = 475'000, .events = 2500}};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  MappingStatus mappings_{clock_};
  Outbox outbox_{lanes_, ledger_, dead_letters_, mappings_};
  const Rule rule_;
  const Table table_;
  const Transaction transaction_{.xid = 1, .commit_lsn = Lsn{900}};
  const Change change_{
      .op = Op::insert, .table = &table_, .lsn = Lsn{10}, .new_row = {}, .old_row = {}};
  std::string ada_ = "a";
  std::string bob_ = "b";
  std::vector<uint64_t> sequences_;  // of what was taken last
};

}  // namespace

TEST_F(OutboxLanes, AFenceStandsBetweenWhatCameBeforeAndWhatComesAfter) {
  event("hers", ada_);
  event("his", bob_);
  event("theirs", ada_, {bob_});
  event("his later", bob_);
  EXPECT_TRUE(outbox_.flush());
  EXPECT_EQ(take(0), "hers");
  finish(0);
  EXPECT_EQ(take(0), "") << "his is before it";
  EXPECT_EQ(take(1), "his");
  finish(1);
  EXPECT_EQ(take(1), "");
  EXPECT_EQ(take(0), "theirs");
  finish(0);
  EXPECT_EQ(take(0), "his later");
}

TEST_F(OutboxLanes, AnEventOfTwoNeedsNoFenceWhenNothingOfOneIsOnItsWay) {
  event("his", bob_);
  event("theirs", ada_, {bob_});
  event("hers", ada_);
  EXPECT_TRUE(outbox_.flush());
  EXPECT_EQ(take(0), "");
  EXPECT_EQ(take(1), "his,theirs,hers");
  finish(1);
  EXPECT_FALSE(outbox_.flush());
  event("hers later", ada_);
  EXPECT_TRUE(outbox_.flush());
  EXPECT_EQ(take(0), "hers later");
}

TEST_F(OutboxLanes, AnEventThatIsTakenBackMovesNobody) {
  outbox_.open(rule_, {ada_, {}})->append("never");
  outbox_.abandon();
  const std::string_view others[] = {ada_};
  outbox_.open(rule_, {bob_, others})->append("nor this");
  outbox_.abandon();
  event("hers", ada_);
  EXPECT_TRUE(outbox_.flush());
  EXPECT_EQ(take(1), "");
  EXPECT_EQ(take(0), "hers");
}

}  // namespace waltrack
