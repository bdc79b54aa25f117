#include "pipeline/outbox.hpp"

#include <gtest/gtest.h>

#include "pipeline/fakes.hpp"

namespace waltrack {
namespace {

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    first_.index = 0;
    first_.table = "public.t";
    first_.id = "identify";
    second_ = first_;
    second_.index = 1;
    second_.id = "track/Row Seen";
    table_.schema = "public";
    table_.name = "t";
    of_message_.index = 2;
    of_message_.table = "message:shop";
    of_message_.id = "track/Message Seen";
  }

  // Maps a row through both rules; returns the ids of the rules whose event was wanted.
  std::vector<std::string> map_row(Lsn commit, Lsn row, uint32_t ordinal = 0) {
    set_row(Op::insert, table_, commit, row, ordinal);
    return map({&first_, &second_});
  }
  std::vector<std::string> map_message(Lsn commit, Lsn end) {
    set_row(Op::message, message_table_, commit, end);
    return map({&of_message_});
  }
  void set_row(Op op, const Table& table, Lsn commit, Lsn row, uint32_t ordinal = 0) {
    transaction_.commit_lsn = commit;
    change_ = {
        .op = op, .table = &table, .lsn = row, .ordinal = ordinal, .new_row = {}, .old_row = {}};
    outbox_.set_row(transaction_, change_);
  }
  std::vector<std::string> map(std::initializer_list<const Rule*> rules) {
    std::vector<std::string> wanted;
    for (const Rule* rule : rules) {
      std::string* out = outbox_.open(*rule, {"u1"});
      if (out == nullptr) continue;
      out->append("{}");
      outbox_.close();
      wanted.push_back(rule->id);
    }
    return wanted;
  }
  EventPosition position(Lsn commit, Lsn row, uint32_t ordinal, const Rule& rule) const {
    return {.commit_lsn = commit,
            .kind = MessageKind::row,
            .lsn = row,
            .table = rule.table,
            .ordinal = ordinal,
            .rule = rule.id};
  }

  const std::vector<std::string> kBoth = {"identify", "track/Row Seen"};
  const std::vector<std::string> kNone = {};

  Rule first_;
  Rule second_;
  Rule of_message_;
  Table table_;
  Table message_table_ = message_table("shop");
  Transaction transaction_;
  Change change_;
  LaneQueues lanes_{1, {.bytes = 475'000, .events = 2500}};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  SystemClock clock_;
  MappingStatus mappings_{clock_};
  Outbox outbox_{lanes_, ledger_, dead_letters_, mappings_};
};

}  // namespace

TEST_F(OutboxTest, NothingIsSharedBeforeTheFlush) {
  map_row(Lsn{900}, Lsn{10});
  EXPECT_FALSE(lanes_.take(0));
  EXPECT_TRUE(ledger_.is_idle());
  EXPECT_TRUE(outbox_.flush());
  EXPECT_EQ(lanes_.take(0)->events.text, "{},{}");
  EXPECT_EQ(ledger_.unfinished(), 2u);
  EXPECT_FALSE(outbox_.flush());
}

TEST_F(OutboxTest, ARowOfManyLargeEventsStaysWithinABatch) {
  transaction_.commit_lsn = Lsn{900};
  change_ = {.op = Op::insert,
             .table = &table_,
             .lsn = Lsn{10},
             .ordinal = 0,
             .new_row = {},
             .old_row = {}};
  outbox_.set_row(transaction_, change_);
  size_t bytes = 0;
  for (int i = 0; i < 20; ++i) {
    outbox_.open(first_, {"u1"})->append(30'000, 'x');
    outbox_.close();
  }
  EXPECT_TRUE(outbox_.flush());
  EXPECT_FALSE(outbox_.flush());
  while (const auto batch = lanes_.take(0)) {
    EXPECT_LE(batch->events.text.size(), 475'000u);
    bytes += batch->events.text.size();
  }
  EXPECT_GT(bytes, 20u * 30'000u);
  EXPECT_EQ(ledger_.unfinished(), 20u);
}

TEST_F(OutboxTest, AnAbandonedEventLeavesNoTrace) {
  map_row(Lsn{900}, Lsn{10});
  outbox_.open(first_, {"u1"})->append("{\"half\":");
  outbox_.abandon();
  map_row(Lsn{900}, Lsn{11});
  outbox_.flush();
  EXPECT_EQ(lanes_.take(0)->events.text, "{},{},{},{}");
  EXPECT_EQ(ledger_.unfinished(), 4u);
}

TEST_F(OutboxTest, SkipsWhatIsSafeInsideTheTransactionAndNothingElse) {
  outbox_.skip_through(position(Lsn{900}, Lsn{20}, 1, first_), Outbox::RestOfRow::unknown);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{10}), kNone);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}, 0), kNone);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}, 1), (std::vector<std::string>{"track/Row Seen"}));
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}, 2), kBoth);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{30}), kBoth);
  EXPECT_EQ(map_row(Lsn{800}, Lsn{10}), kBoth);  // another transaction
}

