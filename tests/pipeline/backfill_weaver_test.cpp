#include "pipeline/backfill_weaver.hpp"

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>

#include "pipeline/fakes.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

const TableName kOrders{"public", "orders"};

// One event a row; hears backfilled rows of the tables it is told.
class ColumnsMapper final : public ChangeMapper {
 public:
  explicit ColumnsMapper(std::vector<TableName> tables) : tables_(std::move(tables)) {}
  void map(const Transaction& transaction, const Change& change, EventSink& sink) override {
    EXPECT_NE(transaction.clock_us, 0);
    const std::string id(change.new_row[0].text);
    sink.open(rule_, {id})->append(std::string(op_name(change.op)) + " " + id);
    sink.close();
  }
  std::optional<std::vector<std::string>> backfill_columns(const TableName& table) const override {
    if (std::ranges::find(tables_, table) == tables_.end()) return std::nullopt;
    return std::vector<std::string>{"id"};
  }

 private:
  std::vector<TableName> tables_;
  Rule rule_;
};

class NoonClock final : public Clock {
 public:
  SteadyTime steady() const override { return now; }
  int64_t utc_us() const override { return 1'795'435'200'000'000; }
  SteadyTime now{std::chrono::hours(1000)};
};

class FakeJobs final : public ChunkJobs {
 public:
  void ask(ReadJob job) override { asked.push_back(std::move(job)); }
  std::vector<ReadResult> take() override { return std::exchange(done, {}); }
  void reconnect() override {}
  std::deque<ReadJob> asked;
  std::vector<ReadResult> done;
};

// A table of the rows 1 to `rows_`, which nobody changes, two to a chunk.
class BackfillWeaverTest : public testing::Test {
 protected:
  BackfillWeaverTest() {
    followed_.tables = {kOrders};
    begin({.stored = {}, .tracked = std::vector<std::string>{"public.orders"}});
  }

  // A run begins, with what stands in the store.
  void begin(BackfillStart start, std::vector<TableName> initial = {}) {
    start.chunk_bytes = 1000;
    jobs_ = {};
    weaver_.emplace(std::move(start), jobs_, outbox_, exchange_, clock_);
    weaver_->follow(mapper_, followed_, initial);
    weaver_->connected(Lsn{100});
  }
  void request(BackfillRequest::Action action, const TableName& table = kOrders) {
    BackfillRequest request;
    request.number = ++request_;
    request.action = action;
    request.table = table;
    request.rows_per_s = rate_;
    exchange_.bring({request});
  }

  // Some turns of everybody.
  void turn(int turns = 1) {
    for (int i = 0; i < turns; ++i) {
      weaver_->work(true);
      outbox_.flush();
      for (ReadJob& job : std::exchange(jobs_.asked, {})) {
        const bool chunk = job.kind == ReadJob::Kind::chunk;
        if (answers_ && (reads_ || !chunk)) {
          answer(job);
        } else {
          jobs_.asked.push_back(std::move(job));
        }
      }
      clock_.now += 50ms;
      while (const auto batch = lanes_.take(0)) {
        events_ += (events_.empty() ? "" : ",") + batch->events.text;
        ledger_.finish(batch->events.sequences);
        lanes_.finish(0);
      }
      const InflightLedger::Progress progress = ledger_.advance();
      for (const BackfillStep& step : progress.steps) {
        if (step.progress) stored_ = step.progress;
        if (step.request != 0) taken_up_.push_back(step.request);
        tracked_.insert(tracked_.end(), step.tracked.begin(), step.tracked.end());
      }
      exchange_.saved(progress.steps);
    }
  }

  void answer(const ReadJob& job) {
    ReadResult result;
    result.number = job.number;
    if (fault_) {
      result.fault = fault_;
    } else if (job.kind == ReadJob::Kind::running) {
      result.running = {oldest_, 700, Lsn{100}};
    } else if (job.kind == ReadJob::Kind::plan) {
      BackfillPlan plan;
      plan.table = job.table;
      plan.layout.id = next_table_id();
      plan.layout.columns.resize(1);
      plan.layout.columns[0].name = "id";
      plan.layout.columns[0].type.kind = ValueKind::int4;
      plan.key = {0};
      plan.leaves = {job.table};
      plan.row_estimate = rows_;
      result.plan = std::make_shared<const BackfillPlan>(std::move(plan));
    } else if (job.kind == ReadJob::Kind::chunk) {
      most_rows_ = job.request.most_rows;
      result.chunk = chunk(job.request);
    }
    jobs_.done.push_back(std::move(result));
  }

  Chunk chunk(const ChunkRequest& request) const {
    Chunk chunk;
    chunk.snapshot = Snapshot{xmax_, xmax_, {}};
    chunk.cut = Lsn{100};
    int id = request.after ? std::stoi(request.after->text) : 0;
    for (int i = 0; i < 2 && id < rows_; ++i) {
      chunk.text += std::to_string(++id) + "\n";
      chunk.ends.push_back(chunk.text.size());
    }
    chunk.last = RowKey{std::to_string(rows_)};
    chunk.through = RowKey{std::to_string(id)};
    chunk.end_of_leaf = id == rows_;
    return chunk;
  }

