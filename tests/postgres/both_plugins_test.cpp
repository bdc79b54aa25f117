#include "postgres/both_plugins.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "support/copy_stream.hpp"

namespace waltrack {
namespace {

using Lines = std::vector<std::string>;

bool any_line_has(const Lines& lines, const std::string& part) {
  return std::ranges::any_of(
      lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

size_t lines_starting(const Lines& lines, const std::string& start) {
  return static_cast<size_t>(std::ranges::count_if(
      lines, [&](const std::string& line) { return line.starts_with(start); }));
}

// What ids are made of: without the values.
Lines places(const Lines& lines) {
  Lines places;
  for (const std::string& line : lines)
    places.push_back(line.substr(0, std::min(line.find(" new("), line.find(" old("))));
  return places;
}

// One server for all tests, a database for each.
class BothPluginsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    PostgresOptions options;
    options.settings = {{"wal_level", "logical"}, {"max_prepared_transactions", "4"}};
    server = std::make_unique<PostgresServer>(options);
    server->start();
  }
  static void TearDownTestSuite() { server.reset(); }

  static BothPlugins make(const std::vector<std::string>& schema) {
    static int number = 0;
    return BothPlugins(*server, "both_" + std::to_string(++number), schema);
  }

  // What both plugins say, which must be the same.
  static Lines same(const BothPlugins& both) {
    const Lines wal2json = both.wal2json();
    const Lines pgoutput = both.pgoutput();
    EXPECT_EQ(wal2json, pgoutput);
    EXPECT_FALSE(wal2json.empty());
    return wal2json;
  }

  static std::unique_ptr<PostgresServer> server;
};
std::unique_ptr<PostgresServer> BothPluginsTest::server;

TEST_F(BothPluginsTest, SmallTransactionsSavepointsAndRollbacks) {
  const BothPlugins both = make({"CREATE TABLE users (id int PRIMARY KEY, email text, n int)",
                                 "CREATE TABLE orders (id int PRIMARY KEY, user_id int)"});
  both.run(
      {"INSERT INTO users VALUES (1, 'ann@example.com', NULL), (2, NULL, 2)",
       "UPDATE users SET n = 3", "UPDATE users SET id = id + 10",
       "INSERT INTO users VALUES (11, 'x', 1) ON CONFLICT (id) DO UPDATE SET email = 'conflict'",
       "DELETE FROM users WHERE id = 12"});
  both.run_together({"INSERT INTO users VALUES (20, 'kept', 1)", "SAVEPOINT a",
                     "INSERT INTO users VALUES (21, 'rolled back', 1)", "ROLLBACK TO a",
                     "SAVEPOINT b", "INSERT INTO orders VALUES (1, 20)", "RELEASE b",
                     "UPDATE users SET n = 4 WHERE id = 20"});
  const Lines lines = same(both);
  EXPECT_EQ(lines_starting(lines, "begin"), 6U);
  EXPECT_TRUE(any_line_has(lines, "new(id='11' email='conflict' n='3') old(id='11' email=? n=?)"));
  EXPECT_TRUE(any_line_has(lines, "old(id='2' email=? n=?)")) << "the key changed";
  EXPECT_FALSE(any_line_has(lines, "rolled back"));
}

TEST_F(BothPluginsTest, RowsOfACopyShareTheirLsnAndAreCounted) {
  const BothPlugins both = make({"CREATE TABLE a (id int PRIMARY KEY, t text)",
                                 "CREATE TABLE b (id int PRIMARY KEY, t text)"});
  {
    pqxx::connection connection = both.connect();
    pqxx::work work(connection);
    for (const std::string table : {"a", "b", "a"}) {
      static int id = 0;
      pqxx::stream_to copy = copy_into(work, table, {"id", "t"});
      for (int i = 0; i < 500; ++i)
        copy << std::make_tuple(++id, std::string("row\t\n\\N"));
      copy.complete();
    }
    work.commit();
  }
  both.run({"INSERT INTO b SELECT i, 'x' FROM generate_series(2001, 2300) i"});
  const Lines lines = same(both);
  EXPECT_EQ(lines_starting(lines, "insert public.a"), 1000U);
  EXPECT_EQ(lines_starting(lines, "insert public.b"), 800U);
  EXPECT_TRUE(any_line_has(lines, " #99 "));
  Lines places;
  for (const std::string& line : lines) {
    if (line.starts_with("insert")) places.push_back(line.substr(0, line.find(" new")));
  }
  std::ranges::sort(places);
  EXPECT_EQ(std::ranges::adjacent_find(places), places.end()) << "table, LSN, ordinal: unique";
}

TEST_F(BothPluginsTest, UnchangedToastWithAndWithoutFullIdentity) {
  const BothPlugins both = make({"CREATE TABLE plain (id int PRIMARY KEY, big text, n int)",
                                 "ALTER TABLE plain ALTER big SET STORAGE EXTERNAL",
                                 "CREATE TABLE whole (id int PRIMARY KEY, big text, n int)",
                                 "ALTER TABLE whole ALTER big SET STORAGE EXTERNAL",
                                 "ALTER TABLE whole REPLICA IDENTITY FULL",
                                 "CREATE TABLE keyed (k text PRIMARY KEY, n int)",
                                 "ALTER TABLE keyed ALTER k SET STORAGE EXTERNAL"});
  for (const std::string table : {"plain", "whole"}) {
    both.run({"INSERT INTO " + table + " VALUES (1, repeat('x', 3000), 1)",
              "UPDATE " + table + " SET n = 2", "UPDATE " + table + " SET id = 2, n = NULL",
              "UPDATE " + table + " SET big = 'short'", "DELETE FROM " + table});
  }
  both.run({"INSERT INTO keyed VALUES (repeat('k', 2100), 1)", "UPDATE keyed SET n = 2",
            "DELETE FROM keyed"});
  const Lines lines = same(both);
  const std::string big = "'" + std::string(3000, 'x') + "'";
  const std::string key = "'" + std::string(2100, 'k') + "'";
  EXPECT_TRUE(any_line_has(lines, "new(id='1' big=? n='2') old(id='1' big=? n=?)"));
  EXPECT_TRUE(any_line_has(lines, "new(id='2' big=? n=null) old(id='1' big=? n=?)"));
  EXPECT_TRUE(
      any_line_has(lines, "new(id='1' big=" + big + " n='2') old(id='1' big=" + big + " n='1')"));
  EXPECT_TRUE(any_line_has(lines, "new(k=" + key + " n='2') old(k=" + key + " n=?)"));
}

TEST_F(BothPluginsTest, EveryReplicaIdentityTellsItsColumns) {
  const BothPlugins both =
      make({"CREATE TABLE whole (id int PRIMARY KEY, a text, b int, c bool)",
            "ALTER TABLE whole REPLICA IDENTITY FULL",
            "CREATE TABLE indexed (a int, b text NOT NULL, c int)",
            "CREATE UNIQUE INDEX by_b ON indexed (b)",
            "ALTER TABLE indexed REPLICA IDENTITY USING INDEX by_b",
            "CREATE TABLE pair (x int, y text, z text, PRIMARY KEY (z, x))",
            "CREATE TABLE keyless (a int, b text)", "ALTER TABLE keyless REPLICA IDENTITY FULL"});
  both.run({"INSERT INTO whole VALUES (1, NULL, 2, true), (2, 'x', NULL, NULL)",
            "UPDATE whole SET b = 3", "UPDATE whole SET id = id + 10, a = NULL, c = false",
            "DELETE FROM whole", "INSERT INTO indexed VALUES (1, 'k', 2)",
            "UPDATE indexed SET c = 3", "UPDATE indexed SET b = 'kk'", "DELETE FROM indexed",
            "INSERT INTO pair VALUES (1, 'y', 'z')", "UPDATE pair SET y = 'yy'",
            "UPDATE pair SET x = 2", "DELETE FROM pair", "INSERT INTO keyless VALUES (1, NULL)",
            "UPDATE keyless SET b = 'b'", "DELETE FROM keyless"});
  const Lines lines = same(both);
  EXPECT_TRUE(
      any_line_has(lines, "new(id='12' a=null b='3' c='f') old(id='2' a='x' b='3' c=null)"));
  EXPECT_TRUE(any_line_has(lines, "new(a='1' b='kk' c='3') old(a=? b='k' c=?)"));
  EXPECT_TRUE(any_line_has(lines, "new(x='2' y='yy' z='z') old(x='1' y=? z='z')"));
  EXPECT_TRUE(any_line_has(lines, "new(a='1' b='b') old(a='1' b=null)"));
}

TEST_F(BothPluginsTest, PartitionsAreTheirRootInEveryOperation) {
  const BothPlugins both =
      make({"CREATE TABLE part (id int PRIMARY KEY, v text, n int) PARTITION BY RANGE (id)",
            "CREATE TABLE part_a PARTITION OF part FOR VALUES FROM (0) TO (100)",
            "CREATE TABLE part_b (n int, v text, gone int, id int PRIMARY KEY)",
            "ALTER TABLE part_b DROP gone",
            "ALTER TABLE part ATTACH PARTITION part_b FOR VALUES FROM (100) TO (200)",
            "CREATE TABLE part_c PARTITION OF part FOR VALUES FROM (200) TO (300) PARTITION BY "
            "LIST (id)",
            "CREATE TABLE part_c_deep PARTITION OF part_c DEFAULT", "CREATE TABLE other (a int)"});
  both.run({"INSERT INTO part VALUES (1, 'a', 1), (101, 'b', 2), (201, 'c', 3)",
            "UPDATE part SET v = 'new'", "UPDATE part SET id = 150 WHERE id = 1",
            "DELETE FROM part WHERE id = 150", "INSERT INTO other VALUES (1)"});
  const Lines lines = same(both);
  EXPECT_FALSE(any_line_has(lines, "part_"));
  EXPECT_TRUE(any_line_has(lines, "new(n='2' v='b' id='101')"));
  EXPECT_EQ(places(lines), places(both.pgoutput("by_root")));
}

TEST_F(BothPluginsTest, ATruncateIsToldOfTheRootAndOfNoPartitionAlone) {
  const BothPlugins both = make(
      {"CREATE SCHEMA side", "CREATE TABLE part (id int PRIMARY KEY) PARTITION BY RANGE (id)",
       "CREATE TABLE part_a PARTITION OF part FOR VALUES FROM (0) TO (100)",
       "CREATE TABLE side.part_b PARTITION OF part FOR VALUES FROM (100) TO (200) PARTITION "
       "BY LIST (id)",
       "CREATE TABLE side.part_b_deep PARTITION OF side.part_b DEFAULT",
       "CREATE TABLE other (id int PRIMARY KEY)", "CREATE TABLE child (other int REFERENCES other)",
       "CREATE TABLE city (name text)", "CREATE TABLE capital (state text) INHERITS (city)"});
  both.run({"INSERT INTO part VALUES (1), (101)", "TRUNCATE part, other CASCADE", "TRUNCATE part_a",
            "TRUNCATE side.part_b", "TRUNCATE side.part_b_deep", "TRUNCATE city",
            "TRUNCATE ONLY city", "TRUNCATE capital", "TRUNCATE part"});
  const Lines lines = both.wal2json();
  EXPECT_EQ(places(lines), places(both.pgoutput("by_root")));
  EXPECT_EQ(lines_starting(lines, "truncate public.part "), 2U);
  EXPECT_EQ(lines_starting(lines, "truncate public.other "), 1U);
  EXPECT_EQ(lines_starting(lines, "truncate public.child "), 1U);
  EXPECT_EQ(lines_starting(lines, "truncate public.city "), 2U);
  EXPECT_EQ(lines_starting(lines, "truncate public.capital "), 2U);
  EXPECT_EQ(lines_starting(lines, "truncate"), 8U);
}

TEST_F(BothPluginsTest, RowsOfAChildTableAreTheChilds) {
  const BothPlugins both = make({"CREATE TABLE city (name text PRIMARY KEY, n int)",
                                 "CREATE TABLE capital (state text) INHERITS (city)",
                                 "ALTER TABLE capital ADD PRIMARY KEY (name)"});
  both.run({"INSERT INTO city VALUES ('a', 1)", "INSERT INTO capital VALUES ('b', 2, 's')",
            "UPDATE city SET n = n + 1", "DELETE FROM city"});
  const Lines lines = same(both);
  EXPECT_EQ(lines_starting(lines, "update public.city "), 1U);
  EXPECT_EQ(lines_starting(lines, "update public.capital "), 1U);
}

TEST_F(BothPluginsTest, RowsThatMoveBetweenPartitionsAreDeletedAndInserted) {
  const BothPlugins both =
      make({"CREATE SCHEMA side",
            "CREATE TABLE part (id int PRIMARY KEY, v text, big text) "
            "PARTITION BY RANGE (id)",
            "ALTER TABLE part ALTER big SET STORAGE EXTERNAL",
            "CREATE TABLE part_a PARTITION OF part FOR VALUES FROM (0) TO (100)",
            "CREATE TABLE side.part_b (big text, v text, gone int, id int PRIMARY KEY)",
            "ALTER TABLE side.part_b ALTER big SET STORAGE EXTERNAL",
            "ALTER TABLE side.part_b DROP gone",
            "ALTER TABLE part ATTACH PARTITION side.part_b FOR VALUES FROM (100) TO (200)"});
  both.run({"INSERT INTO part VALUES (1, 'a', repeat('x', 3000)), (2, 'b', NULL)",
            "UPDATE part SET id = id + 100", "UPDATE part SET v = 'c'"});
  const Lines lines = both.wal2json();
  EXPECT_EQ(places(lines), places(both.pgoutput("by_root")));
  EXPECT_EQ(lines_starting(lines, "delete public.part "), 2U);
  EXPECT_EQ(lines_starting(lines, "insert public.part "), 4U);
  EXPECT_TRUE(any_line_has(lines, "new(big='xxx")) << "a moved row is whole";
  EXPECT_TRUE(any_line_has(lines, "new(big=? v='c' id='101')"));
}

TEST_F(BothPluginsTest, AColumnThatWasRenamedIsNotTakenForUnchanged) {
  const BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY, plan text, n int)"});
  both.run({"INSERT INTO t VALUES (1, 'gold', 1)", "ALTER TABLE t RENAME plan TO tier",
            "UPDATE t SET n = 2", "DELETE FROM t"});
  const Lines lines = same(both);
  EXPECT_TRUE(any_line_has(lines, "new(id='1' tier='gold' n='2') old(id='1' tier=? n=?)"));
  EXPECT_TRUE(any_line_has(lines, " old(id='1' tier=? n=?)"));
}

TEST_F(BothPluginsTest, AnUpdateThatComesFirstShowsAllColumns) {
  const BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY, big text, n int)",
                                 "ALTER TABLE t ALTER big SET STORAGE EXTERNAL",
                                 "INSERT INTO t VALUES (1, repeat('x', 3000), 1)"});
  both.run({"UPDATE t SET n = 2", "DELETE FROM t"});
  EXPECT_TRUE(any_line_has(same(both), "new(id='1' big=? n='2') old(id='1' big=? n=?)"));
}