TEST_F(OutboxTest, ARuleThatMovedToTheFrontIsSentRatherThanLost) {
  // The second rule's event is safe; the first rule may be new, or have stood behind it.
  outbox_.skip_through(position(Lsn{900}, Lsn{20}, 0, second_), Outbox::RestOfRow::unknown);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{10}), kNone);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}), (std::vector<std::string>{"identify"}));
}

TEST_F(OutboxTest, ARuleThatIsGoneRepeatsItsRowRatherThanLoseIt) {
  Rule gone = first_;
  gone.id = "track/Gone";
  outbox_.skip_through(position(Lsn{900}, Lsn{20}, 0, gone), Outbox::RestOfRow::unknown);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{10}), kNone);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}), kBoth);
}

TEST_F(OutboxTest, ARowThatWasTakenInWholeIsSkippedWhole) {
  outbox_.skip_through(position(Lsn{900}, Lsn{20}, 0, first_), Outbox::RestOfRow::taken_in);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}), kNone);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}, 1), kBoth);
}

// Which of the two comes first is not certain where savepoints are in play.
TEST_F(OutboxTest, AMessageAndTheRowBehindItRepeatEachOtherRatherThanLoseOne) {
  const EventPosition message{.commit_lsn = Lsn{900},
                              .kind = MessageKind::message,
                              .lsn = Lsn{20},
                              .table = of_message_.table,
                              .ordinal = 0,
                              .rule = of_message_.id};
  outbox_.skip_through(message, Outbox::RestOfRow::unknown);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{10}), kNone);
  EXPECT_EQ(map_message(Lsn{900}, Lsn{20}), kNone);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}), kBoth);
  outbox_.skip_through(position(Lsn{900}, Lsn{20}, 0, second_), Outbox::RestOfRow::taken_in);
  EXPECT_EQ(map_message(Lsn{900}, Lsn{12}), kNone);
  EXPECT_EQ(map_row(Lsn{900}, Lsn{20}), kNone);
  EXPECT_EQ(map_message(Lsn{900}, Lsn{20}).size(), 1u);
}

TEST_F(OutboxTest, AMessageWithoutCommitTimeHasAnIdAllTheSame) {
  transaction_ = {};
  set_row(Op::message, message_table_, Lsn{103}, Lsn{104});
  outbox_.reject(of_message_, "no_user", "");
  outbox_.flush();
  const auto items = dead_letters_.take_all();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].letter.op, "message");
  EXPECT_EQ(items[0].letter.position.kind, MessageKind::message);
  EXPECT_EQ(items[0].letter.commit_time_us, 0);
  std::string id;
  append_message_id(id, of_message_.key, MessageKind::message, 0, Lsn{104}, 0);
  EXPECT_EQ(items[0].letter.message_id, id);
}

TEST_F(OutboxTest, ARejectedRowHoldsThePositionUntilItsLetterIsDurable) {
  transaction_.commit_lsn = Lsn{900};
  transaction_.commit_time_us = 5;
  change_ = {.op = Op::remove,
             .table = &table_,
             .lsn = Lsn{10},
             .ordinal = 0,
             .new_row = {},
             .old_row = {}};
  outbox_.set_row(transaction_, change_);
  outbox_.reject(first_, "no_user", "user_id is null");
  outbox_.mark(Lsn{908});
  outbox_.flush();
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{});
  const auto items = dead_letters_.take_all();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].letter.position, position(Lsn{900}, Lsn{10}, 0, first_));
  EXPECT_EQ(items[0].letter.op, "delete");
  EXPECT_EQ(items[0].letter.reason, "no_user");
  EXPECT_EQ(items[0].letter.message_id.size(), 32u);
  ledger_.finish(std::vector<uint64_t>{items[0].sequence});
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{908});
}

TEST_F(OutboxTest, ASafeDeadLetterIsNotWrittenAgain) {
  outbox_.skip_through(position(Lsn{900}, Lsn{20}, 0, second_), Outbox::RestOfRow::unknown);
  transaction_.commit_lsn = Lsn{900};
  change_ = {.op = Op::insert,
             .table = &table_,
             .lsn = Lsn{20},
             .ordinal = 0,
             .new_row = {},
             .old_row = {}};
  outbox_.set_row(transaction_, change_);
  outbox_.reject(second_, "no_user", "");
  outbox_.flush();
  EXPECT_TRUE(dead_letters_.take_all().empty());
}

