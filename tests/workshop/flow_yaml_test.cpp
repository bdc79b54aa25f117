#include "workshop/flow_yaml.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workshop/literal_json.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

TEST(FlowYaml, IsWhatAPersonWouldWrite) {
  EXPECT_EQ(
      flow_yaml(Json::parse(
          R"({"type":"track","event":"Plan Changed","userId":"7","properties":{"from":"free","list":[1,2.5,null],"e":{}}})")),
      R"({ type: track, event: Plan Changed, userId: "7", properties: { from: free, list: [1, 2.5, null], e: {} } })");
}

TEST(FlowYaml, ReadsBackAsTheSame) {
  const Json value = {{"a", "yes"},     {"b", "null"},   {"c", "7"},          {"d", "- x"},
                      {"e", "a: b"},    {"f", "a #b"},   {"g", "it's \"q\""}, {"h", "a, b"},
                      {"i", "ünï ☃ 🎉"}, {"j", "x\ny\t"}, {"k", ""},           {"l", " x "},
                      {"x: y", "{z}"},  {"true", true},  {"m", -1.5e300},     {"n", "a@b.io"},
                      {"o", "&x"},      {"p", "*x"},     {"q", "<<"},         {"$r", "a]b"}};
  Diagnostics faults;
  const auto read = read_yaml("- " + flow_yaml(value) + "\n", "t.yaml", faults);
  ASSERT_FALSE(faults.has_errors()) << faults.text() << flow_yaml(value);
  EXPECT_EQ(literal_json(read.at(0).items.at(0)), value);
}

}  // namespace
}  // namespace waltrack
