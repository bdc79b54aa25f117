#include "postgres/postgres_chunk_reader.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <thread>

#include "chunk_reading.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;
using Rows = std::vector<std::string>;

// One server for all tests of a process.
class ChunkReaderFixture : public testing::Test {
 protected:
  static void TearDownTestSuite() { servers_.clear(); }

  void use(const std::string& version) {
    std::unique_ptr<PostgresServer>& server = servers_[version];
    if (!server) {
      PostgresOptions options;
      options.version = version;
      options.settings["max_prepared_transactions"] = "4";
      server = std::make_unique<PostgresServer>(options);
    }
    server_ = server.get();
    server_->exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }

  // The rows that the server has, their columns parted by |.
  Rows rows_on_server(const std::string& columns, const std::string& table,
                      const std::string& key) const {
    Rows rows;
    for (const auto& row : server_->query("SELECT concat_ws('|', " + columns + ") FROM " + table +
                                          " ORDER BY " + key)) {
      rows.push_back(row[0].as<std::string>());
    }
    return rows;
  }

  static std::map<std::string, std::unique_ptr<PostgresServer>> servers_;
  PostgresServer* server_ = nullptr;
};
std::map<std::string, std::unique_ptr<PostgresServer>> ChunkReaderFixture::servers_;

class PostgresChunkReaderTest : public ChunkReaderFixture {
 protected:
  void SetUp() override { use("15"); }
};

// What the server may do otherwise in another version.
class ChunkReaderVersionTest : public ChunkReaderFixture,
                               public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    WALTRACK_NEEDS_POSTGRES(GetParam());
    use(GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Postgres, ChunkReaderVersionTest, testing::Values("15", "17"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace

TEST_P(ChunkReaderVersionTest, ChunksFollowOneAnotherByACompositeKey) {
  server_->exec(
      "CREATE TABLE lines (item int, note text, shop text COLLATE \"C\", PRIMARY KEY (shop, item));"
      "INSERT INTO lines SELECT i % 7, 'n' || i, chr(97 + i / 7) FROM generate_series(0, 99) AS i");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "lines", {"note"});
  const Rows expected = rows_on_server("item, note, shop", "lines", "shop, item");
  for (const size_t rows : {1, 3, 99, 100, 101}) {
    EXPECT_EQ(read_all(reader, plan, rows), expected) << rows;
  }
}

TEST_F(PostgresChunkReaderTest, AChunkTellsWhereTheNextOneGoesOn) {
  server_->exec("CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t VALUES (1), (5), (7)");
  PostgresChunkReader reader = chunk_reader(*server_);
  ChunkRequest request = first_chunk(plan_of(reader, "t", {}), 2);
  const Chunk first = reader.read(request, {});
  EXPECT_EQ(first.text, "1\n5\n");
  EXPECT_EQ(first.ends, (std::vector<size_t>{2, 4}));
  EXPECT_EQ(first.last, key_of({"7"}));
  EXPECT_EQ(first.through, key_of({"5"}));
  EXPECT_FALSE(first.end_of_leaf);

  server_->exec("INSERT INTO t VALUES (6), (8)");  // 8 is behind the last one of this pass
  request.after = first.through;
  request.last = first.last;
  request.most_rows = 3;
  const Chunk second = reader.read(request, {});
  EXPECT_EQ(second.text, "6\n7\n");
  EXPECT_TRUE(second.end_of_leaf);
}

TEST_F(PostgresChunkReaderTest, AnEmptyTableIsOneEmptyChunk) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const Chunk chunk = reader.read(first_chunk(plan_of(reader, "t", {"id"}), 10), {});
  EXPECT_TRUE(chunk.end_of_leaf);
  EXPECT_TRUE(chunk.ends.empty());
  EXPECT_EQ(chunk.last, std::nullopt);
  EXPECT_EQ(chunk.through, std::nullopt);
  EXPECT_TRUE(chunk.snapshot);
}

TEST_F(PostgresChunkReaderTest, ARangeWhoseRowsAreGoneEnds) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  PostgresChunkReader reader = chunk_reader(*server_);
  ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  request.after = key_of({"1"});
  request.last = key_of({"9"});
  const Chunk chunk = reader.read(request, {});
  EXPECT_TRUE(chunk.end_of_leaf);
  EXPECT_TRUE(chunk.ends.empty());
}