TEST_F(OutboxTest, AShadowRuleIsCountedAndNothingOfItIsSent) {
  first_.shadow = true;
  map_row(Lsn{900}, Lsn{10});
  map_row(Lsn{900}, Lsn{11});
  outbox_.reject(first_, "no_user", "");
  outbox_.mark(Lsn{908});
  EXPECT_TRUE(mappings_.state().shadow.empty());
  outbox_.flush();
  EXPECT_EQ(lanes_.take(0)->events.text, "{},{}");
  EXPECT_TRUE(dead_letters_.take_all().empty());
  EXPECT_EQ(ledger_.unfinished(), 2u);
  EXPECT_EQ(mappings_.state().shadow,
            (std::vector<ShadowRule>{{"public.t", "identify", 2, 1, "no_user"}}));
  map_row(Lsn{1000}, Lsn{12});
  outbox_.flush();
  EXPECT_EQ(mappings_.state().shadow[0].events, 3u);
}

TEST_F(OutboxTest, AShadowEventThatIsTakenBackIsNotCounted) {
  first_.shadow = true;
  transaction_.commit_lsn = Lsn{900};
  outbox_.set_row(transaction_, change_);
  outbox_.open(first_, {"u1"})->append("half");
  outbox_.abandon();
  EXPECT_EQ(*outbox_.open(first_, {"u1"}), "");
  outbox_.close();
  outbox_.flush();
  EXPECT_FALSE(lanes_.take(0));
  EXPECT_EQ(mappings_.state().shadow[0].events, 1u);
}

TEST_F(OutboxTest, ForgetsRulesOnlyWhenNothingIsOnItsWay) {
  auto rule = std::make_unique<Rule>(first_);
  transaction_.commit_lsn = Lsn{900};
  outbox_.set_row(transaction_, change_);
  outbox_.open(*rule, {"u1"})->append("{}");
  outbox_.close();
  EXPECT_FALSE(outbox_.forget_rules());
  outbox_.flush();
  EXPECT_FALSE(outbox_.forget_rules());
  ledger_.finish(std::vector<uint64_t>{0});
  EXPECT_EQ(ledger_.advance().checkpoint.within->rule, "identify");
  EXPECT_TRUE(outbox_.forget_rules());
  rule.reset();
  EXPECT_EQ(ledger_.advance().checkpoint.within->rule, "identify");
  EXPECT_FALSE(outbox_.last_event());
}

TEST_F(OutboxTest, RemembersTheNewestEvent) {
  EXPECT_FALSE(outbox_.last_event());
  map_row(Lsn{900}, Lsn{10}, 3);
  EXPECT_EQ(outbox_.last_event(), position(Lsn{900}, Lsn{10}, 3, second_));
}

TEST_F(OutboxTest, AStepComesBehindWhatWasTakenInBefore) {
  map_row(Lsn{900}, Lsn{10});
  outbox_.add_step({});
  EXPECT_TRUE(outbox_.flush());
  EXPECT_TRUE(ledger_.advance().steps.empty());
  ledger_.finish(std::vector<uint64_t>{0, 1});
  EXPECT_EQ(ledger_.advance().steps.size(), 1u);
  outbox_.add_step({});
  EXPECT_TRUE(outbox_.flush()) << "a step alone";
  EXPECT_EQ(ledger_.advance().steps.size(), 1u);
}

TEST_F(OutboxTest, ABackfilledRowsDeadLetterIsTheSameEachTime) {
  const auto reject = [&](std::string_view key) {
    set_row(Op::backfill, table_, {}, {});
    change_.key = key;
    outbox_.reject(first_, "no_user", "neither");
    outbox_.flush();
    return dead_letters_.take_all().at(0).letter;
  };
  const DeadLetter letter = reject("7");
  EXPECT_EQ(letter.op, "backfill");
  EXPECT_EQ(letter.position.kind, MessageKind::backfill);
  EXPECT_TRUE(letter.position.commit_lsn.is_none());
  EXPECT_EQ(reject("7").position, letter.position);
  EXPECT_EQ(reject("7").message_id, letter.message_id);
  EXPECT_NE(reject("8").position, letter.position);
  EXPECT_NE(reject("8").message_id, letter.message_id);
}

TEST_F(OutboxTest, ABackfilledRowIsNoPlaceInTheStream) {
  map_row(Lsn{900}, Lsn{10});
  const auto before = outbox_.last_event();
  set_row(Op::backfill, table_, {}, {});
  EXPECT_EQ(map({&first_}).size(), 1u);
  EXPECT_EQ(outbox_.last_event(), before);
}

TEST_F(OutboxTest, ARejectedRowTellsItsKeyWhereTheServerHasOne) {
  Column id;
  id.name = "id";
  id.key = true;
  Column mail;
  mail.name = "mail";
  table_.columns = {id, mail};
  const Value row[] = {Value::present("7"), Value::present("x@y")};
  for (const ReplicaIdentity identity : {ReplicaIdentity::key, ReplicaIdentity::full}) {
    table_.replica_identity = identity;
    set_row(Op::insert, table_, Lsn{900}, Lsn{10});
    change_.new_row = row;
    outbox_.reject(first_, "no_user", "");
    outbox_.flush();
    EXPECT_EQ(dead_letters_.take_all().at(0).letter.row_key,
              identity == ReplicaIdentity::full ? "" : R"({"id":"7"})");
  }
}

}  // namespace waltrack
