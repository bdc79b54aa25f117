// Every type that a server has, through every plugin: what an event holds and what an expression
// sees.

#include "types/type_zoo.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "base/json_text.hpp"
#include "types/golden_file.hpp"
#include "types/mapped_stream.hpp"

namespace waltrack {
namespace {

using Lines = std::vector<std::string>;

// A member's text, digits and all.
std::string raw(simdjson::ondemand::object& object, std::string_view key) {
  std::string_view text;
  if (simdjson::to_json_string(object[key]).get(text) != simdjson::SUCCESS) {
    ADD_FAILURE() << "no " << key;
  }
  return std::string(text);
}

// {"type":"int4","row":2,"json":…,"bound":…}, the digits as they stand in the event.
std::string golden_line(const MappedEvent& event) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string text(event.json);
  simdjson::ondemand::document document = parser.iterate(text);
  simdjson::ondemand::object whole = document.get_object();
  std::string line = "{\"type\":" + raw(whole, "event") + ",\"row\":" + event.user_id;
  simdjson::ondemand::object properties = whole["properties"].get_object();
  line += ",\"json\":" + raw(properties, "json");
  line += ",\"bound\":" + raw(properties, "bound") + "}";
  std::ranges::replace(line, '\n', ' ');  // json keeps its white space
  EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  return line;
}

Lines lines_of(const std::vector<MappedEvent>& events, const std::string& op) {
  Lines lines;
  for (const MappedEvent& event : events) {
    if (event.op == op) lines.push_back(golden_line(event));
  }
  return lines;
}

class TypeZooTest : public testing::TestWithParam<std::string> {
 protected:
  TypeZooTest() {
    PostgresOptions options;
    options.version = GetParam();
    options.settings = {{"wal_level", "logical"}};
    server_ = std::make_unique<PostgresServer>(options);
    server_->exec("CREATE DATABASE zoo");
    zoo_ = std::make_unique<TypeZoo>(*server_, "zoo");
  }

  static std::string wal2json_golden() {
    return GetParam() == "15" ? "wal2json-2.5" : "wal2json-2.6";
  }
  static std::string pgoutput_golden() { return "pgoutput-" + GetParam(); }

  std::unique_ptr<PostgresServer> server_;
  std::unique_ptr<TypeZoo> zoo_;
};

TEST_P(TypeZooTest, NoTypeIsWithoutASample) {
  EXPECT_EQ(zoo_->missing(), Lines{}) << "add them to tests/types/samples.txt";
  EXPECT_EQ(zoo_->unused(), Lines{}) << "samples of types that the server does not have";
}

TEST_P(TypeZooTest, EveryTypeIsToldAsItsGoldenSays) {
  const std::string mapping = zoo_->mapping();
  const MappedStream wal2json(*server_, "zoo", PluginChoice::wal2json, mapping);
  const MappedStream pgoutput(*server_, "zoo", PluginChoice::pgoutput, mapping);
  zoo_->fill();
  zoo_->empty();
  for (const auto& [name, stream] :
       {std::pair(wal2json_golden(), &wal2json), std::pair(pgoutput_golden(), &pgoutput)}) {
    const std::vector<MappedEvent> events = stream->read();
    const Lines inserted = lines_of(events, "insert");
    EXPECT_GT(inserted.size(), 550U);
    rewrite_golden_if_asked(name, inserted);
    std::string differences = line_differences(golden_lines(name), inserted);
    EXPECT_TRUE(differences.empty()) << name << "\n" << differences;
    differences = line_differences(inserted, lines_of(events, "delete"));
    EXPECT_TRUE(differences.empty()) << name << ": as deleted otherwise than as inserted\n"
                                     << differences;
  }
}

// By "TYPE ROW".
std::map<std::string, std::string> by_value(const Lines& lines) {
  std::map<std::string, std::string> values;
  for (const std::string& line : lines) {
    const nlohmann::json value = nlohmann::json::parse(line);
    values[value["type"].get<std::string>() + " " + value["row"].dump()] = line;
  }
  return values;
}

bool is_odd_number(const std::string& line) {
  const nlohmann::json value = nlohmann::json::parse(line);
  const nlohmann::json& type = value["type"];
  const nlohmann::json& json = value["json"];
  return (type == "float4" || type == "float8" || type == "numeric") &&
         (json == "NaN" || json == "Infinity" || json == "-Infinity");
}

// The cases of docs/types.md.
TEST(TypeGoldens, DifferOnlyWhereTheDocumentationSaysSo) {
  const auto reference = by_value(golden_lines("pgoutput-17"));
  EXPECT_EQ(by_value(golden_lines("wal2json-2.6")), reference);
  for (const char* name : {"pgoutput-15", "wal2json-2.5"}) {
    const auto values = by_value(golden_lines(name));
    size_t nulls = 0;
    size_t newer = 0;
    for (const auto& [key, line] : reference) {
      const auto found = values.find(key);
      if (found == values.end()) {
        // Postgres 17 has infinite intervals.
        EXPECT_TRUE(key.starts_with("interval ")) << line;
        ++newer;
      } else if (found->second != line && !line.starts_with("{\"type\":\"interval[]\"")) {
        EXPECT_TRUE(is_odd_number(line)) << line;
        EXPECT_TRUE(nlohmann::json::parse(found->second)["json"].is_null()) << found->second;
        ++nulls;
      }
    }
    EXPECT_EQ(nulls, std::string_view(name) == "wal2json-2.5" ? 9U : 0U) << name;
    EXPECT_EQ(newer, 2U) << name;
    EXPECT_EQ(values.size() + newer, reference.size()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Postgres, TypeZooTest, testing::Values("15", "17"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace waltrack