TEST_F(PostgresChunkReaderTest, OddTextsAreKeysLikeOthers) {
  server_->exec(
      "CREATE TABLE t (id text COLLATE \"en-x-icu\" PRIMARY KEY);"
      "INSERT INTO t VALUES ('a'), ('B'), ('A'), ('ä'), ('b'), (''), (' '), ('\\N'), ('\\.'), "
      "('\\'), (E'tab\\there'), (E'new\\nline'), (E'\\r'), ('it''s'), ('a|\"b\"'), ('日本'), "
      "('co-op'), "
      "('coop')");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "t", {"id"});
  const Rows expected = rows_on_server("id", "t", "id");
  ASSERT_EQ(expected.size(), 18u);
  EXPECT_EQ(read_all(reader, plan, 1), expected);
}

TEST_P(ChunkReaderVersionTest, KeysOfAnySortableTypeWork) {
  server_->exec("CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad')");
  server_->exec("CREATE DOMAIN code AS varchar(10) COLLATE \"C\" CHECK (value <> 'never')");
  const std::vector<std::pair<std::string, std::string>> keys = {
      {"numeric", "('-5'), ('0.10'), ('1e30'), ('NaN'), ('3')"},
      {"timestamptz", "('2026-01-01 00:00+02'), ('-infinity'), ('infinity'), ('0044-03-15 BC')"},
      {"uuid",
       "('ffffffff-0000-0000-0000-000000000000'), ('00000000-ffff-0000-0000-000000000000')"},
      {"mood", "('glad'), ('sad'), ('ok')"},
      {"code", "('b'), ('B'), ('a')"},
      {"bytea", "('\\x00ff'), ('\\x'), ('\\xff')"},
      {"bpchar", "('b'), ('b2'), ('a')"},
      {"char(5)", "('b'), ('b2'), ('a')"},
      {"\"char\"", "('b'), ('c'), ('a')"},
      {"bit(3)", "('101'), ('001'), ('110')"},
      {"bool", "(true), (false)"},
      {"float8", "('0.1'), ('-Infinity'), ('NaN'), ('1e-300')"},
      {"interval", "('1 mon'), ('-1 day'), ('3 hours')"},
      {"inet", "('10.0.0.1'), ('::1'), ('10.0.0.0/8')"},
      {"int[]", "('{1,2}'), ('{}'), ('{1,null}')"},
      {"int4range", "('[1,3)'), ('empty'), ('(,5)')"},
      {"date", "('2026-01-01'), ('infinity')"},
  };
  PostgresChunkReader reader = chunk_reader(*server_);
  for (const auto& [type, values] : keys) {
    server_->exec("CREATE TABLE t (id " + type + " PRIMARY KEY); INSERT INTO t VALUES " + values);
    const auto plan = plan_of(reader, "t", {"id"});
    ChunkRequest request = first_chunk(plan, 100);
    const Chunk all = reader.read(request, {});
    Rows expected = rows_of(*plan, all);
    EXPECT_EQ(std::to_string(expected.size()), server_->value("SELECT count(*) FROM t")) << type;
    EXPECT_EQ(read_all(reader, plan, 1), expected) << type;

    // Each is found by its key, and each but the first lay behind the first.
    request.keys.clear();
    for (const std::string& key : expected)
      request.keys.emplace_back(RowKey{key}, KeyMark{});
    EXPECT_EQ(rows_of(*plan, reader.read(request, {})), expected) << type;
    for (auto& [key, mark] : request.keys)
      mark.undecided = KeyMark::From{key, RowKey{expected.front()}, RowKey{expected.back()}};
    expected.erase(expected.begin());
    EXPECT_EQ(rows_of(*plan, reader.read(request, {})), expected) << type;
    server_->exec("DROP TABLE t");
  }
}

TEST_F(PostgresChunkReaderTest, WhetherAKeyLayAheadGoesByTheColumnsCollation) {
  server_->exec(
      "CREATE TABLE t (kind int, id text COLLATE \"en-x-icu\", PRIMARY KEY (kind, id));"
      "INSERT INTO t VALUES (1, 'x'), (1, 'y')");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "t", {"id"});
  ChunkRequest request = first_chunk(plan, 10);
  // Among bytes 'B' stands before 'a', among letters behind it.
  const KeyMark from_b{KeyMark::Kind::straggler,
                       KeyMark::From{key_of({"1", "B"}), key_of({"1", "a"}), key_of({"1", "z"})}};
  const KeyMark from_a{KeyMark::Kind::straggler,
                       KeyMark::From{key_of({"1", "a"}), key_of({"1", "B"}), key_of({"1", "z"})}};
  request.keys = {{key_of({"1", "x"}), from_b}, {key_of({"1", "y"}), from_a}};
  EXPECT_EQ(rows_of(*plan, reader.read(request, {})), (Rows{"1|x"}));
}

