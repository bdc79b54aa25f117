#include "postgres/postgres_source.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/wakeup.hpp"
#include "postgres/pg_quote.hpp"
#include "support/plugin_refusal.hpp"
#include "support/postgres_server.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

// A source on a slot of its own, and what it read so far: "begin", "insert orders 1", "commit".
class Reader {
 public:
  Reader(const PostgresServer& server, PluginChoice plugin, std::vector<TableName> tables,
         std::vector<std::string> prefixes = {}, const std::string& role = "postgres") {
    settings_.url = server.conninfo("postgres", role);
    settings_.plugin = plugin;
    settings_.followed = {std::move(tables), {}, std::move(prefixes)};
    slot_ = prepare_slot(settings_, true);
    identity_ = read_server_identity(settings_.url);
    confirmed_ = slot_.confirmed;
  }

  // Before the source is first used.
  void use_url(std::string url) { settings_.url = std::move(url); }

  PostgresSource& source() {
    if (!source_) source_ = make_source(identity_);
    return *source_;
  }
  std::unique_ptr<PostgresSource> make_source(const ServerIdentity& server) {
    return std::make_unique<PostgresSource>(settings_, slot_.plugin, server, catalog());
  }
  void open() { source().open(confirmed_); }

  // Reads and confirms until `condition` holds.
  template <typename Condition>
  [[nodiscard]] bool read_until(Condition&& condition, bool confirm = true) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      StreamItem item;
      if (!source().next(item)) {
        source().wait(wakeup_.fd(), 50ms, true);
      } else {
        take(item);
      }
      source().report(confirm ? confirmed_ : slot_.confirmed, wants_reply_);
      wants_reply_ = false;
    }
    return true;
  }
  [[nodiscard]] bool read_commits(int count) {
    return read_until([&] { return commits_ >= count; });
  }
  // Reads until the stream ends, and tells how.
  Error read_to_the_end() {
    try {
      if (!read_until([] { return false; })) throw std::runtime_error("the stream does not end");
    } catch (const Error& error) {
      return error;
    }
    throw std::runtime_error("not reached");
  }

  const std::vector<std::string>& read() const { return read_; }

  // Where a row stands in its transaction.
  struct Place {
    Op op;
    Lsn lsn;
    std::string table;
    uint32_t ordinal = 0;
  };
  // Of the last transaction that had any.
  const std::vector<Place>& places() const { return places_; }
  void confirm_only(Lsn lsn) { confirmed_ = lsn; }
  void forget() {
    read_.clear();
    commits_ = 0;
    last_commit_ = last_end_ = {};
    ends_.clear();
  }
  // What each transaction allows to confirm.
  const std::vector<Lsn>& ends() const { return ends_; }
  Lsn confirmed() const { return confirmed_; }
  Lsn last_keepalive() const { return last_keepalive_; }
  const PreparedSlot& slot() const { return slot_; }
  Wakeup& wakeup() { return wakeup_; }

 private:
  Catalog& catalog() {
    if (!catalog_) catalog_ = std::make_unique<Catalog>(settings_.url);
    return *catalog_;
  }

  void take(const StreamItem& item) {
    switch (item.kind) {
      case StreamItem::Kind::begin:
        begins_ = true;
        return;
      case StreamItem::Kind::change: {
        const auto row = item.change.new_row.empty() ? item.change.old_row : item.change.new_row;
        std::string line = std::string(op_name(item.change.op)) + " " + item.change.table->name;
        if (!row.empty()) line.append(" ").append(row[0].text);
        read_.push_back(line);
        if (std::exchange(begins_, false)) places_.clear();
        places_.push_back(
            {item.change.op, item.change.lsn, item.change.table->full_name(), item.change.ordinal});
        return;
      }
      case StreamItem::Kind::commit:
        ++commits_;
        EXPECT_GT(item.transaction.commit_lsn, last_commit_) << "commits come in the WAL's order";
        EXPECT_GE(item.transaction.commit_lsn, last_end_);
        EXPECT_GT(item.end_lsn, item.transaction.commit_lsn);
        last_commit_ = item.transaction.commit_lsn;
        last_end_ = item.end_lsn;
        ends_.push_back(item.end_lsn);
        confirmed_ = std::max(confirmed_, item.end_lsn);
        return;
      case StreamItem::Kind::keepalive:
        last_keepalive_ = item.end_lsn;
        confirmed_ = std::max(confirmed_, item.end_lsn);
        wants_reply_ = item.reply_requested;
        return;
    }
  }

  SourceSettings settings_;
  PreparedSlot slot_;
  ServerIdentity identity_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<PostgresSource> source_;
  Wakeup wakeup_;
  std::vector<std::string> read_;
  bool begins_ = false;
  std::vector<Place> places_;
  int commits_ = 0;
  bool wants_reply_ = false;
  Lsn confirmed_;
  Lsn last_commit_;
  Lsn last_end_;
  std::vector<Lsn> ends_;
  Lsn last_keepalive_;
};