TEST_F(BothPluginsTest, OddNamesStayAsTheyAre) {
  const BothPlugins both =
      make({"CREATE SCHEMA \"S p.x\"",
            "CREATE TABLE \"S p.x\".\"Odd \"\"Näme\" (\"Id\" int PRIMARY KEY, \"a b\" text, "
            "\"quo\"\"te\" text, \"naïve😀\" text, \"back\\slash\" text, \"tab\tnew\nline\" text)",
            "CREATE TABLE none ()"});
  both.run({"INSERT INTO \"S p.x\".\"Odd \"\"Näme\" VALUES (1, 'a', 'b', 'c', 'd', 'e')",
            "UPDATE \"S p.x\".\"Odd \"\"Näme\" SET \"Id\" = 2",
            "DELETE FROM \"S p.x\".\"Odd \"\"Näme\"", "INSERT INTO none DEFAULT VALUES"});
  EXPECT_TRUE(any_line_has(same(both),
                           "(Id='1' a b='a' quo\"te='b' naïve😀='c' back\\slash='d' "
                           "tab\tnew\nline='e')"));
}

TEST_F(BothPluginsTest, EveryCommonTypeHasTheSameText) {
  const BothPlugins both =
      make({"CREATE TYPE mood AS ENUM ('sad', 'o''k\"q')",
            "CREATE DOMAIN posint AS int CHECK (value > 0)", "CREATE DOMAIN flag AS bool",
            "CREATE DOMAIN blob AS bytea", "CREATE TYPE pair AS (a int, b text)",
            "CREATE TABLE types (id int PRIMARY KEY, i2 int2, i8 int8, o oid, n numeric, n2 "
            "numeric(10,2), "
            "f4 float4, f8 float8, b bool, t text, vc varchar(10), c char(5), by bytea, j json, jb "
            "jsonb, "
            "ai int[], at text[], ab bool[], aby bytea[], ts timestamp, tz timestamptz, d date, tm "
            "time, "
            "ttz timetz, iv interval, u uuid, m mood, dom posint, fl flag, bl blob, mo money, bi "
            "bit(4), "
            "vb varbit, inet inet, x xml, r int4range, mr int4multirange, p pair, pt point, ad "
            "posint[], "
            "nm name, xi xid, ts2 tsvector)"});
  both.run(
      {"INSERT INTO types VALUES (1, -32768, 9223372036854775807, 4000000000, "
       "12345678901234567890.1234567890, 1.50, 1.5e-10, 1e300, true, E'a\\nb\"c\\\\d\\te\\x01é😀', "
       "'vc', 'c', '\\xdeadbeef', '{\"a\": [1,  2]}', '{\"b\":1.0}', '{1,NULL,3}', "
       "'{\"a b\",NULL,\"q\\\"x\"}', '{t,f}', '{\"\\\\xde\"}', '2026-01-01 00:00:00', "
       "'2026-01-01 00:00:00.123+02', 'infinity', '12:34:56.789', '12:00:00+02', "
       "'1 year 2 days 03:04:05.6', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'o''k\"q', 7, false, "
       "'\\x00ff', 1.23, '1010', '1', '10.0.0.1/8', '<a>x</a>', '[1,5)', '{[1,2),[4,6)}', "
       "'(1,\"x y\")', '(1,2)', '{1,2}', 'name', '7', 'a b')",
       "INSERT INTO types (id, f4, f8, n, t, by, d, tz, iv) VALUES (2, '-0', 0.1, 0, '', '', "
       "'0044-03-15 BC', '0044-03-15 00:00:00+00 BC', '-1 mon +2 days -00:00:01')",
       "INSERT INTO types (id, f4, f8, n, d, tz) VALUES (3, 3.4028235e38, 5e-324, 1e-20, "
       "'12026-01-01', '-infinity')",
       "INSERT INTO types (id) VALUES (4)"});
  const Lines lines = same(both);
  EXPECT_TRUE(
      any_line_has(lines, " b='t' t='a\nb\"c\\d\te\x01é😀' vc='vc' c='c    ' by='deadbeef' "));
  EXPECT_TRUE(any_line_has(lines, " iv='P1Y2DT3H4M5.6S' "));
  EXPECT_TRUE(any_line_has(lines, " dom='7' fl='f' bl='00ff' "));
}

