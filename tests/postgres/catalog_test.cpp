#include "postgres/catalog.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "support/postgres_server.hpp"

namespace waltrack {
namespace {

class CatalogTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PostgresServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  static uint32_t oid(const std::string& type) {
    return static_cast<uint32_t>(std::stoul(server_->value("SELECT '" + type + "'::regtype::oid")));
  }

  static std::unique_ptr<PostgresServer> server_;
};
std::unique_ptr<PostgresServer> CatalogTest::server_;

}  // namespace

TEST_F(CatalogTest, ResolvesTypesToWhatTheirTextMeans) {
  server_->exec("CREATE DOMAIN cents AS int8");
  server_->exec("CREATE DOMAIN price AS cents CHECK (VALUE >= 0)");
  server_->exec("CREATE TYPE mood AS ENUM ('sad', 'happy')");
  server_->exec("CREATE DOMAIN tags AS text[]");
  server_->exec("CREATE DOMAIN boxes AS box[]");
  server_->exec("CREATE DOMAIN deep AS int4range[]");
  server_->exec("CREATE TYPE pair AS (a int, b int)");
  Catalog catalog(server_->conninfo());
  catalog.load();
  const auto type = [&](const std::string& name) { return catalog.type(oid(name)); };
  EXPECT_EQ(type("boolean").kind, ValueKind::boolean);
  EXPECT_EQ(type("int8").kind, ValueKind::int8);
  EXPECT_EQ(type("numeric").kind, ValueKind::numeric);
  EXPECT_EQ(type("timestamptz").kind, ValueKind::timestamptz);
  EXPECT_EQ(type("timestamptz").name, "timestamp with time zone");
  EXPECT_EQ(type("interval").kind, ValueKind::interval);
  EXPECT_EQ(type("jsonb").kind, ValueKind::json);
  EXPECT_EQ(type("uuid").kind, ValueKind::text);
  EXPECT_EQ(type("mood").kind, ValueKind::text);
  EXPECT_EQ(type("pair").kind, ValueKind::text);
  EXPECT_EQ(type("price").kind, ValueKind::int8);
  EXPECT_EQ(type("price").name, "price");
  EXPECT_EQ(type("price").oid, oid("price"));
  EXPECT_EQ(type("price[]").kind, ValueKind::array);
  EXPECT_EQ(type("price[]").element, ValueKind::int8);
  EXPECT_EQ(type("tags").kind, ValueKind::array);
  EXPECT_EQ(type("tags").element, ValueKind::text);
  EXPECT_EQ(type("box[]").delimiter, ';');
  EXPECT_EQ(type("int2vector").kind, ValueKind::text);
  EXPECT_EQ(type("name").kind, ValueKind::text);
  EXPECT_EQ(type("tstzrange").kind, ValueKind::range);
  EXPECT_EQ(type("tstzrange").element, ValueKind::timestamptz);
  EXPECT_EQ(type("int4multirange").kind, ValueKind::multirange);
  EXPECT_EQ(type("int4multirange").element, ValueKind::int4);
  EXPECT_EQ(type("int4range[]").element, ValueKind::range);
  EXPECT_EQ(type("int4range[]").inner, ValueKind::int4);
  EXPECT_EQ(type("tstzmultirange[]").element, ValueKind::multirange);
  EXPECT_EQ(type("tstzmultirange[]").inner, ValueKind::timestamptz);
  EXPECT_EQ(type("tags[]").element, ValueKind::array);
  EXPECT_EQ(type("tags[]").inner, ValueKind::text);
  EXPECT_EQ(type("boxes[]").inner_delimiter, ';');
  EXPECT_EQ(type("deep[]").element, ValueKind::array);
  EXPECT_EQ(type("deep[]").inner, ValueKind::text);
}

TEST_F(CatalogTest, KnowsHstoreByItsName) {
  if (server_->value("SELECT count(*) FROM pg_available_extensions WHERE name = 'hstore'") == "1") {
    server_->exec("CREATE EXTENSION hstore");
  } else {
    server_->exec("CREATE TYPE hstore");
    server_->exec(
        "CREATE FUNCTION hstore_in(cstring) RETURNS hstore AS 'textin' LANGUAGE internal");
    server_->exec(
        "CREATE FUNCTION hstore_out(hstore) RETURNS cstring AS 'textout' LANGUAGE internal");
    server_->exec("CREATE TYPE hstore (INPUT = hstore_in, OUTPUT = hstore_out)");
  }
  Catalog catalog(server_->conninfo());
  catalog.load();
  EXPECT_EQ(catalog.type(oid("hstore")).kind, ValueKind::hstore);
}