using Lines = std::vector<std::string>;

class PostgresSourceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec("CREATE TABLE orders (id int PRIMARY KEY, note text)");
    server_->exec("CREATE DATABASE busy");
    server_->exec("CREATE TABLE noise (text text)", "busy");
    server_->exec("CREATE ROLE tracker LOGIN REPLICATION");
  }
  static void TearDownTestSuite() { server_.reset(); }

  void TearDown() override {
    const auto drop = [] {
      try {
        server_->exec("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        return true;
      } catch (const pqxx::failure&) {
        return false;  // still read by what the test has just closed
      }
    };
    EXPECT_TRUE(wait_until(drop));
    server_->exec("DROP PUBLICATION IF EXISTS waltrack");
    server_->exec("TRUNCATE orders");
  }

  static const std::vector<TableName>& orders() {
    static const std::vector<TableName> tables = {{"public", "orders"}};
    return tables;
  }

  static std::string emit(const std::string& prefix, const std::string& content,
                          bool transactional = false) {
    return std::string("SELECT pg_logical_emit_message(") + (transactional ? "true" : "false") +
           ", " + quote_literal(prefix) + ", " + content + ")";
  }
  // Opens as soon as the connection before has let go of the slot.
  static void reopen(Reader& reader) {
    EXPECT_TRUE(wait_until([&] {
      try {
        reader.open();
        return true;
      } catch (const Error& error) {
        EXPECT_TRUE(error.is_transient()) << error.describe();
        return false;
      }
    }));
  }

  static std::unique_ptr<PostgresServer> server_;
};
std::unique_ptr<PostgresServer> PostgresSourceTest::server_;

class EachPlugin : public PostgresSourceTest, public testing::WithParamInterface<PluginChoice> {};
INSTANTIATE_TEST_SUITE_P(Plugins, EachPlugin,
                         testing::Values(PluginChoice::wal2json, PluginChoice::pgoutput),
                         [](const auto& plugin) {
                           return plugin.param == PluginChoice::wal2json ? "wal2json" : "pgoutput";
                         });

Error refusal(PostgresSource& source, Lsn start) {
  try {
    source.open(start);
  } catch (const Error& error) {
    return error;
  }
  throw std::runtime_error("it opened");
}

bool says(const Error& error, std::string_view part) {
  return error.describe().find(part) != std::string::npos;
}

}  // namespace