TEST_F(PostgresChunkReaderTest, AKeyTypeWithOperatorsOutsideTheSearchPathKeepsItsOrder) {
  server_->exec(
      "CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions;"
      "CREATE TABLE t (id extensions.citext PRIMARY KEY);"
      "INSERT INTO t VALUES ('a'), ('B'), ('c'), ('D')");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "t", {"id"});
  EXPECT_EQ(read_all(reader, plan, 1), (Rows{"a", "B", "c", "D"}));
  ChunkRequest request = first_chunk(plan, 10);
  request.keys = {{key_of({"A"}), {}}};
  EXPECT_EQ(rows_of(*plan, reader.read(request, {})), (Rows{"a"}));
  server_->exec("DROP SCHEMA extensions CASCADE");
}

TEST_P(ChunkReaderVersionTest, TheKeysIndexIsUsed) {
  server_->exec(
      "CREATE TABLE t (a int, b int, c text, PRIMARY KEY (a, b));"
      "INSERT INTO t SELECT i, i, 'x' FROM generate_series(1, 20000) AS i");
  const auto index_scans = [&] {
    return std::stoi(
        server_->value("SELECT coalesce(sum(idx_scan), 0) FROM "
                       "pg_stat_user_tables WHERE relname = 't'"));
  };
  const auto table_scans = [&] {
    return std::stoi(
        server_->value("SELECT coalesce(sum(seq_scan), 0) FROM "
                       "pg_stat_user_tables WHERE relname = 't'"));
  };
  const int before = table_scans();
  {
    PostgresChunkReader reader = chunk_reader(*server_);
    ChunkRequest request = first_chunk(plan_of(reader, "t", {"c"}), 10);
    request.after = key_of({"9990", "9990"});
    reader.read(request, {});
    request.keys = {{key_of({"5", "5"}), {}}, {key_of({"6", "6"}), {}}};
    reader.read(request, {});
  }  // a session tells its counts when it ends
  EXPECT_TRUE(wait_until([&] { return index_scans() >= 4; })) << index_scans();
  EXPECT_EQ(table_scans(), before);
}

TEST_P(ChunkReaderVersionTest, BytesEndAChunkEarly) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY, note text);"
      "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) AS i");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "t", {"id", "note"});
  ChunkRequest request = first_chunk(plan, 1'000'000);
  request.most_bytes = 50'000;
  const Chunk chunk = reader.read(request, {});
  EXPECT_GE(chunk.text.size(), 50'000u);
  EXPECT_LT(chunk.text.size(), 52'000u);
  EXPECT_FALSE(chunk.end_of_leaf);
  EXPECT_EQ(chunk.through, key_of({std::to_string(chunk.ends.size())}));
  request.most_bytes = 1;
  request.after = chunk.through;
  EXPECT_EQ(reader.read(request, {}).ends.size(), 1u);
  request.most_bytes = 1'000'000;
  std::vector<std::string> rows;
  request.after.reset();
  for (;;) {
    const Chunk next = reader.read(request, {});
    for (const std::string& row : rows_of(*plan, next))
      rows.push_back(row.substr(0, row.find('|')));
    if (next.end_of_leaf) break;
    request.after = next.through;
  }
  ASSERT_EQ(rows.size(), 20'000u);
  for (size_t i = 0; i < rows.size(); ++i)
    ASSERT_EQ(rows[i], std::to_string(i + 1));
}

TEST_F(PostgresChunkReaderTest, AConditionLeavesOutRowsAndNeverTheEnd) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY, note text);"
      "INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 1000) AS i");
  ChunkReaderLimits limits;
  limits.rows_looked_at = 50;
  PostgresChunkReader reader = chunk_reader(*server_, nullptr, limits);
  const auto plan = plan_of(reader, "t", {"id"});
  EXPECT_EQ(read_all(reader, plan, 40, "id IN (7, 8, 777) -- a few").size(), 3u);
  EXPECT_EQ(read_all(reader, plan, 40, "t.note = '3'").size(), 100u);
  EXPECT_TRUE(read_all(reader, plan, 40, "false").empty());
  // Many short chunks within what one look found.
  EXPECT_EQ(read_all(reader, plan, 3, "id > 900").size(), 100u);
  // What would take long is taken in pieces: an empty chunk goes on behind what was looked at.
  ChunkRequest request = first_chunk(plan, 40);
  request.where = "false";
  const Chunk chunk = reader.read(request, {});
  EXPECT_EQ(chunk.through, key_of({"50"}));
  EXPECT_FALSE(chunk.end_of_leaf);
}