TEST_F(BothPluginsTest, LayoutsFollowTheTable) {
  const BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY, a text, n int)"});
  both.run({"INSERT INTO t VALUES (1, 'a', 1)", "ALTER TABLE t ADD w int DEFAULT 9",
            "INSERT INTO t VALUES (2, 'b', 2)", "UPDATE t SET n = 3", "ALTER TABLE t DROP n",
            "UPDATE t SET w = 1", "ALTER TABLE t ALTER w TYPE bigint", "UPDATE t SET w = 2",
            "ALTER TABLE t RENAME w TO v", "UPDATE t SET v = 3", "ALTER TABLE t ADD z text",
            "UPDATE t SET z = 'z'", "DELETE FROM t WHERE id = 1", "ALTER TABLE t DROP a",
            "INSERT INTO t VALUES (5, 5, 'z')", "UPDATE t SET z = NULL WHERE id = 5",
            "ALTER TABLE t RENAME TO renamed", "INSERT INTO renamed VALUES (6, 6, 'z')"});
  EXPECT_TRUE(any_line_has(same(both), "update public.t"));
}

TEST_F(BothPluginsTest, PreparedAndInterleavedTransactionsComeInCommitOrder) {
  const BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY)"});
  {
    pqxx::connection first = both.connect();
    pqxx::connection second = both.connect();
    pqxx::nontransaction a(first);
    pqxx::nontransaction b(second);
    a.exec("BEGIN");
    a.exec("INSERT INTO t VALUES (1)");
    b.exec("BEGIN");
    b.exec("INSERT INTO t VALUES (2)");
    a.exec("INSERT INTO t VALUES (3)");
    a.exec("PREPARE TRANSACTION 'late'");
    b.exec("COMMIT");
    a.exec("COMMIT PREPARED 'late'");
  }
  const Lines lines = same(both);
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_TRUE(lines[1].find("(id='2')") != std::string::npos);
  EXPECT_TRUE(lines[4].find("(id='1')") != std::string::npos);
  EXPECT_TRUE(lines[5].find("(id='3')") != std::string::npos);
}