  BackfillPhase phase() const { return stored_->phase; }

  NoonClock clock_;
  LaneQueues lanes_{1, {.bytes = 475'000, .events = 2500}};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  MappingStatus mappings_{clock_};
  Outbox outbox_{lanes_, ledger_, dead_letters_, mappings_};
  BackfillExchange exchange_;
  FakeJobs jobs_;
  ColumnsMapper mapper_{{kOrders}};
  Followed followed_;
  std::optional<BackfillWeaver> weaver_;

  int rows_ = 5;
  bool answers_ = true;
  bool reads_ = true;
  std::optional<Error> fault_;
  uint64_t oldest_ = 700;
  uint64_t xmax_ = 700;
  uint32_t rate_ = 0;
  int64_t request_ = 0;
  size_t most_rows_ = 0;
  std::string events_;
  std::optional<BackfillProgress> stored_;
  std::vector<int64_t> taken_up_;
  std::vector<std::string> tracked_;
};

}  // namespace

TEST_F(BackfillWeaverTest, ATableThatIsNewAndAsksForItIsTold) {
  begin({.stored = {}, .tracked = std::vector<std::string>()}, {kOrders});
  turn(40);
  EXPECT_EQ(events_, "backfill 1,backfill 2,backfill 3,backfill 4,backfill 5");
  EXPECT_EQ(phase(), BackfillPhase::done);
  EXPECT_TRUE(stored_->initial);
  EXPECT_EQ(stored_->rows, 5u);
  EXPECT_EQ(tracked_, std::vector<std::string>{"public.orders"});
}

TEST_F(BackfillWeaverTest, ATableThatWasTrackedBeforeIsNotToldAgain) {
  begin({.stored = {}, .tracked = std::vector<std::string>{"public.orders"}}, {kOrders});
  turn(40);
  EXPECT_EQ(events_, "");
}

TEST_F(BackfillWeaverTest, AfterAnEarlierProgramNoTableCountsAsNew) {
  begin({.stored = {}, .tracked = std::nullopt}, {kOrders});
  turn(40);
  EXPECT_EQ(events_, "");
  EXPECT_EQ(tracked_, std::vector<std::string>{"public.orders"});
}

TEST_F(BackfillWeaverTest, ATableThatAPatternOfBeforeMatchesCameWithTheStream) {
  followed_.globs = {{{"public", false}, {"ord*", true}}};
  begin({.stored = {}, .tracked = std::vector<std::string>{"public.ord*"}}, {kOrders});
  turn(40);
  EXPECT_EQ(events_, "");
}

TEST_F(BackfillWeaverTest, APersonsRequestIsTakenUpOnce) {
  request(BackfillRequest::Action::start);
  turn();
  --request_;
  request(BackfillRequest::Action::start);  // shown again before its step was saved
  turn(40);
  EXPECT_EQ(events_, "backfill 1,backfill 2,backfill 3,backfill 4,backfill 5");
  EXPECT_EQ(taken_up_, std::vector<int64_t>{1});
}

TEST_F(BackfillWeaverTest, ATableWithoutARuleForItFailsAndSaysSo) {
  request(BackfillRequest::Action::start, {"public", "other"});
  turn(3);
  EXPECT_EQ(phase(), BackfillPhase::failed);
  EXPECT_NE(stored_->reason.find("public.other"), std::string::npos);
  EXPECT_EQ(taken_up_.size(), 1u);
}

TEST_F(BackfillWeaverTest, TheStreamStandsStillUntilKeysCanBeRead) {
  answers_ = false;
  request(BackfillRequest::Action::start);
  EXPECT_FALSE(weaver_->holds_stream());
  turn();
  EXPECT_TRUE(weaver_->holds_stream());
  begin({.stored = {{*stored_, {}}}, .tracked = {}});
  EXPECT_TRUE(weaver_->holds_stream());
  answers_ = true;
  turn(2);
  EXPECT_FALSE(weaver_->holds_stream());
}

TEST_F(BackfillWeaverTest, AStreamIsNotHeldForEver) {
  fault_ = Error(ErrorKind::transient, "too many connections");
  request(BackfillRequest::Action::start);
  turn(1300);
  EXPECT_EQ(phase(), BackfillPhase::failed);
  EXPECT_FALSE(weaver_->holds_stream());
}

TEST_F(BackfillWeaverTest, WhatRanWhenItBeganHasToEndFirst) {
  oldest_ = 650;
  request(BackfillRequest::Action::start);
  turn(100);
  EXPECT_EQ(events_, "");
  EXPECT_NE(stored_->reason.find("transactions that are open"), std::string::npos);
  oldest_ = 700;
  turn(40);
  EXPECT_EQ(phase(), BackfillPhase::done);
}

TEST_F(BackfillWeaverTest, PausedItGoesOnWhereItWas) {
  request(BackfillRequest::Action::start);
  while (events_.empty())
    turn();
  request(BackfillRequest::Action::pause);
  turn(20);
  EXPECT_EQ(phase(), BackfillPhase::paused);
  const std::string before = events_;
  turn(20);
  EXPECT_EQ(events_, before);
  request(BackfillRequest::Action::resume);
  turn(40);
  EXPECT_EQ(events_, "backfill 1,backfill 2,backfill 3,backfill 4,backfill 5");
}

TEST_F(BackfillWeaverTest, CancelledItIsOver) {
  request(BackfillRequest::Action::start);
  turn(2);
  request(BackfillRequest::Action::cancel);
  turn(40);
  EXPECT_EQ(phase(), BackfillPhase::cancelled);
  EXPECT_LT(stored_->rows, 5u);
}

TEST_F(BackfillWeaverTest, AFailureThatPassesIsWaitedFor) {
  request(BackfillRequest::Action::start);
  turn(4);
  fault_ = Error(ErrorKind::transient, "the connection broke");
  turn(20);
  EXPECT_NE(stored_->reason.find("the connection broke"), std::string::npos);
  fault_.reset();
  turn(2000);
  EXPECT_EQ(events_, "backfill 1,backfill 2,backfill 3,backfill 4,backfill 5");
  EXPECT_EQ(stored_->reason, "");
}

TEST_F(BackfillWeaverTest, AFailureThatDoesNotPassEndsItAndResumeBeginsItAnew) {
  request(BackfillRequest::Action::start);
  turn(2);
  fault_ = Error(ErrorKind::failure, "permission denied");
  turn(20);
  EXPECT_EQ(phase(), BackfillPhase::failed);
  fault_.reset();
  request(BackfillRequest::Action::resume);
  turn(40);
  EXPECT_EQ(phase(), BackfillPhase::done);
}

TEST_F(BackfillWeaverTest, ARestartGoesOnBehindWhatIsDurable) {
  rows_ = 9;
  request(BackfillRequest::Action::start);
  while (!stored_ || stored_->rows < 4)
    turn();
  events_.clear();
  const BackfillProgress at = *stored_;
  begin({.stored = {{at, {}}}, .tracked = {}});
  turn(60);
  EXPECT_EQ(events_.find("backfill " + std::to_string(at.rows + 1)), 0u) << events_;
  EXPECT_EQ(phase(), BackfillPhase::done);
  EXPECT_EQ(stored_->rows, 9u);
}

TEST_F(BackfillWeaverTest, MappingsThatHearNoRowsAnyMoreEndIt) {
  request(BackfillRequest::Action::start);
  turn(3);
  ColumnsMapper other({});
  weaver_->follow(other, followed_, {});
  turn(3);
  EXPECT_EQ(phase(), BackfillPhase::failed);
}

TEST_F(BackfillWeaverTest, ARateBoundsTheRowsOfAChunk) {
  rate_ = 3;
  request(BackfillRequest::Action::start);
  turn(10);
  EXPECT_EQ(most_rows_, 3u);
}

TEST_F(BackfillWeaverTest, WhatIsRememberedOfTheStreamIsBounded) {
  request(BackfillRequest::Action::start);
  reads_ = false;
  turn(6);
  Table table;
  table.id = next_table_id();
  table.schema = "public";
  table.name = "orders";
  table.columns.resize(1);
  table.columns[0].name = "id";
  const auto update = [&](char c) {
    const std::string id(3 << 20, c);
    const Value value = Value::present(id);
    Change change;
    change.op = Op::update;
    change.table = &table;
    change.new_row = {&value, 1};
    return weaver_->see(change);
  };
  EXPECT_TRUE(update('a')) << "a window is open";
  for (char c = 'b'; c < 'n'; ++c)
    update(c);
  EXPECT_FALSE(update('z')) << "it was given up";
  reads_ = true;
  turn(40);
  EXPECT_EQ(events_, "backfill 1,backfill 2,backfill 3,backfill 4,backfill 5");
}

TEST_F(BackfillWeaverTest, ManyTransactionsBeforeAChunkComesDoNotPileUp) {
  request(BackfillRequest::Action::start);
  reads_ = false;
  turn(6);
  Transaction transaction;
  for (transaction.xid = 100; transaction.xid < 300'000; ++transaction.xid) {
    weaver_->begin();
    weaver_->committed(transaction, Lsn{100});
  }
  reads_ = true;
  oldest_ = 300'000;  // they are over, and seen
  xmax_ = 300'000;
  turn(60);
  EXPECT_EQ(events_, "backfill 1,backfill 2,backfill 3,backfill 4,backfill 5");
}

}  // namespace waltrack