TEST_F(PostgresChunkReaderTest, AConditionIsOneExpression) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'hush')");
  PostgresChunkReader reader = chunk_reader(*server_);
  ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  for (const char* where : {"nothing = 1", "note::int = 1", "id =", "1 / (id - 1) = 1",
                            "true)) TO STDOUT; DROP TABLE t; COPY (SELECT 1 WHERE (true"}) {
    request.where = where;
    const auto fault = read_fault(reader, request);
    ASSERT_TRUE(fault) << where;
    EXPECT_EQ(fault->kind(), ErrorKind::failure) << where;
    EXPECT_EQ(fault->describe().find("hush"), std::string::npos) << fault->describe();
  }
  request.where = "id = 1";
  EXPECT_EQ(reader.read(request, {}).text, "1\n");
}

TEST_P(ChunkReaderVersionTest, AnOpenTransactionIsNotInTheSnapshot) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  pqxx::connection writer = server_->connect();
  pqxx::work open(writer);
  open.exec("INSERT INTO t VALUES (2)");
  const auto xid = static_cast<uint32_t>(open.exec("SELECT txid_current()")[0][0].as<int64_t>());
  const Chunk during = reader.read(request, {});
  ASSERT_TRUE(during.snapshot);
  EXPECT_FALSE(during.snapshot->sees(xid));
  EXPECT_EQ(during.text, "1\n");
  const RunningTransactions running = reader.running();
  EXPECT_LE(running.oldest, xid);
  EXPECT_GT(running.next, xid);
  open.commit();
  const Lsn end = Lsn::parse(server_->value("SELECT pg_current_wal_insert_lsn()")).value();
  const Chunk after = reader.read(request, {});
  EXPECT_TRUE(after.snapshot->sees(xid));
  EXPECT_EQ(after.text, "1\n2\n");
  EXPECT_GE(after.cut.value + 40, end.value);
  EXPECT_GE(reader.running().oldest, running.next);
  EXPECT_GT(after.settled_at, SteadyTime{});
  server_->value("SELECT pg_logical_emit_message(true, 'x', 'x')");  // its commit is flushed
  EXPECT_GE(reader.flushed(), after.cut);
}

// The next record would begin behind the header of the next page, where the flushed WAL does not
// reach before something is written.
TEST_P(ChunkReaderVersionTest, ACutAtTheEndOfAWalPageIsReached) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  pqxx::connection session = server_->connect();
  pqxx::nontransaction work(session);
  const auto written = [&](uint64_t bytes) {
    work.exec("SELECT pg_logical_emit_message(false, 'x', repeat('x', " + std::to_string(bytes) +
              "))");
    return Lsn::parse(work.exec("SELECT pg_current_wal_insert_lsn()")[0][0].as<std::string>())
        .value()
        .value;
  };
  constexpr uint64_t kPage = 8192;
  constexpr uint64_t kMessage = 800;
  const auto fill_page = [&] {
    const uint64_t before = written(kMessage);
    const uint64_t at = written(kMessage);
    const uint64_t overhead = at - before - kMessage;
    const uint64_t left = kPage - at % kPage;
    if (overhead > 200 || left < overhead + kMessage) return false;
    return written(left - overhead) % kPage == 24;
  };
  ASSERT_TRUE(wait_until(fill_page));
  const Chunk chunk = reader.read(request, {});
  EXPECT_EQ(chunk.cut.value % kPage, 0u);
  EXPECT_TRUE(wait_until([&] { return reader.flushed() >= chunk.cut; }));
}