TEST_P(EachPlugin, WhatWasCommittedComesAndWhatWasRolledBackDoesNot) {
  Reader reader(*server_, GetParam(), orders());
  reader.open();
  server_->exec_in_transaction({"INSERT INTO orders VALUES (1), (2)",
                                "UPDATE orders SET note = 'x' WHERE id = 2",
                                "DELETE FROM orders WHERE id = 1"});
  EXPECT_ANY_THROW(server_->exec_in_transaction({"INSERT INTO orders VALUES (3)", "SELECT 1 / 0"}));
  server_->exec("INSERT INTO orders VALUES (4)");
  ASSERT_TRUE(reader.read_until([&] { return reader.read().size() >= 5; }));
  EXPECT_EQ(reader.read(), (Lines{"insert orders 1", "insert orders 2", "update orders 2",
                                  "delete orders 1", "insert orders 4"}));
}

TEST_P(EachPlugin, StreamingGoesOnWhereTheCheckpointIs) {
  Reader reader(*server_, GetParam(), orders());
  reader.open();
  server_->exec("INSERT INTO orders VALUES (1)");
  ASSERT_TRUE(reader.read_until([&] { return reader.read().size() == 1; }));
  ASSERT_TRUE(reader.read_commits(1));
  reader.source().close();
  server_->exec("INSERT INTO orders VALUES (2)");
  reader.forget();
  reopen(reader);
  ASSERT_TRUE(reader.read_until([&] { return reader.read().size() == 1; }));
  EXPECT_EQ(reader.read(), (Lines{"insert orders 2"}));
}

TEST_P(EachPlugin, AQuietTableFollowsABusyServer) {
  Reader reader(*server_, GetParam(), orders());
  reader.open();
  server_->exec("INSERT INTO noise SELECT repeat('x', 1000) FROM generate_series(1, 2000)", "busy");
  const Lsn busy = *Lsn::parse(server_->value("SELECT pg_current_wal_flush_lsn()"));
  ASSERT_TRUE(reader.read_until([&] { return reader.confirmed() >= busy; }));
  ASSERT_TRUE(reader.read_until([&] {
    return server_->value("SELECT confirmed_flush_lsn >= '" + busy.text() +
                          "' FROM pg_replication_slots") == "t";
  }));
  EXPECT_TRUE(reader.read().empty());
}

TEST_P(EachPlugin, ChangesOfAPartitionThatCameLaterArrive) {
  server_->exec("CREATE TABLE visits (id int PRIMARY KEY) PARTITION BY RANGE (id)");
  Reader reader(*server_, GetParam(), {{"public", "visits"}});
  reader.open();
  server_->exec("CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (100)");
  server_->exec("INSERT INTO visits VALUES (7)");
  const bool arrived = reader.read_until([&] { return !reader.read().empty(); });
  reader.source().close();
  server_->exec("DROP TABLE visits");
  ASSERT_TRUE(arrived);
  EXPECT_EQ(reader.read(), (Lines{"insert visits 7"}));
}

