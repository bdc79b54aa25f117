#include "workshop/plan_file.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::vector<PlannedRule> fine(const std::string& text) {
  Diagnostics diagnostics;
  std::vector<PlannedRule> rules = read_plan(text, "plan.json", diagnostics);
  EXPECT_EQ(diagnostics.text(), "") << text;
  return rules;
}

std::string fault(const std::string& text) {
  Diagnostics diagnostics;
  EXPECT_TRUE(read_plan(text, "plan.json", diagnostics).empty());
  EXPECT_EQ(diagnostics.error_count(), 1);
  return diagnostics.all().empty()
             ? ""
             : diagnostics.all()[0].place.text() + ": " + diagnostics.all()[0].message;
}

// A plan of one event with this schema.
std::string schema_fault(const std::string& schema) {
  const std::string text =
      fault(R"([{"type": "TRACK", "key": "E", "jsonSchema": )" + schema + "}]");
  const std::string begin = "plan.json: not a tracking plan: rules[0].jsonSchema";
  EXPECT_TRUE(text.starts_with(begin)) << text;
  return text.substr(std::min(begin.size(), text.size()));
}

TEST(PlanFile, IsTakenAsListAsBodyAndAsAnswer) {
  const std::string list = R"([{"type": "TRACK", "key": "E"}])";
  for (const std::string& text :
       {list, R"({"rules": )" + list + "}", R"({"data": {"rules": )" + list + "}}"}) {
    const auto rules = fine(text);
    ASSERT_EQ(rules.size(), 1U) << text;
    EXPECT_EQ(rules[0].subject.text(), "TRACK 'E'");
    EXPECT_EQ(rules[0].body, nlohmann::json(true));
  }
}

TEST(PlanFile, NewestVersionCounts) {
  const auto rules = fine(R"([
    {"type": "TRACK", "key": "E", "version": 1, "jsonSchema": {"properties": {"properties": false}}},
    {"type": "TRACK", "key": "E", "version": 3, "jsonSchema": {"properties": {"properties": {"type": "object"}}}},
    {"type": "COMMON", "key": null, "version": 1}])");
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].version, 3);
  EXPECT_EQ(rules[0].body["type"], "object");
}

TEST(PlanFile, UsersAndGroupsHaveTraits) {
  const auto rules = fine(R"([{"type": "IDENTIFY", "key": "anything",
    "jsonSchema": {"properties": {"properties": false, "traits": {"type": "object"}}}}])");
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].subject.text(), "IDENTIFY");
  EXPECT_EQ(rules[0].body["type"], "object");
}

TEST(PlanFile, WhatIsNoPlanIsToldWithItsPlace) {
  EXPECT_EQ(fault("{\"rules\": [\n  ]]"), "plan.json:2:4: the tracking plan is not valid JSON");
  EXPECT_EQ(fault(""), "plan.json:1:1: the tracking plan is not valid JSON");
  EXPECT_EQ(fault("\xFF"), "plan.json:1:1: the tracking plan is not valid JSON");
  const std::string wrong = "plan.json: not a tracking plan: ";
  EXPECT_EQ(fault("5"), wrong + "it has no list of \"rules\"");
  EXPECT_EQ(fault(R"({"data": 5})"), wrong + "it has no list of \"rules\"");
  EXPECT_EQ(fault(R"({"rules": {}})"), wrong + "it has no list of \"rules\"");
  EXPECT_EQ(fault("[5]"), wrong + "rules[0] is no map");
  EXPECT_EQ(fault("[{}]"), wrong + "rules[0] has no \"type\"");
  EXPECT_EQ(fault(R"([{"type": "track"}])"),
            wrong + "rules[0].type is none of TRACK, IDENTIFY, GROUP, PAGE, SCREEN and COMMON");
  EXPECT_EQ(fault(R"([{"type": "TRACK"}])"),
            wrong + "rules[0] is of an event and has no \"key\", the event's name");
  EXPECT_EQ(fault(R"([{"type": "TRACK", "key": 5}])"), wrong + "rules[0].key is no text");
  EXPECT_EQ(fault(R"([{"type": "TRACK", "key": "\u001b[2J"}])"),
            wrong + "rules[0].key has a name with control characters");
  EXPECT_EQ(fault(R"([{"type": "TRACK", "key": "E", "version": "1"}])"),
            wrong + "rules[0].version is no whole number");
}

TEST(PlanFile, WhatIsNoSchemaIsToldWithItsPlace) {
  EXPECT_EQ(schema_fault("5"), " is no JSON Schema");
  EXPECT_EQ(schema_fault(R"({"type": "text"})"), ".type is no type of JSON, or list of them");
  EXPECT_EQ(schema_fault(R"({"type": ["string", 5]})"),
            ".type is no type of JSON, or list of them");
  EXPECT_EQ(schema_fault(R"({"enum": "a"})"), ".enum is no list");
  EXPECT_EQ(schema_fault(R"({"properties": []})"), ".properties is no map");
  EXPECT_EQ(schema_fault(R"({"required": true})"), ".required is no list of names");
  EXPECT_EQ(schema_fault(R"({"required": [5]})"), ".required is no list of names");
  EXPECT_EQ(schema_fault(R"({"properties": {"properties": {"items": {"type": 5}}}})"),
            ".properties.properties.items.type is no type of JSON, or list of them");
}

TEST(PlanFile, SizeAndDepthAreBounded) {
  EXPECT_EQ(fault(std::string(kMostPlanBytes + 1, ' ')),
            "plan.json: the tracking plan is larger than 16 MB");
  EXPECT_EQ(fault(std::string(1'000'000, '[')),
            "plan.json: not a tracking plan: it is nested deeper than 64 levels");
  EXPECT_EQ(fault(R"([{"type": "TRACK", "key": ")" + std::string(2000, 'a') + R"("}])"),
            "plan.json: not a tracking plan: rules[0].key has a name of more than 1000 bytes");
}

}  // namespace
}  // namespace waltrack
