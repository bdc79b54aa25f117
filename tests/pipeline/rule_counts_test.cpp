#include "pipeline/rule_counts.hpp"

#include <gtest/gtest.h>

#include "pipeline/fakes.hpp"
#include "pipeline/outbox.hpp"
#include "pipeline/stream_fates.hpp"

namespace waltrack {
namespace {

class RuleCountsTest : public testing::Test {
 protected:
  RuleCountsTest() {
    rule_.index = 3;
    rule_.table = "public.t";
    rule_.id = "identify";
    table_.schema = "public";
    table_.name = "t";
    outbox_.count_into(counts_);
  }

  void set_row(uint64_t lsn) {
    transaction_.commit_lsn = Lsn{900};
    change_ = {.op = Op::insert,
               .table = &table_,
               .lsn = Lsn{lsn},
               .ordinal = 0,
               .new_row = {},
               .old_row = {}};
    outbox_.set_row(transaction_, change_);
  }
  void make_event(const Rule& rule) {
    std::string* out = outbox_.open(rule, {"u1"});
    if (out == nullptr) return;
    out->append("{}");
    outbox_.close();
  }
  RuleCount count() const {
    const std::vector<RuleCount> all = counts_.all();
    return all.size() == 1 ? all.front() : RuleCount();
  }
  void take_accepted() {
    for (const InflightLedger::Accepted& one : ledger_.take_accepted())
      counts_.sent(one.table, one.rule, one.events);
  }

  Rule rule_;
  Table table_;
  Transaction transaction_;
  Change change_;
  LaneQueues lanes_{1, {.bytes = 475'000, .events = 2500}};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  SystemClock clock_;
  MappingStatus mappings_{clock_};
  RuleCounts counts_;
  Outbox outbox_{lanes_, ledger_, dead_letters_, mappings_};
  StreamFates fates_{ledger_, dead_letters_};
};

}  // namespace

TEST_F(RuleCountsTest, WhatWasSeenIsMatchedSkippedOrRejected) {
  set_row(10);
  make_event(rule_);
  set_row(11);
  outbox_.silent(rule_, Silence::when);
  set_row(12);
  outbox_.silent(rule_, Silence::other_change);
  outbox_.silent(rule_, Silence::same_output);
  set_row(13);
  outbox_.reject(rule_, "no_user", "");
  EXPECT_TRUE(counts_.all().empty());  // nothing is shared before the flush
  outbox_.flush();
  EXPECT_EQ(count().seen, 5u);
  EXPECT_EQ(count().matched, 1u);
  EXPECT_EQ(count().skipped, (std::array<uint64_t, 3>{1, 1, 1}));
}

TEST_F(RuleCountsTest, RowsThatMakeNoEventAreHandedOver) {
  set_row(10);
  outbox_.silent(rule_, Silence::when);
  EXPECT_FALSE(outbox_.flush());
  EXPECT_EQ(count().seen, 1u);
  EXPECT_FALSE(outbox_.flush());
  EXPECT_EQ(count().seen, 1u);
}

TEST_F(RuleCountsTest, AnEventThatWasTakenBackIsOneThatWasRejected) {
  set_row(10);
  ASSERT_NE(outbox_.open(rule_, {"u1"}), nullptr);
  outbox_.abandon();
  outbox_.reject(rule_, "too_large", "");
  outbox_.flush();
  EXPECT_EQ(count().seen, 1u);
  EXPECT_EQ(count().matched, 0u);
}

TEST_F(RuleCountsTest, ARowThatComesAgainCountsOnce) {
  set_row(10);
  make_event(rule_);
  set_row(11);
  outbox_.silent(rule_, Silence::when);
  set_row(12);
  make_event(rule_);
  outbox_.skip_through(*outbox_.last_event(), Outbox::RestOfRow::taken_in);
  set_row(10);
  make_event(rule_);
  set_row(11);
  outbox_.silent(rule_, Silence::when);
  set_row(12);
  make_event(rule_);
  outbox_.flush();
  EXPECT_EQ(count().seen, 3u);
  EXPECT_EQ(count().matched, 2u);
}

TEST_F(RuleCountsTest, AcceptedEventsAreSentAndDeadOnesAreNot) {
  set_row(10);
  make_event(rule_);
  set_row(11);
  make_event(rule_);
  outbox_.flush();
  fates_.accepted(std::vector<uint64_t>{0});
  fates_.accepted(std::vector<uint64_t>{0});  // it was told before
  fates_.refused(1, "{}", {"HTTP 400", ""});
  ledger_.finish(std::vector<uint64_t>{1});
  EXPECT_EQ(ledger_.unfinished(), 0u);
  take_accepted();
  take_accepted();
  EXPECT_EQ(count().sent, 1u);
}

TEST_F(RuleCountsTest, CountsOutliveTheRules) {
  {
    const auto gone = std::make_unique<Rule>(rule_);
    set_row(10);
    make_event(*gone);
    outbox_.flush();
    fates_.accepted(std::vector<uint64_t>{0});
    ledger_.advance();
    ASSERT_TRUE(outbox_.forget_rules());
  }
  Rule again = rule_;
  again.index = 0;
  set_row(20);
  make_event(again);
  outbox_.flush();
  fates_.accepted(std::vector<uint64_t>{1});
  take_accepted();
  EXPECT_EQ(count().matched, 2u);
  EXPECT_EQ(count().sent, 2u);
}

TEST_F(RuleCountsTest, ARuleThatIsKnownIsToldBeforeItSawAnything) {
  counts_.know("public.t", "identify");
  counts_.dead("public.t", "identify", 2);
  counts_.know("public.t", "identify");
  EXPECT_EQ(count().table, "public.t");
  EXPECT_EQ(count().dead, 2u);
}

}  // namespace waltrack
