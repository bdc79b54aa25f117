#include "workshop/tracking_plan.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workshop/planned.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::json;

Json plan_of(const std::string& calls, const std::string& identity = "full") {
  return Json::parse(make_tracking_plan(Planned(kUsers + calls, identity).rules).text)["rules"];
}

// The schema of the first rule's properties or traits.
Json body(const Json& rules) {
  const std::string type = rules.at(0)["type"];
  return rules.at(0)["jsonSchema"]["properties"][plan_body_key(type)];
}

Json properties(const std::string& yaml, const std::string& more = "") {
  return body(
      plan_of("track:\n  event: E\n" + more + "  properties: " + yaml + "\n"))["properties"];
}

Json required(const std::string& yaml, const std::string& identity, const std::string& on) {
  const Json schema =
      body(plan_of("track:\n  event: E\n  on: " + on + "\n  properties: " + yaml + "\n", identity));
  return schema.value("required", Json::array());
}

TEST(TrackingPlan, RuleIsAsSegmentTakesIt) {
  const Json rules = plan_of("track:\n  event: Signed Up\n  properties: { seats: seats }\n");
  EXPECT_EQ(rules, Json::parse(R"([{
    "type": "TRACK", "key": "Signed Up", "version": 1,
    "jsonSchema": {
      "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
      "properties": {
        "context": {}, "traits": {},
        "properties": {"type": "object", "properties": {"seats": {"type": "integer"}},
                       "required": ["seats"]}}}}])"));
}

TEST(TrackingPlan, TypesComeFromTheColumns) {
  EXPECT_EQ(properties("{ a: email, b: plan, c: seats, d: fee, e: paying, f: created_at, g: prefs, "
                       "h: tags }"),
            Json::parse(R"({"a": {"type": "string"}, "b": {"type": ["string", "null"]},
    "c": {"type": "integer"}, "d": {"type": ["number", "null"]}, "e": {"type": "boolean"},
    "f": {"type": "string", "format": "date-time"}, "g": {}, "h": {"type": ["array", "null"]}})"));
}

TEST(TrackingPlan, ExpressionsAreWhatTheirFormSays) {
  EXPECT_EQ(
      properties("{ a: lower(email), b: plan = 'pro', c: { $sql: lower(email), $type: string } }"),
      Json::parse(R"({"a": {}, "b": {"type": ["boolean", "null"]},
                                       "c": {"type": ["string", "null"]}})"));
}

TEST(TrackingPlan, LiteralsAndClosedMapsAreEnumerated) {
  EXPECT_EQ(properties("{ a: { $literal: web }, b: 5, c: true, d: null, "
                       "e: { $sql: plan, $map: { t: Trial, $else: Other } }, "
                       "f: { $sql: plan, $map: { t: Trial } } }"),
            Json::parse(R"({"a": {"type": "string", "enum": ["web"]},
    "b": {"type": "integer", "enum": [5]}, "c": {"type": "boolean", "enum": [true]},
    "d": {"type": "null"}, "e": {"type": ["string", "null"], "enum": ["Other", "Trial", null]},
    "f": {"type": ["string", "null"]}})"));
}

TEST(TrackingPlan, ObjectsAndListsNest) {
  EXPECT_EQ(properties("{ a: { b: seats, c: { d: plan } }, e: [seats, plan] }"), Json::parse(R"({
    "a": {"type": "object", "required": ["b", "c"], "properties": {
      "b": {"type": "integer"},
      "c": {"type": "object", "required": ["d"],
            "properties": {"d": {"type": ["string", "null"]}}}}},
    "e": {"type": "array", "items": {"type": ["string", "integer", "null"]}}})"));
}

TEST(TrackingPlan, OmittedNullsAreNeitherRequiredNorNull) {
  const Json schema =
      body(plan_of("identify: { traits: { a: { $sql: plan, $null: omit }, b: plan } }\n"));
  EXPECT_EQ(schema["required"], Json({"b"}));
  EXPECT_EQ(schema["properties"]["a"], Json({{"type", "string"}}));
}

TEST(TrackingPlan, WhatTheServerMayNotSendIsNotRequired) {
  const std::string yaml = "{ id: id, email: email, low: lower(email), seats: seats }";
  EXPECT_EQ(required(yaml, "key", "insert"), Json({"email", "id", "low", "seats"}));
  EXPECT_EQ(required(yaml, "key", "update"), Json({"id", "seats"}));
  EXPECT_EQ(required(yaml, "full", "update"), Json({"email", "id", "low", "seats"}));
  EXPECT_EQ(required(yaml, "key", "delete"), Json({"id"}));
  EXPECT_EQ(required("{ list: [id, email] }", "key", "update"), Json::array());
}

TEST(TrackingPlan, OnlyChangedRequiresNothing) {
  EXPECT_FALSE(body(plan_of("identify: { only_changed: true, traits: { seats: seats } }\n"))
                   .contains("required"));
}

TEST(TrackingPlan, RulesOfOneEventAreMerged) {
  const Json rules = plan_of(R"(track:
  - { event: E, id: one, properties: { a: seats, b: seats, c: { $literal: x } } }
  - { event: E, id: two, properties: { a: plan, c: { $literal: y }, d: fee } }
)");
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(body(rules), Json::parse(R"({"type": "object", "required": ["a", "c"], "properties": {
    "a": {"type": ["string", "integer", "null"]}, "b": {"type": "integer"},
    "c": {"type": "string", "enum": ["x", "y"]}, "d": {"type": ["number", "null"]}}})"));
}

TEST(TrackingPlan, BodyOfOneExpressionRequiresNothing) {
  const Json rules = plan_of(R"(track:
  - { event: E, id: one, properties: { a: seats } }
  - { event: E, id: two, properties: prefs }
)");
  EXPECT_FALSE(body(rules).contains("required"));
}

TEST(TrackingPlan, EventsStandBeforeUsersGroupsAndPages) {
  const Json rules = plan_of(R"(screen: { name: Start }
page: [ { name: Home }, { id: any, name: { $sql: plan } } ]
group: { group_id: plan }
identify: {}
alias: { previous_id: plan }
track: [ { event: B }, { event: A } ]
)");
  std::string found;
  for (const Json& rule : rules)
    found += rule["type"].get<std::string>() + " " + rule["key"].dump() + "\n";
  EXPECT_EQ(found, R"(TRACK "A"
TRACK "B"
IDENTIFY null
GROUP null
PAGE null
PAGE "Home"
SCREEN "Start"
)");
}

TEST(TrackingPlan, EventsThatARowNamesAreLeftOut) {
  const Planned planned(kUsers + "track: { event: { $sql: plan } }\n");
  const TrackingPlan plan = make_tracking_plan(planned.rules);
  EXPECT_EQ(Json::parse(plan.text), Json::parse(R"({"rules": []})"));
  ASSERT_EQ(plan.left_out.size(), 1U);
  EXPECT_EQ(plan.left_out[0]->place.text(), "m.yaml:3:8");
}

TEST(TrackingPlan, MessagesAlwaysHaveTheirContent) {
  const Planned planned(
      "message: p\nuser_id: content\ntrack: { event: E, properties: { c: content } }\n");
  EXPECT_EQ(body(Json::parse(make_tracking_plan(planned.rules).text)["rules"])["required"],
            Json({"c"}));
}

}  // namespace
}  // namespace waltrack