TEST_P(EachPlugin, TablesWithOddNamesArrive) {
  const std::string odd = R"(it's a "table", x.y *\z)";
  server_->exec(R"(CREATE TABLE "it's a ""table"", x.y *\z" (id int PRIMARY KEY))");
  Reader reader(*server_, GetParam(), {{"public", odd}});
  reader.open();
  server_->exec(R"(INSERT INTO "it's a ""table"", x.y *\z" VALUES (1))");
  const bool arrived = reader.read_until([&] { return !reader.read().empty(); });
  reader.source().close();
  server_->exec(R"(DROP TABLE "it's a ""table"", x.y *\z")");
  ASSERT_TRUE(arrived);
  EXPECT_EQ(reader.read(), (Lines{"insert " + odd + " 1"}));
}

TEST_P(EachPlugin, MessagesComeWithoutAnyTable) {
  Reader reader(*server_, GetParam(), {}, {"shop"});
  reader.open();
  server_->exec_in_transaction({"INSERT INTO orders VALUES (1)", emit("shop", "'kept'", true),
                                emit("other", "'of others'", true), "TRUNCATE orders"});
  EXPECT_ANY_THROW(server_->exec_in_transaction(
      {emit("shop", "'rolled back'", true), emit("shop", "'at once'"), "SELECT 1 / 0"}));
  server_->exec(emit("shop", "'alone'"));
  server_->exec(emit("shop", "'last'", true));
  ASSERT_TRUE(reader.read_until([&] { return reader.read().size() >= 4; }));
  EXPECT_EQ(reader.read(), (Lines{"message shop kept", "message shop at once", "message shop alone",
                                  "message shop last"}));
}

TEST_P(EachPlugin, NoMessagesComeWhereNoneAreFollowed) {
  Reader reader(*server_, GetParam(), orders());
  reader.open();
  server_->exec(emit("shop", "'x'", true));
  server_->exec(emit("none", "'x'", true));
  server_->exec("INSERT INTO orders VALUES (1)");
  ASSERT_TRUE(reader.read_until([&] { return !reader.read().empty(); }));
  EXPECT_EQ(reader.read(), (Lines{"insert orders 1"}));
}

TEST_P(EachPlugin, PrefixesThatCannotBeListedAreFollowedAsWell) {
  for (const std::string odd : {"it's, \"odd\" *\\", "", "näïve😀.*"}) {
    Reader reader(*server_, GetParam(), orders(), {odd, "shop"});
    reader.open();
    server_->exec(emit("it", "'of others'", true));
    server_->exec(emit("odd", "'of others'", true));
    server_->exec(emit(odd, "'odd'", true));
    server_->exec(emit("shop", "'plain'", true));
    ASSERT_TRUE(reader.read_until([&] { return reader.read().size() == 2; })) << odd;
    EXPECT_EQ(reader.read(), (Lines{"message " + odd + " odd", "message shop plain"}));
    reader.source().close();
    TearDown();
  }
}

TEST_P(EachPlugin, AMessageThatIsNotTextDoesNotEndTheStream) {
  Reader reader(*server_, GetParam(), {}, {"shop"});
  reader.open();
  server_->exec(emit("shop", R"('\x61ffc322'::bytea)", true));
  server_->exec(emit("shop", "''", true));
  server_->exec(emit("shop", "repeat('long', 2000000)", true));
  server_->exec(emit("shop", "'plain'", true));
  ASSERT_TRUE(reader.read_until([&] { return reader.read().size() == 4; }));
  EXPECT_EQ(reader.read()[0], "message shop a\uFFFD\uFFFD\"");
  EXPECT_EQ(reader.read()[1], "message shop ");
  EXPECT_EQ(reader.read()[2].size(), std::string("message shop ").size() + 8'000'000);
  EXPECT_EQ(reader.read()[3], "message shop plain");
}

// Right behind the message stands another one, and before it the first row of a transaction that
// commits later.
TEST_P(EachPlugin, ConfirmingAMessageNeitherRepeatsItNorLosesWhatComesNext) {
  Reader reader(*server_, GetParam(), orders(), {"shop"});
  reader.open();
  pqxx::connection connection = server_->connect();
  for (int id = 0; id < 40; id += 2) {  // records end at other places of a page each time
    const std::string first = "insert orders " + std::to_string(id);
    const std::string second = "insert orders " + std::to_string(id + 1);
    pqxx::work work(connection);
    work.exec("INSERT INTO orders VALUES (" + std::to_string(id) + ")");
    const std::string told = work.exec(emit("shop", "repeat('x', 900)")).front()[0].c_str();
    work.exec(emit("shop", "'next'"));
    server_->exec("INSERT INTO orders VALUES (" + std::to_string(id + 1) + ")");  // flushes
    ASSERT_TRUE(reader.read_until([&] { return reader.read().size() == 3; }, /*confirm=*/false));
    EXPECT_TRUE(reader.read()[0].starts_with("message shop x"));
    EXPECT_EQ(std::ranges::count(reader.ends(), told, &Lsn::text), 1);

    reader.source().close();
    reader.forget();
    reader.confirm_only(*Lsn::parse(told));
    reopen(reader);
    reader.source().report(reader.confirmed(), true);
    ASSERT_TRUE(wait_until([&] {
      return server_->value("SELECT confirmed_flush_lsn FROM pg_replication_slots") == told;
    }));
    reader.source().close();
    reopen(reader);
    work.commit();
    ASSERT_TRUE(reader.read_until([&] { return reader.read().size() >= 3; }));
    EXPECT_EQ(reader.read(), (Lines{"message shop next", second, first}));
    reader.forget();
  }
}

TEST_F(PostgresSourceTest, ASlotInUseIsTransient) {
  Reader reader(*server_, PluginChoice::wal2json, orders());
  reader.open();
  const Error error =
      refusal(*reader.make_source(read_server_identity(server_->conninfo())), reader.confirmed());
  EXPECT_TRUE(error.is_transient());
  EXPECT_TRUE(says(error, "is active for PID")) << error.describe();
}

TEST_F(PostgresSourceTest, AnotherServerIsRefusedNamingBoth) {
  Reader reader(*server_, PluginChoice::wal2json, orders());
  ServerIdentity other;
  other.system_identifier = 42;
  const Error error = refusal(*reader.make_source(other), reader.confirmed());
  EXPECT_FALSE(error.is_transient());
  EXPECT_TRUE(says(error, "state file belongs to 42")) << error.describe();
  EXPECT_TRUE(says(error, server_->value("SELECT system_identifier FROM pg_control_system()")));
}

TEST_F(PostgresSourceTest, AServerBehindTheCheckpointIsRefused) {
  Reader reader(*server_, PluginChoice::wal2json, orders());
  const Error error = refusal(reader.source(), Lsn{reader.confirmed().value + (1ull << 40)});
  EXPECT_FALSE(error.is_transient());
  EXPECT_TRUE(says(error, "behind the checkpoint")) << error.describe();
}

TEST_F(PostgresSourceTest, ASlotAheadOfTheCheckpointIsRefused) {
  Reader reader(*server_, PluginChoice::wal2json, orders());
  const Error error = refusal(reader.source(), Lsn{reader.confirmed().value - 1});
  EXPECT_FALSE(error.is_transient());
  EXPECT_TRUE(says(error, "beyond the checkpoint")) << error.describe();
}

TEST_F(PostgresSourceTest, AMissingSlotEndsTheRun) {
  Reader reader(*server_, PluginChoice::wal2json, orders());
  server_->exec("SELECT pg_drop_replication_slot('waltrack')");
  const Error error = refusal(reader.source(), reader.confirmed());
  EXPECT_FALSE(error.is_transient());
  EXPECT_TRUE(says(error, "replication slot \"waltrack\" does not exist")) << error.describe();
}

TEST_F(PostgresSourceTest, ARefusedPluginOfAnExistingSlotEndsTheRunWithTheFix) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  Reader reader(*server_, PluginChoice::wal2json, orders(), {}, "tracker");
  server_->configure({{"output_plugin_libraries", "'pgoutput, test_decoding'"}});
  server_->reload();
  const Error error = refusal(reader.source(), reader.confirmed());
  server_->configure({{"output_plugin_libraries", "'pgoutput, test_decoding, wal2json'"}});
  server_->reload();
  EXPECT_FALSE(error.is_transient());
  EXPECT_TRUE(says(error, "SET output_plugin_libraries = pgoutput, test_decoding, wal2json;"))
      << error.describe();
}

TEST_F(PostgresSourceTest, ATerminatedConnectionIsTransient) {
  Reader reader(*server_, PluginChoice::wal2json, orders());
  reader.open();
  server_->exec("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
  const Error error = reader.read_to_the_end();
  EXPECT_TRUE(error.is_transient()) << error.describe();
}

TEST_F(PostgresSourceTest, CountsTheChangesThatWal2jsonLeavesOut) {
  server_->exec("CREATE TABLE clicks (id int)");
  Reader reader(*server_, PluginChoice::wal2json, {{"public", "clicks"}});
  reader.open();
  server_->exec("INSERT INTO clicks VALUES (1), (2), (3)");
  server_->exec("UPDATE clicks SET id = id + 10");
  const bool done = reader.read_commits(2);
  reader.source().close();
  server_->exec("DROP TABLE clicks");
  ASSERT_TRUE(done);
  EXPECT_EQ(reader.source().skipped_tables(), (std::vector<SkippedTable>{{"public.clicks", 3, 0}}));
  EXPECT_EQ(reader.read().size(), 3u);
}

TEST_F(PostgresSourceTest, AWakeEndsAWaitThatDoesNotListen) {
  Reader reader(*server_, PluginChoice::pgoutput, orders());
  reader.open();
  reader.wakeup().wake();
  const auto before = std::chrono::steady_clock::now();
  reader.source().wait(reader.wakeup().fd(), 9s, false);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 8s);
}

TEST(PostgresSourceThatFollows, OnlyWhatTheStreamDoesNotBringNeedsANewOne) {
  const std::vector<TableName> tables = {{"public", "a"}, {"public", "b"}};
  const TableGlob glob{{"public", false}, {"c_*", true}};
  Catalog catalog("");
  for (const Plugin plugin : {Plugin::wal2json, Plugin::pgoutput}) {
    SCOPED_TRACE(plugin_name(plugin));
    const bool fixed = plugin == Plugin::wal2json;  // what it sends, for a connection
    SourceSettings settings;
    settings.followed.tables = tables;
    PostgresSource source(settings, plugin, ServerIdentity{}, catalog);
    EXPECT_FALSE(source.follow({tables, {}, {}}));
    EXPECT_FALSE(source.follow({{tables[1], tables[0]}, {}, {}}));
    EXPECT_EQ(source.follow({{tables[1]}, {}, {}}), fixed);
    EXPECT_EQ(source.follow({tables, {}, {}}), fixed);
    EXPECT_EQ(source.follow({tables, {glob}, {}}), fixed);
    EXPECT_FALSE(source.follow({tables, {glob}, {}}));
    EXPECT_TRUE(source.follow({tables, {glob}, {"billing"}}));
    EXPECT_TRUE(source.follow({tables, {glob}, {"billing", "shop"}}));
    EXPECT_FALSE(source.follow({tables, {glob}, {"shop", "billing"}}));
  }
}

TEST(PostgresSourceUnderBackPressure, StatusGoesOnWhileNothingIsRead) {
  PostgresOptions options;
  options.settings = {{"wal_sender_timeout", "1500ms"}};
  PostgresServer server(options);
  server.exec("CREATE TABLE orders (id int PRIMARY KEY, note text)");
  Reader reader(server, PluginChoice::pgoutput, {{"public", "orders"}});
  reader.open();
  server.exec("INSERT INTO orders SELECT i, repeat('x', 1000) FROM generate_series(1, 30000) i");
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (std::chrono::steady_clock::now() < end) {
    reader.source().wait(reader.wakeup().fd(), 10s, false);
    reader.source().report(reader.confirmed(), false);
  }
  ASSERT_TRUE(reader.read_commits(1));
  EXPECT_EQ(reader.read().size(), 30000u);
  EXPECT_EQ(server.log_text().find("terminating walsender"), std::string::npos);
}

// A restart inside a transaction leaves out what stands before a place: it counts on this order.
TEST(PostgresSourceAndATransaction, RowsComeInTheOrderOfTheirPlaces) {
  PostgresOptions options;
  options.settings = {{"logical_decoding_work_mem", "64kB"}};  // spilled to disk and read back
  PostgresServer server(options);
  server.exec("CREATE TABLE a (id int PRIMARY KEY, note text)");
  server.exec("CREATE TABLE b (id int PRIMARY KEY, note text)");
  server.exec("ALTER TABLE b ALTER note SET STORAGE EXTERNAL");
  server.exec("CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY HASH (id)");
  for (const char* remainder : {"0", "1", "2"}) {
    server.exec(std::string("CREATE TABLE parts_") + remainder +
                " PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER " + remainder + ")");
  }
  const std::vector<std::string> changes = {
      "INSERT INTO a SELECT g, 'x' FROM generate_series(1, 3000) g",
      "INSERT INTO parts SELECT g FROM generate_series(1, 3000) g",
      "DO $$ BEGIN FOR i IN 1..50 LOOP BEGIN INSERT INTO b VALUES (i, repeat('y', 9000)); INSERT "
      "INTO a VALUES (10000 + i); IF i % 5 = 0 THEN RAISE 'no'; END IF; EXCEPTION WHEN "
      "raise_exception THEN NULL; END; END LOOP; END $$",
      "DO $$ BEGIN FOR i IN 1..50 LOOP BEGIN INSERT INTO b VALUES (100 + i, 'x'); PERFORM "
      "pg_logical_emit_message(true, 'shop', 'x'); PERFORM pg_logical_emit_message(false, 'shop', "
      "'x'); INSERT INTO a VALUES (50000 + i); PERFORM pg_logical_emit_message(true, 'shop', 'y'); "
      "IF i % 5 = 0 THEN RAISE 'no'; END IF; EXCEPTION WHEN raise_exception THEN NULL; END; INSERT "
      "INTO b VALUES (200 + i, 'y'); END LOOP; END $$",
      "INSERT INTO a VALUES (1, 'y'), (5000, 'z') ON CONFLICT (id) DO UPDATE SET note = 'again'",
      "UPDATE parts SET id = id + 10000 WHERE id < 50",
      "CREATE TEMP TABLE rows ON COMMIT DROP AS SELECT g FROM generate_series(20000, 22000) g",
      "INSERT INTO a SELECT g, 'w' FROM rows",
      "UPDATE b SET id = id + 1000",
      "DELETE FROM a WHERE id < 100",
      "TRUNCATE a, parts, b",
      "COPY a FROM PROGRAM 'seq 1 2000 | sed \"s/$/\\tc/\"'",
      "COPY parts FROM PROGRAM 'seq 1 2000'",
  };
  for (const PluginChoice plugin : {PluginChoice::wal2json, PluginChoice::pgoutput}) {
    Reader reader(server, plugin, {{"public", "a"}, {"public", "b"}, {"public", "parts"}},
                  {"shop"});
    server.exec_in_transaction(changes);
    reader.open();
    ASSERT_TRUE(reader.read_until([&] { return reader.places().size() > 12'000; }));
    size_t shared = 0;
    size_t behind_messages = 0;
    for (size_t i = 1; i < reader.places().size(); ++i) {
      const Reader::Place& before = reader.places()[i - 1];
      const Reader::Place& place = reader.places()[i];
      ASSERT_LE(before.lsn, place.lsn);
      if (before.lsn != place.lsn) continue;
      // A message's LSN is the end of its record, which may be where a row's record starts.
      if (before.op == Op::message || place.op == Op::message) {
        ASSERT_NE(before.op, place.op);
        ++behind_messages;
        continue;
      }
      ASSERT_EQ(before.op == Op::truncate, place.op == Op::truncate);
      if (place.op == Op::truncate) continue;
      ++shared;
      ASSERT_EQ(before.table, place.table);
      ASSERT_EQ(before.ordinal + 1, place.ordinal);
    }
    EXPECT_GT(shared, 1000u);
    EXPECT_GT(behind_messages, 10u);
    reader.source().close();
    ASSERT_TRUE(wait_until([&] {
      try {
        server.exec("SELECT pg_drop_replication_slot('waltrack')");
        return true;
      } catch (const pqxx::failure&) {
        return false;
      }
    }));
    server.exec("TRUNCATE a, b, parts");
  }
}

TEST(PostgresSourceAndAStoppingServer, AnOrderlyStopIsTransientAndStreamingGoesOnAfterwards) {
  for (const PluginChoice plugin : {PluginChoice::wal2json, PluginChoice::pgoutput}) {
    PostgresServer server;
    server.exec("CREATE TABLE orders (id int PRIMARY KEY, note text)");
    Reader reader(server, plugin, {{"public", "orders"}});
    reader.open();
    server.exec("INSERT INTO orders VALUES (1)");
    ASSERT_TRUE(reader.read_commits(1));
    server.request_stop(StopMode::fast);
    const Error error = reader.read_to_the_end();
    EXPECT_TRUE(error.is_transient()) << error.describe();
    ASSERT_TRUE(server.wait_stopped(10s));
    EXPECT_TRUE(refusal(reader.source(), reader.confirmed()).is_transient());
    server.start();
    reader.forget();
    reader.open();
    server.exec("INSERT INTO orders VALUES (2)");
    ASSERT_TRUE(reader.read_until([&] { return !reader.read().empty(); }));
    EXPECT_EQ(reader.read(), (Lines{"insert orders 2"}));
  }
}

TEST(PostgresSourceAndAStoppingServer, AStopThatWaitsForUsIsNoticedAndEndsWhenWeLetGo) {
  PostgresServer server;
  server.exec("CREATE TABLE orders (id int PRIMARY KEY, note text)");
  Reader reader(server, PluginChoice::pgoutput, {{"public", "orders"}});
  reader.open();
  server.exec("INSERT INTO orders VALUES (1)");
  const auto unconfirmed = [&](auto&& condition) {
    return reader.read_until(condition, /*confirm=*/false);
  };
  ASSERT_TRUE(unconfirmed([&] { return !reader.read().empty(); }));
  EXPECT_FALSE(reader.source().server_is_stopping());
  server.request_stop(StopMode::fast);
  ASSERT_TRUE(unconfirmed([&] { return reader.source().server_is_stopping(); }));
  EXPECT_FALSE(server.wait_stopped(1s));
  reader.source().close();
  EXPECT_TRUE(server.wait_stopped(10s));
  server.start();
  EXPECT_FALSE(reader.source().server_is_stopping());
}

TEST(PostgresSourceAndAStoppingServer, OfSeveralHostsTheOneThatIsReadIsAsked) {
  PostgresServer server;
  PostgresServer other;
  server.exec("CREATE TABLE orders (id int PRIMARY KEY, note text)");
  Reader reader(server, PluginChoice::pgoutput, {{"public", "orders"}});
  const std::string ports = std::to_string(server.port()) + "," + std::to_string(other.port());
  reader.use_url("host=127.0.0.1,127.0.0.1 port=" + ports + " user=postgres dbname=postgres");
  reader.open();
  server.exec("INSERT INTO orders VALUES (1)");
  ASSERT_TRUE(reader.read_until([&] { return !reader.read().empty(); }, /*confirm=*/false));
  EXPECT_FALSE(reader.source().server_is_stopping());
  server.request_stop(StopMode::fast);
  EXPECT_TRUE(reader.read_until([&] { return reader.source().server_is_stopping(); },
                                /*confirm=*/false));
  reader.source().close();
  EXPECT_TRUE(server.wait_stopped(10s));
}

TEST(PostgresSourceAndAStoppingServer, ACrashOfTheServerIsTransient) {
  PostgresServer server;
  server.exec("CREATE TABLE orders (id int PRIMARY KEY, note text)");
  Reader reader(server, PluginChoice::wal2json, {{"public", "orders"}});
  reader.open();
  server.kill();
  EXPECT_TRUE(reader.read_to_the_end().is_transient());
}

}  // namespace waltrack