TEST_P(ChunkReaderVersionTest, APreparedTransactionIsRunning) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  server_->exec("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'later'");
  const auto xid = static_cast<uint32_t>(
      std::stoul(server_->value("SELECT transaction FROM pg_prepared_xacts")));
  EXPECT_FALSE(reader.read(request, {}).snapshot->sees(xid));
  const RunningTransactions running = reader.running();
  EXPECT_GT(running.next, xid);
  EXPECT_LE(running.oldest, xid);
  server_->exec("COMMIT PREPARED 'later'");
  EXPECT_TRUE(reader.read(request, {}).snapshot->sees(xid));
}

TEST_P(ChunkReaderVersionTest, ACommitThatWaitsForAReplicaIsRunning) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  server_->configure({{"synchronous_standby_names", "'nobody'"}});
  server_->reload();
  std::thread waiting([this] {
    try {
      server_->exec("SET application_name = 'waiting'; INSERT INTO t VALUES (1)");
    } catch (const std::exception&) {  // the wait is ended below
    }
  });
  const auto waits = [this] {
    return server_->value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") ==
           "1";
  };
  const bool waited = wait_until(waits);
  const auto xid = static_cast<uint32_t>(std::stoul(
      server_->value("SELECT coalesce(max(transactionid::text::int8), 0) FROM pg_locks WHERE "
                     "locktype = 'transactionid'")));
  const Chunk chunk = reader.read(request, {});
  const RunningTransactions running = reader.running();
  server_->configure({{"synchronous_standby_names", "''"}});
  server_->reload();
  waiting.join();
  ASSERT_TRUE(waited);
  EXPECT_FALSE(chunk.snapshot->sees(xid));
  EXPECT_EQ(chunk.text, "");
  EXPECT_GT(running.next, xid);
  EXPECT_LE(running.oldest, xid);
}

TEST_F(PostgresChunkReaderTest, ALostConnectionIsTransientAndTheNextCallMakesAnother) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  reader.running();
  reader.read(request, {});
  const auto kill = [this] {
    server_->query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
        "application_name = 'waltrack'");
  };
  kill();
  const auto fault = read_fault(reader, request);
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_transient());
  EXPECT_EQ(reader.read(request, {}).text, "1\n");
  kill();
  EXPECT_THROW(reader.running(), Error);
  EXPECT_GT(reader.running().next, 0u);
  EXPECT_THROW(reader.flushed(), Error);
  EXPECT_FALSE(reader.flushed().is_none());
}

// A table that is rewritten behind the snapshot looks empty to it.
TEST_F(PostgresChunkReaderTest, ATableThatIsRewrittenMeanwhileIsReadAgain) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  pqxx::connection other = server_->connect();
  pqxx::work alter(other);
  alter.exec("ALTER TABLE t ADD more float8 DEFAULT random()");
  std::optional<Error> fault;
  std::jthread reading([&] { fault = read_fault(reader, request); });
  ASSERT_TRUE(wait_until(
      [&] { return server_->value("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0"; }));
  alter.commit();
  reading.join();
  ASSERT_TRUE(fault) << "it took the empty table for the end";
  EXPECT_TRUE(fault->is_transient());
  EXPECT_EQ(reader.read(request, {}).text, "1\n2\n");
}

TEST_F(PostgresChunkReaderTest, AStopEndsTheWaitForALock) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  pqxx::connection other = server_->connect();
  pqxx::work work(other);
  work.exec("LOCK TABLE t");
  std::stop_source stop;
  std::jthread person([&] {
    if (wait_until([&] {
          return server_->value("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0";
        })) {
      stop.request_stop();
    }
  });
  const auto fault = read_fault(reader, request, stop.get_token());
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_transient());
  work.abort();
  EXPECT_TRUE(wait_until([&] {
    return server_->value(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
               "'waltrack' AND state = 'active'") == "0";
  }));
}

TEST_F(PostgresChunkReaderTest, AStopEndsRowsThatComeForEver) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)");
  PostgresChunkReader reader = chunk_reader(*server_);
  ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  request.where = "id = 1 OR pg_sleep(60) IS NULL";
  std::stop_source stop;
  std::jthread person([&] {
    if (wait_until([&] {
          return server_->value(
                     "SELECT count(*) FROM pg_stat_activity WHERE wait_event = "
                     "'PgSleep'") != "0";
        })) {
      stop.request_stop();
    }
  });
  const auto fault = read_fault(reader, request, stop.get_token());
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_transient());
  EXPECT_TRUE(wait_until([&] {
    return server_->value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") ==
           "0";
  }));
}