TEST_F(CatalogTest, AsksOnceForATypeThatCameLater) {
  Catalog catalog(server_->conninfo());
  catalog.load();
  server_->exec("CREATE DOMAIN later AS date");
  const uint32_t later = oid("later");
  EXPECT_EQ(catalog.type(later).kind, ValueKind::date);
  EXPECT_EQ(catalog.type(4'000'000'000).kind, ValueKind::text);
  server_->stop();
  EXPECT_EQ(catalog.type(later).kind, ValueKind::date);
  EXPECT_EQ(catalog.type(4'000'000'000).kind, ValueKind::text);
  EXPECT_THROW(catalog.type(4'000'000'001), PgError);
  server_->start();
}

TEST_F(CatalogTest, ReadsATableWithItsKey) {
  server_->exec(
      "CREATE TABLE \"Odd \"\"name\"\"\" (id int PRIMARY KEY, gone int, note text NOT NULL, extra "
      "numeric(10,2))");
  server_->exec("ALTER TABLE \"Odd \"\"name\"\"\" DROP COLUMN gone");
  Catalog catalog(server_->conninfo());
  catalog.load();
  const std::optional<Table> table = catalog.read_table({"public", "Odd \"name\""});
  ASSERT_TRUE(table);
  ASSERT_EQ(table->columns.size(), 3u);
  EXPECT_EQ(table->columns[0].name, "id");
  EXPECT_TRUE(table->columns[0].key);
  EXPECT_FALSE(table->columns[0].nullable);
  EXPECT_EQ(table->columns[1].name, "note");
  EXPECT_FALSE(table->columns[1].key);
  EXPECT_FALSE(table->columns[1].nullable);
  EXPECT_EQ(table->columns[2].type.kind, ValueKind::numeric);
  EXPECT_TRUE(table->columns[2].nullable);
  EXPECT_EQ(table->replica_identity, ReplicaIdentity::key);
  EXPECT_FALSE(catalog.read_table({"public", "nothing"}));
}

TEST_F(CatalogTest, ReadsAllTablesAtOnceAsItReadsEach) {
  server_->exec("CREATE SCHEMA many");
  server_->exec("CREATE TABLE many.\"A\" (id int PRIMARY KEY, tags text[])");
  server_->exec("CREATE TABLE many.parts (at date NOT NULL, note text) PARTITION BY RANGE (at)");
  server_->exec("CREATE TABLE many.part PARTITION OF many.parts DEFAULT");
  Catalog catalog(server_->conninfo());
  catalog.load();
  std::vector<Table> many = catalog.read_tables();
  std::erase_if(many, [](const Table& table) { return table.schema != "many"; });
  ASSERT_EQ(many.size(), 2u);
  EXPECT_EQ(many[0].name, "A");
  EXPECT_EQ(many[1].name, "parts");
  for (const Table& table : many) {
    const std::optional<Table> alone = catalog.read_table({table.schema, table.name});
    ASSERT_EQ(table.columns.size(), alone->columns.size());
    for (size_t i = 0; i < table.columns.size(); ++i) {
      EXPECT_EQ(table.columns[i].name, alone->columns[i].name);
      EXPECT_EQ(table.columns[i].type.kind, alone->columns[i].type.kind);
      EXPECT_EQ(table.columns[i].nullable, alone->columns[i].nullable);
      EXPECT_EQ(table.columns[i].key, alone->columns[i].key);
    }
  }
}

TEST_F(CatalogTest, TheKeyIsTheReplicaIdentity) {
  server_->exec("CREATE TABLE ident (id int PRIMARY KEY, code int NOT NULL, note text)");
  server_->exec("CREATE UNIQUE INDEX ident_code ON ident (code) INCLUDE (note)");
  Catalog catalog(server_->conninfo());
  catalog.load();
  const auto keys = [&] {
    std::string names;
    const std::optional<Table> table = catalog.read_table({"public", "ident"});
    for (const Column& column : table->columns) {
      if (column.key) names += column.name + " ";
    }
    return names;
  };
  EXPECT_EQ(keys(), "id ");
  server_->exec("ALTER TABLE ident REPLICA IDENTITY USING INDEX ident_code");
  EXPECT_EQ(keys(), "code ");
  EXPECT_EQ(catalog.read_table({"public", "ident"})->replica_identity, ReplicaIdentity::index);
  server_->exec("ALTER TABLE ident REPLICA IDENTITY FULL");
  EXPECT_EQ(keys(), "id code note ");
  server_->exec("ALTER TABLE ident REPLICA IDENTITY NOTHING");
  EXPECT_EQ(keys(), "");
}

TEST_F(CatalogTest, APartitionHasItsRootEvenWhenItCameLater) {
  server_->exec("CREATE SCHEMA archive");
  server_->exec("CREATE TABLE visits (at date) PARTITION BY RANGE (at)");
  server_->exec(
      "CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO "
      "('2027-01-01') PARTITION BY RANGE (at)");
  server_->exec(
      "CREATE TABLE archive.visits_2026_01 PARTITION OF visits_2026 FOR VALUES FROM ('2026-01-01') "
      "TO ('2026-02-01')");
  server_->exec("CREATE TABLE plain (id int)");
  Catalog catalog(server_->conninfo());
  catalog.load();
  const TableName visits{"public", "visits"};
  EXPECT_EQ(catalog.root_of("archive", "visits_2026_01"), visits);
  EXPECT_EQ(catalog.root_of("public", "visits"), visits);
  EXPECT_EQ(catalog.root_of("public", "plain"), (TableName{"public", "plain"}));
  EXPECT_EQ(catalog.root_of("no", "table"), (TableName{"no", "table"}));
  server_->exec("CREATE TABLE visits_other PARTITION OF visits DEFAULT");
  EXPECT_EQ(catalog.root_of("public", "visits_other"), visits);

  const auto& tables = catalog.tables();
  EXPECT_EQ(std::count(tables.begin(), tables.end(), visits), 1);
  EXPECT_EQ(std::count(tables.begin(), tables.end(), TableName{"public", "visits_2026"}), 0);

  auto patterns = catalog.patterns_for({{visits, {"public", "plain"}}, {}, {}});
  EXPECT_EQ(patterns.size(), 3u);
  for (const TablePattern& wanted :
       {TablePattern{"public", ""}, TablePattern{"archive", ""}, TablePattern{"public", "plain"}}) {
    EXPECT_EQ(std::count(patterns.begin(), patterns.end(), wanted), 1) << wanted.schema;
  }
}

TEST_F(CatalogTest, GlobsAreCoveredByTheNextWiderPattern) {
  Catalog catalog(server_->conninfo());
  catalog.load();
  Followed wanted;
  wanted.globs = {{{"tenant_*", true}, {"users", false}},
                  {{"public", false}, {"us*", true}},
                  {{"a*", true}, {"b*", true}}};
  EXPECT_EQ(catalog.patterns_for(wanted),
            (std::vector<TablePattern>{{"", "users"}, {"public", ""}, {"", ""}}));
}

TEST_F(CatalogTest, KnowsWhatTheServerGenerates) {
  server_->exec(
      "CREATE TABLE made (id int GENERATED ALWAYS AS IDENTITY, n int, twice int GENERATED ALWAYS "
      "AS "
      "(n * 2) STORED)");
  Catalog catalog(server_->conninfo());
  const std::optional<Table> made = catalog.read_table({"public", "made"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->columns.at(0).generated, Generated::no);
  EXPECT_EQ(made->columns.at(2).generated, Generated::stored);
}

TEST_F(CatalogTest, KnowsWhoInheritsFromATable) {
  server_->exec("CREATE SCHEMA kin");
  server_->exec("CREATE TABLE city (name text)");
  server_->exec("CREATE TABLE capital (state text) INHERITS (city)");
  server_->exec("CREATE TABLE kin.deep () INHERITS (capital)");
  server_->exec("CREATE TABLE split (id int) PARTITION BY LIST (id)");
  server_->exec("CREATE TABLE split_all PARTITION OF split DEFAULT");
  Catalog catalog(server_->conninfo());
  std::map<std::string, std::vector<TableName>> heirs;
  for (const Table& table : catalog.read_tables()) {
    if (!table.heirs.empty()) heirs[table.full_name()] = table.heirs;
  }
  EXPECT_EQ(heirs, (std::map<std::string, std::vector<TableName>>{
                       {"public.city", {{"kin", "deep"}, {"public", "capital"}}},
                       {"public.capital", {{"kin", "deep"}}}}));
}

TEST_F(CatalogTest, TellsTheColumnsOfThisMoment) {
  server_->exec("CREATE TABLE growing (id int)");
  Catalog catalog(server_->conninfo());
  catalog.load();
  EXPECT_EQ(catalog.columns_of("public", "growing").size(), 1U);
  server_->exec("ALTER TABLE growing ADD more text");
  EXPECT_EQ(catalog.columns_of("public", "growing").size(), 2U);
  server_->exec("DROP TABLE growing");
  EXPECT_TRUE(catalog.columns_of("public", "growing").empty());
}

TEST_F(CatalogTest, ADetachedPartitionIsItsOwnRootWhenAskedAnew) {
  server_->exec("CREATE TABLE whole (id int) PARTITION BY LIST (id)");
  server_->exec("CREATE TABLE whole_part PARTITION OF whole DEFAULT");
  Catalog catalog(server_->conninfo());
  catalog.load();
  server_->exec("ALTER TABLE whole DETACH PARTITION whole_part");
  EXPECT_EQ(catalog.root_of("public", "whole_part").name, "whole");
  EXPECT_EQ(catalog.present_root_of("public", "whole_part").name, "whole_part");
  EXPECT_EQ(catalog.root_of("public", "whole_part").name, "whole_part");
}

}  // namespace waltrack
