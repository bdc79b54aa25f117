// Schemas, tables, columns and types whose names need quoting somewhere: in wal2json's list of
// tables, in a publication, in the catalog, in YAML, in SQL.

#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mapping/table_names.hpp"
#include "postgres/pg_quote.hpp"
#include "types/mapped_stream.hpp"

namespace waltrack {
namespace {

const std::vector<std::string> kNames = {
    "My.Table",
    "two words",
    " led, followed ",
    "single'quote",
    "double\"quote",
    "\"quoted\"",
    "back\\slash",
    "a\\.b\\",
    "com,ma",
    "st*r",
    "*",
    "quest?on",
    "Ünï",
    "名前😀",
    "select",
    "UPPER",
    "UPPER lower",
    "a{b}[c](d)",
    "semi;colon",
    "--dash",
    "$dollar",
    "$$",
    "#tag",
    "colon: x",
    "per%cent",
    "a&b|c=d",
    "null",
    "123",
    "tab\there",
    "new\nline",
    "@at!",
    "`tick`",
    "~",
    "'",
    std::string(63, 'n'),
    "ä" + std::string(59, 'n') + "ü",
};

// As a scalar of YAML, whatever is in it.
std::string yaml_text(const std::string& text) {
  return nlohmann::json(text).dump();
}

// Each name as a schema's, a table's, a column's and a type's.
std::string table_sql(const std::string& name) {
  const std::string quoted = quote_identifier(name);
  const std::string table = quote_qualified(name, name);
  return "CREATE SCHEMA " + quoted + "; CREATE TYPE public." + quoted +
         " AS ENUM ('a b', 'c\"d'); CREATE TABLE " + table + " (id int PRIMARY KEY, " + quoted +
         " public." + quoted + "[], other text); ALTER TABLE " + table + " REPLICA IDENTITY FULL";
}

// What YAML and the language take for a literal, quoted or not.
bool stands_for_itself(const std::string& name) {
  return name == "null" || name == "123";
}

std::string mapping() {
  std::string yaml;
  for (const std::string& name : kNames) {
    const std::string column = quote_identifier(name);
    yaml += "---\ntable: " + yaml_text(table_name_text({name, name})) +
            "\nuser_id: id\ntrack:\n  event: Row Added\n  on: [insert, update, delete]\n"
            "  properties:\n    bare: " +
            yaml_text(stands_for_itself(name) ? column : name) +
            "\n    sql: " + yaml_text("json_array_length(" + column + ")") +
            "\n    old: " + yaml_text("old." + column) + "\n    table: event.table_name\n";
  }
  return yaml;
}

}  // namespace

class OddNames : public testing::TestWithParam<std::pair<std::string, PluginChoice>> {};

TEST_P(OddNames, AreFollowedMappedAndToldAsTheyAre) {
  const auto& [version, plugin] = GetParam();
  PostgresOptions options;
  options.version = version;
  options.settings = {{"wal_level", "logical"}};
  const PostgresServer server(options);
  std::string made;
  std::string inserted;
  std::string updated;
  std::string deleted;
  for (const std::string& name : kNames) {
    const std::string table = quote_qualified(name, name);
    made += table_sql(name) + ";";
    inserted += "INSERT INTO " + table + " VALUES (7, ARRAY['a b', 'c\"d', NULL]::public." +
                quote_identifier(name) + "[], '');";
    updated += "UPDATE " + table + " SET other = 'x';";
    deleted += "DELETE FROM " + table + ";";
  }
  server.exec(made);
  const MappedStream stream(server, "postgres", plugin, mapping());
  for (const std::string& changes : {inserted, updated, deleted})
    server.exec(changes);
  std::map<std::string, int> events;
  const nlohmann::json value = {"a b", "c\"d", nullptr};
  for (const MappedEvent& event : stream.read()) {
    const nlohmann::json json = nlohmann::json::parse(event.json);
    const nlohmann::json& properties = json["properties"];
    EXPECT_EQ(properties["bare"], value) << event.json;
    EXPECT_EQ(properties["sql"], 3) << event.json;
    EXPECT_EQ(properties["old"], event.op == "insert" ? nlohmann::json() : value) << event.json;
    ++events[properties["table"].get<std::string>()];
  }
  for (const std::string& name : kNames)
    EXPECT_EQ(events[name], 3) << name;
  EXPECT_EQ(events.size(), kNames.size());
}

INSTANTIATE_TEST_SUITE_P(Plugin, OddNames,
                         testing::Values(std::pair("15", PluginChoice::wal2json),
                                         std::pair("15", PluginChoice::pgoutput),
                                         std::pair("17", PluginChoice::wal2json),
                                         std::pair("17", PluginChoice::pgoutput)),
                         [](const auto& test) {
                           return (test.param.second == PluginChoice::wal2json ? "wal2json"
                                                                               : "pgoutput") +
                                  test.param.first;
                         });

TEST(TableNameText, IsReadBackAsTheSameName) {
  for (const std::string& schema : kNames) {
    for (const std::string& name : kNames) {
      const auto glob = parse_table_glob(table_name_text({schema, name}));
      ASSERT_TRUE(glob) << schema << "." << name;
      EXPECT_FALSE(glob->is_glob());
      EXPECT_EQ(glob->schema.text, schema);
      EXPECT_EQ(glob->name.text, name);
    }
  }
  EXPECT_EQ(table_name_text({"public", "users"}), "public.users");
  EXPECT_EQ(table_name_text({"Ünï", "My.Table"}), "Ünï.\"My.Table\"");
}

}  // namespace waltrack
