#include <gtest/gtest.h>
#include <thread>

#include "chunk_reading.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

Lsn position(const PostgresServer& server, const std::string& function) {
  return Lsn::parse(server.value("SELECT " + function + "()")).value();
}

// A primary with a table t of one row, and a standby.
class ChunkReaderStandbyTest : public testing::Test {
 protected:
  void SetUp() override {
    primary_ = std::make_unique<PostgresServer>();
    primary_->exec("CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'a')");
    primary_->exec(
        "CREATE TABLE loose (note text);"
        "INSERT INTO loose SELECT i FROM generate_series(1, 30000) AS i");
    standby_ = PostgresServer::standby_of(*primary_);
    ASSERT_TRUE(standby_->wait_replayed(*primary_));
  }

  std::unique_ptr<PostgresServer> primary_;
  std::unique_ptr<PostgresServer> standby_;
};

}  // namespace

// One test for all: two servers take their time.
TEST_F(ChunkReaderStandbyTest, ReadsBehindTheWindowsStartAndCutsByPosition) {
  PostgresChunkReader reader = chunk_reader(*primary_, standby_.get());
  const auto plan = plan_of(reader, "t", {"note"});
  ChunkRequest request = first_chunk(plan, 10);
  request.opened_at = position(*primary_, "pg_current_wal_flush_lsn");
  const Chunk chunk = reader.read(request, {});
  EXPECT_EQ(chunk.text, "1\ta\n");
  EXPECT_EQ(chunk.snapshot, std::nullopt);
  EXPECT_GE(chunk.cut, request.opened_at);
  EXPECT_LE(chunk.cut, position(*primary_, "pg_current_wal_insert_lsn"));
  EXPECT_GE(reader.flushed(), request.opened_at);

  // What runs is asked of the server that is streamed from.
  {
    pqxx::connection writer = primary_->connect();
    pqxx::work open(writer);
    const auto xid = open.exec("SELECT txid_current()")[0][0].as<uint64_t>();
    EXPECT_GT(reader.running().next, xid);
    EXPECT_LE(reader.running().oldest, xid);
  }

  // It waits for what has to be in the chunk.
  standby_->exec("SELECT pg_wal_replay_pause()");
  primary_->exec("INSERT INTO t VALUES (2, 'b')");
  request.opened_at = position(*primary_, "pg_current_wal_flush_lsn");
  std::jthread later([this] {
    if (wait_until([this] {
          return standby_->value(
                     "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                     "'waltrack' AND query LIKE '%pg_last_wal_replay_lsn%' AND "
                     "query_start > now() - interval '1 s'") != "0";
        })) {
      standby_->exec("SELECT pg_wal_replay_resume()");
    }
  });
  EXPECT_EQ(reader.read(request, {}).text, "1\ta\n2\tb\n");
  later.join();

  // Without a key, too.
  const auto loose = plan_of(reader, "loose", {"note"});
  EXPECT_EQ(read_all(reader, loose, 1000).size(), 30'000u);

  // It does not wait for ever.
  standby_->exec("SELECT pg_wal_replay_pause()");
  primary_->exec("INSERT INTO t VALUES (3, 'c')");
  request.opened_at = position(*primary_, "pg_current_wal_flush_lsn");
  {
    ChunkReaderLimits limits;
    limits.replay_timeout = 50ms;
    PostgresChunkReader hasty = chunk_reader(*primary_, standby_.get(), limits);
    const auto fault = read_fault(hasty, request);
    ASSERT_TRUE(fault);
    EXPECT_TRUE(fault->is_transient());
    EXPECT_NE(fault->describe().find("behind"), std::string::npos);
  }
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(read_fault(reader, request, stop.get_token()).value().is_transient());
  standby_->exec("SELECT pg_wal_replay_resume()");
  EXPECT_EQ(reader.read(request, {}).ends.size(), 3u);

  // Streamed from as well, it still tells what it can.
  PostgresChunkReader of_standby = chunk_reader(*standby_);
  EXPECT_GT(of_standby.running().next, 0u);
  EXPECT_EQ(of_standby.read(request, {}).ends.size(), 3u);

  // A database of another name is not the one that is streamed.
  primary_->exec("CREATE DATABASE other");
  ASSERT_TRUE(standby_->wait_replayed(*primary_));
  SourceSettings settings;
  settings.url = primary_->conninfo();
  settings.backfill_url = standby_->conninfo("other");
  PostgresChunkReader of_other(settings, system_identifier(*primary_));
  EXPECT_TRUE(read_fault(of_other, request));

  // A chunk that a promotion passes by is not to be trusted, nor is what is then another server.
  ASSERT_TRUE(standby_->wait_replayed(*primary_));
  standby_->promote();
  const auto fault = read_fault(reader, request);
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_transient());
  EXPECT_NE(read_fault(reader, request).value().describe().find("promoted"), std::string::npos);
  PostgresChunkReader promoted = chunk_reader(*standby_);
  const auto new_plan = plan_of(promoted, "t", {"note"});
  EXPECT_TRUE(promoted.read(first_chunk(new_plan, 10), {}).snapshot);
}

}  // namespace waltrack