TEST_F(PostgresChunkReaderTest, AStatementThatTakesTooLongIsTransient) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  ChunkReaderLimits limits;
  limits.statement_timeout = 100ms;
  PostgresChunkReader reader = chunk_reader(*server_, nullptr, limits);
  ChunkRequest request = first_chunk(plan_of(reader, "t", {"id"}), 10);
  request.where = "pg_sleep(60) IS NULL";
  const auto fault = read_fault(reader, request);
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_transient());
  request.where.clear();
  EXPECT_EQ(reader.read(request, {}).text, "1\n");
}

TEST_F(PostgresChunkReaderTest, SelectIsAllTheRoleNeeds) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'a');"
      "CREATE TABLE loose (note text); INSERT INTO loose VALUES ('b');"
      "CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA public TO clerk;"
      "GRANT SELECT ON t, loose TO clerk");
  SourceSettings settings;
  settings.url = server_->conninfo("postgres", "clerk");
  PostgresChunkReader reader(settings, system_identifier(*server_));
  EXPECT_EQ(read_all(reader, plan_of(reader, "t", {"note"}), 10), (Rows{"1|a"}));
  EXPECT_EQ(read_all(reader, plan_of(reader, "loose", {"note"}), 10), (Rows{"b|(0,1)"}));
  EXPECT_GT(reader.running().next, 0u);
  EXPECT_FALSE(reader.flushed().is_none());
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"note"}), 10);
  server_->exec("REVOKE SELECT ON t FROM clerk");
  const auto fault = read_fault(reader, request);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind(), ErrorKind::failure);
  EXPECT_NE(fault->hint().find("GRANT SELECT ON"), std::string::npos);
  server_->exec("DROP OWNED BY clerk; DROP ROLE clerk");
}

TEST_F(PostgresChunkReaderTest, AnotherServerIsRefused) {
  SourceSettings settings;
  settings.url = server_->conninfo();
  PostgresChunkReader reader(settings, system_identifier(*server_) + 1);
  try {
    reader.running();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_NE(error.describe().find("another server"), std::string::npos);
  }
  EXPECT_THROW(reader.plan({"public", "t"}, {}), Error);
}

TEST_F(PostgresChunkReaderTest, ATableThatIsDroppedMeanwhileIsAFailure) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY, note text)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const ChunkRequest request = first_chunk(plan_of(reader, "t", {"note"}), 10);
  server_->exec("INSERT INTO t VALUES (1); ALTER TABLE t DROP COLUMN note");
  auto fault = read_fault(reader, request);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind(), ErrorKind::failure);
  server_->exec("DROP TABLE t");
  fault = read_fault(reader, request);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind(), ErrorKind::failure);
  EXPECT_NE(fault->describe().find("public.t"), std::string::npos);
}

TEST_F(PostgresChunkReaderTest, PartitionsAreReadLeafByLeafAndStragglersInAnyOfThem) {
  server_->exec(
      "CREATE TABLE t (id int, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);"
      "CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a');"
      "CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b') PARTITION BY RANGE (id);"
      "CREATE TABLE t_b1 PARTITION OF t_b FOR VALUES FROM (0) TO (100);"
      "INSERT INTO t SELECT i, k FROM generate_series(1, 5) AS i, unnest('{a,b}'::text[]) AS k");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "t", {"id"});
  EXPECT_EQ(read_all(reader, plan, 2),
            (Rows{"1|a", "2|a", "3|a", "4|a", "5|a", "1|b", "2|b", "3|b", "4|b", "5|b"}));
  ChunkRequest request = first_chunk(plan, 1);
  request.keys = {{key_of({"2", "b"}), {}}, {key_of({"4", "a"}), {}}, {key_of({"9", "a"}), {}}};
  const Chunk chunk = reader.read(request, {});
  EXPECT_EQ(rows_of(*plan, chunk), (Rows{"2|b", "4|a"}));
  EXPECT_TRUE(chunk.end_of_leaf);
}

TEST_F(PostgresChunkReaderTest, RowsOfHeirsAreNotTheTables) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE heir () INHERITS (t);"
      "INSERT INTO t VALUES (1); INSERT INTO heir VALUES (2)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "t", {"id"});
  EXPECT_EQ(read_all(reader, plan, 10), (Rows{"1"}));
  ChunkRequest request = first_chunk(plan, 10);
  request.keys = {{key_of({"1"}), {}}, {key_of({"2"}), {}}};
  EXPECT_EQ(rows_of(*plan, reader.read(request, {})), (Rows{"1"}));
}