TEST_F(BothPluginsTest, TheCommitTimeDoesNotDependOnTheTimeZone) {
  const BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY)"});
  both.run({"INSERT INTO t VALUES (1)"});
  EXPECT_EQ(both.wal2json("Asia/Kathmandu"), both.pgoutput());
  EXPECT_EQ(both.wal2json("America/St_Johns"), both.pgoutput());
}

TEST_F(BothPluginsTest, MessagesOfPrefixesThatNobodyFollowsChangeNothing) {
  const BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY)"});
  both.run_together({"INSERT INTO t VALUES (1)",
                     "SELECT pg_logical_emit_message(true, 'prefix', 'content'), "
                     "pg_logical_emit_message(false, 'prefix', 'at once')",
                     "INSERT INTO t VALUES (2)"});
  EXPECT_EQ(same(both).size(), 4U);
}

TEST_F(BothPluginsTest, MessagesOfBothKindsComeWhereTheyStand) {
  BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY)"});
  both.follow_messages({"shop"});
  both.run_together({"INSERT INTO t VALUES (1)",
                     "SELECT pg_logical_emit_message(true, 'shop', 'told at the commit'), "
                     "pg_logical_emit_message(false, 'shop', 'told at once'), "
                     "pg_logical_emit_message(true, 'other', 'not told')",
                     "INSERT INTO t VALUES (2)", "SAVEPOINT a",
                     "SELECT pg_logical_emit_message(true, 'shop', 'rolled back')", "ROLLBACK TO a",
                     "SELECT pg_logical_emit_message(true, 'shop', 'last')"});
  const Lines lines = same(both);
  ASSERT_EQ(lines.size(), 9U);
  EXPECT_TRUE(lines[0].starts_with("begin xid=0 time=0 "));
  EXPECT_TRUE(lines[1].ends_with(" #0 new(content='told at once') types 0")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("commit xid=0 time=0 "));
  EXPECT_TRUE(lines[4].starts_with("insert public.t"));
  EXPECT_TRUE(lines[5].ends_with(" #0 new(content='told at the commit') types 0")) << lines[5];
  EXPECT_TRUE(lines[6].starts_with("insert public.t"));
  EXPECT_TRUE(lines[7].ends_with(" #0 new(content='last') types 0")) << lines[7];
}

