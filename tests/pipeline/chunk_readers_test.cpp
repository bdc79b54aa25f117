#include "pipeline/chunk_readers.hpp"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <latch>
#include <set>

#include "support/wait_until.hpp"

namespace waltrack {
namespace {

// Answers at once, but for a table that is called "slow": then when it is stopped.
class FakeReader final : public ChunkReader {
 public:
  explicit FakeReader(std::atomic<int>& reading) : reading_(reading) {}
  RunningTransactions running() override { return {7, 8, Lsn{9}}; }
  BackfillPlan plan(const TableName& table, const std::vector<std::string>& columns) override {
    BackfillPlan plan;
    plan.table = table;
    plan.caveat = columns.at(0);
    return plan;
  }
  Chunk read(const ChunkRequest& request, const std::stop_token& stop) override {
    ++reading_;
    if (request.leaf.name == "broken") throw Error(ErrorKind::transient, "broken");
    if (request.leaf.name == "odd") throw std::out_of_range("odd");
    if (request.leaf.name == "slow") {
      EXPECT_TRUE(wait_until([&] { return stop.stop_requested(); }));
      --reading_;
      throw Error(ErrorKind::transient, "stopped");
    }
    return {};
  }
  void release() override {}
  Lsn flushed() override { return Lsn{10}; }

 private:
  std::atomic<int>& reading_;
};

class ChunkReadersTest : public testing::Test {
 protected:
  ReadJob job(uint64_t number, ReadJob::Kind kind, const char* table = "t") {
    ReadJob job;
    job.number = number;
    job.kind = kind;
    job.table = {"public", table};
    job.columns = {"id"};
    job.request.leaf = job.table;
    return job;
  }
  std::vector<ReadResult> results(size_t count) {
    std::vector<ReadResult> all;
    EXPECT_TRUE(wait_until([&] {
      for (ReadResult& result : readers_.take())
        all.push_back(std::move(result));
      return all.size() >= count;
    }));
    std::ranges::sort(all, {}, &ReadResult::number);
    return all;
  }

  std::atomic<int> reading_ = 0;
  std::atomic<int> made_ = 0;
  std::atomic<int> woken_ = 0;
  ChunkReaders readers_{2,
                        [this] {
                          ++made_;
                          return std::make_unique<FakeReader>(reading_);
                        },
                        [this] { ++woken_; }};
};

}  // namespace

TEST_F(ChunkReadersTest, EachJobGivesItsResult) {
  readers_.ask(job(1, ReadJob::Kind::running));
  readers_.ask(job(2, ReadJob::Kind::plan));
  readers_.ask(job(3, ReadJob::Kind::chunk));
  readers_.ask(job(4, ReadJob::Kind::flushed));
  const std::vector<ReadResult> all = results(4);
  EXPECT_EQ(all[0].running.next, 8u);
  EXPECT_EQ(all[1].plan->caveat, "id");
  EXPECT_TRUE(all[2].chunk);
  EXPECT_EQ(all[3].flushed, Lsn{10});
  EXPECT_TRUE(wait_until([&] { return woken_ == 4; }));
  EXPECT_LE(made_, 2);
}

TEST_F(ChunkReadersTest, AFaultIsAResultToo) {
  readers_.ask(job(1, ReadJob::Kind::chunk, "broken"));
  readers_.ask(job(2, ReadJob::Kind::chunk, "odd"));
  const std::vector<ReadResult> all = results(2);
  EXPECT_TRUE(all[0].fault->is_transient());
  EXPECT_FALSE(all[1].fault->is_transient());
  EXPECT_FALSE(all[1].chunk);
}

TEST_F(ChunkReadersTest, AJobMayBeForOneReaderAlone) {
  for (uint64_t i = 1; i <= 20; ++i) {
    ReadJob one = job(i, ReadJob::Kind::flushed);
    one.reader = 1;
    readers_.ask(std::move(one));
  }
  for (const ReadResult& result : results(20))
    EXPECT_EQ(result.reader, 1u);
  EXPECT_EQ(made_, 1);
}

TEST_F(ChunkReadersTest, AfterAReconnectTheyAreMadeAnew) {
  const auto ask = [&](uint64_t number) {
    ReadJob one = job(number, ReadJob::Kind::flushed);
    one.reader = 0;
    readers_.ask(std::move(one));
    results(1);
  };
  ask(1);
  ask(2);
  EXPECT_EQ(made_, 1);
  readers_.reconnect();
  ask(3);
  ask(4);
  EXPECT_EQ(made_, 2);
}

TEST(ChunkReaders, TheirEndStopsWhatIsRead) {
  std::atomic<int> reading = 0;
  {
    ChunkReaders readers(
        1, [&] { return std::make_unique<FakeReader>(reading); }, [] {});
    ReadJob job;
    job.request.leaf = {"public", "slow"};
    readers.ask(std::move(job));
    ASSERT_TRUE(wait_until([&] { return reading == 1; }));
  }
  EXPECT_EQ(reading, 0) << "what was read has ended before its reader has";
}

}  // namespace waltrack