TEST_P(ChunkReaderVersionTest, ATableWithoutAKeyIsReadInOneSnapshot) {
  server_->exec(
      "CREATE TABLE t (note text);"
      "INSERT INTO t SELECT 'n' || i FROM generate_series(1, 30000) AS i");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "t", {"note"});
  ASSERT_TRUE(plan->by_place);
  ChunkRequest request = first_chunk(plan, 1000);
  const Chunk first = reader.read(request, {});
  EXPECT_FALSE(first.end_of_leaf);
  std::vector<std::string> notes = rows_of(*plan, first);
  server_->exec("UPDATE t SET note = 'new'; INSERT INTO t VALUES ('later')");
  request.after = first.through;
  request.last = first.last;
  for (bool end = false; !end;) {
    const Chunk chunk = reader.read(request, {});
    EXPECT_EQ(chunk.snapshot->xmax, first.snapshot->xmax);
    EXPECT_EQ(chunk.cut, first.cut);
    EXPECT_EQ(chunk.settled_at, first.settled_at);
    EXPECT_EQ(chunk.last, first.last);
    for (const std::string& row : rows_of(*plan, chunk))
      notes.push_back(row);
    request.after = chunk.through;
    end = chunk.end_of_leaf;
  }
  ASSERT_EQ(notes.size(), 30'000u);
  for (size_t i = 0; i < notes.size(); ++i) {
    const std::string note = "n" + std::to_string(i + 1) + "|(";
    ASSERT_EQ(notes[i].substr(0, note.size()), note);
  }
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                           "'waltrack' AND state LIKE 'idle in transaction%'"),
            "0");
}

TEST_F(PostgresChunkReaderTest, APlaceIsOfNoUseWithoutItsSnapshot) {
  server_->exec(
      "CREATE TABLE t (note text); CREATE TABLE other (id int PRIMARY KEY);"
      "INSERT INTO t SELECT repeat('x', 100) FROM generate_series(1, 30000) AS i");
  PostgresChunkReader reader = chunk_reader(*server_);
  const auto plan = plan_of(reader, "t", {"note"});
  const auto others = plan_of(reader, "other", {});
  ChunkRequest request = first_chunk(plan, 1000);
  request.after = reader.read(request, {}).through;
  EXPECT_EQ(read_fault(reader, request), std::nullopt);
  reader.read(first_chunk(others, 1), {});
  const auto fault = read_fault(reader, request);
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_transient());
  request.after.reset();
  EXPECT_EQ(read_fault(reader, request), std::nullopt);
}

TEST_F(PostgresChunkReaderTest, BytesEndAChunkOfPlacesEarlyToo) {
  server_->exec(
      "CREATE TABLE t (id int, note text);"
      "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 2000) AS i");
  PostgresChunkReader reader = chunk_reader(*server_);
  ChunkRequest request = first_chunk(plan_of(reader, "t", {"id", "note"}), 100'000);
  request.most_bytes = 10'500;
  std::vector<int> ids;
  for (bool end = false; !end;) {
    const Chunk chunk = reader.read(request, {});
    EXPECT_LT(chunk.text.size(), 12'000u);
    for (const std::string& row : rows_of(*request.plan, chunk))
      ids.push_back(std::stoi(row));
    request.after = chunk.through;
    end = chunk.end_of_leaf;
  }
  ASSERT_EQ(ids.size(), 2000u);
  for (int i = 0; i < 2000; ++i)
    ASSERT_EQ(ids[static_cast<size_t>(i)], i + 1);
}

TEST_F(PostgresChunkReaderTest, AnEmptyTableWithoutAKeyEnds) {
  server_->exec("CREATE TABLE t (note text)");
  PostgresChunkReader reader = chunk_reader(*server_);
  const Chunk chunk = reader.read(first_chunk(plan_of(reader, "t", {"note"}), 10), {});
  EXPECT_TRUE(chunk.end_of_leaf);
  EXPECT_EQ(chunk.last, std::nullopt);
  EXPECT_EQ(chunk.through, std::nullopt);
}

}  // namespace waltrack