TEST_F(BothPluginsTest, AMessageIsToldAtOnceEvenIfItsTransactionIsRolledBack) {
  BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY)"});
  both.follow_messages({"shop"});
  both.run_together({"INSERT INTO t VALUES (1)",
                     "SELECT pg_logical_emit_message(true, 'shop', 'rolled back'), "
                     "pg_logical_emit_message(false, 'shop', 'told')",
                     "ROLLBACK"});
  both.run({"SELECT pg_logical_emit_message(false, 'shop', 'without a transaction')",
            "INSERT INTO t VALUES (2)"});
  const Lines lines = same(both);
  EXPECT_EQ(lines_starting(lines, "message message:shop xid=0 "), 2U);
  EXPECT_EQ(lines_starting(lines, "begin xid=0 time=0 "), 2U);
  EXPECT_FALSE(any_line_has(lines, "rolled back"));
}

TEST_F(BothPluginsTest, MessagesWithOddPrefixesAndContents) {
  BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY)"});
  both.follow_messages({"", " a, b*\\c\"d\n", "näïve😀"});
  both.run({"SELECT pg_logical_emit_message(true, '', 'no prefix')",
            R"(SELECT pg_logical_emit_message(true, E' a, b*\\c"d\n', E'\x01\t"\\ é😀'))",
            "SELECT pg_logical_emit_message(true, 'näïve😀', '')",
            "SELECT pg_logical_emit_message(true, 'näïve😀', repeat('long \"text\" ', 500000))"});
  const Lines lines = same(both);
  EXPECT_TRUE(any_line_has(lines, " new(content='no prefix')"));
  EXPECT_TRUE(any_line_has(lines, " new(content='\x01\t\"\\ é😀')"));
  EXPECT_TRUE(any_line_has(lines, "message:näïve😀 "));
  EXPECT_TRUE(any_line_has(lines, " new(content='')"));
}

// What differs is documented.
TEST_F(BothPluginsTest, AfterAZeroByteWal2jsonTellsNothingOfAMessage) {
  BothPlugins both = make({"CREATE TABLE t (id int PRIMARY KEY)"});
  both.follow_messages({"shop"});
  both.run({"SELECT pg_logical_emit_message(true, 'shop', '\\x61006263'::bytea)"});
  EXPECT_TRUE(any_line_has(both.wal2json(), " new(content='a') "));
  EXPECT_TRUE(any_line_has(both.pgoutput(), " new(content='a\uFFFDbc') "));
}

// Likewise: NaN and infinite numbers (before wal2json 2.6), generated columns.
TEST_F(BothPluginsTest, NaNsAndGeneratedColumnsDifferAndNothingElse) {
  const BothPlugins both =
      make({"CREATE TABLE t (id int PRIMARY KEY, n numeric, f float8, "
            "g int GENERATED ALWAYS AS (id * 2) STORED)"});
  both.run({"INSERT INTO t VALUES (1, 'NaN', '-Infinity')"});
  const Lines wal2json = both.wal2json();
  const Lines pgoutput = both.pgoutput();
  ASSERT_EQ(wal2json.size(), 3U);
  ASSERT_EQ(pgoutput.size(), 3U);
  EXPECT_EQ(wal2json[0], pgoutput[0]);
  EXPECT_EQ(wal2json[2], pgoutput[2]);
  EXPECT_TRUE(wal2json[1].ends_with("(id='1' n=null f=null g='2') types 23 1700 701 23"));
  EXPECT_TRUE(pgoutput[1].ends_with("(id='1' n='NaN' f='-Infinity') types 23 1700 701"));
}

}  // namespace
}  // namespace waltrack
