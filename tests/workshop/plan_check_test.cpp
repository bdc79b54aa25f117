#include "workshop/plan_check.hpp"

#include <gtest/gtest.h>

#include "workshop/planned.hpp"

namespace waltrack {
namespace {

// What is told of these calls against a plan.
std::string findings(const std::string& calls, const std::string& plan_text,
                     const std::string& identity = "full") {
  const Planned planned(kUsers + calls, identity);
  Diagnostics diagnostics;
  const std::vector<PlannedRule> plan = read_plan(plan_text, "plan.json", diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  check_plan(planned.rules, plan, "plan.json", diagnostics);
  std::string text;
  for (const Diagnostic& one : diagnostics.all())
    text += one.place.text() + (one.severity == Severity::error ? ": " : ": perhaps: ") +
            one.message + (one.hint.starts_with("did") ? " " + one.hint : "") + "\n";
  return text;
}

// The same for the properties of one event against their schema; without place and event.
std::string of_properties(const std::string& properties, const std::string& schema,
                          const std::string& more = "", const std::string& identity = "full") {
  std::string text = findings("track:\n  event: E\n" + more + "  properties: " + properties + "\n",
                              R"([{"type": "TRACK", "key": "E", "jsonSchema": {"properties":
                              {"properties": )" +
                                  schema + "}}}]",
                              identity);
  const std::string begin = "m.yaml:4:3: ";
  for (size_t at = 0; (at = text.find(begin, at)) != std::string::npos;)
    text.erase(at, begin.size());
  for (size_t at = 0; (at = text.find("TRACK 'E': ", at)) != std::string::npos;)
    text.erase(at, 11);
  return text;
}

TEST(PlanCheck, OwnPlanHasNothingAgainstIt) {
  const std::string calls = R"(identify:
  traits: { email: email, plan: { $sql: plan, $null: omit }, source: { $literal: shop } }
group: { group_id: plan, traits: { $columns: "*" } }
page: { name: Home, properties: { a: [seats, plan], b: { c: fee } } }
track:
  - { event: A, properties: { at: created_at, p: plan = 'pro', m: { $sql: plan, $map: { a: b, $else: 5 } } } }
  - { event: A, id: again, on: delete, properties: { at: created_at, more: prefs } }
  - { event: B, properties: prefs }
)";
  for (const std::string identity : {"full", "key"}) {
    const Planned planned(kUsers + calls, identity);
    EXPECT_EQ(findings(calls, make_tracking_plan(planned.rules).text, identity), "");
  }
}

TEST(PlanCheck, UnknownAndUnsentEventsAreTold) {
  EXPECT_EQ(findings("track: { event: Order Placd }\n",
                     R"([{"type": "TRACK", "key": "Order Placed"}, {"type": "GROUP"}])"),
            "m.yaml:3:8: TRACK 'Order Placd': the plan does not know it did you mean 'Order "
            "Placed'?\n"
            "plan.json: perhaps: no mapping sends the plan's GROUP\n"
            "plan.json: perhaps: no mapping sends the plan's TRACK 'Order Placed'\n");
  EXPECT_EQ(findings("identify: {}\n", "[]"), "m.yaml:3:11: IDENTIFY: the plan does not know it\n");
}

TEST(PlanCheck, RuleWithoutAKeyIsAboutAllPages) {
  EXPECT_EQ(findings("page: { name: Home, properties: { a: seats } }\n",
                     R"([{"type": "PAGE", "key": null, "jsonSchema": {"properties": {"properties":
                     {"properties": {"a": {"type": "string"}}}}}}])"),
            "m.yaml:3:7: PAGE 'Home': a is integer, the plan wants string\n");
}

TEST(PlanCheck, EventsThatARowNamesAreNotCompared) {
  EXPECT_EQ(findings("track: { event: { $sql: plan } }\n", "[]"), "");
}

TEST(PlanCheck, PropertiesMustBeInAClosedPlan) {
  const std::string open = R"({"properties": {"seats": {}}})";
  const std::string closed = R"({"properties": {"seats": {}}, "additionalProperties": false})";
  EXPECT_EQ(of_properties("{ seatz: seats }", open), "");
  EXPECT_EQ(of_properties("{ seatz: seats }", closed),
            "the plan has no seatz did you mean 'seats'?\n");
  EXPECT_EQ(of_properties("{ seats: seats }", R"({"properties": {"seats": false}})"),
            "seats is not allowed by the plan\n");
  EXPECT_EQ(of_properties("{ a: { b: seats } }",
                          R"({"properties": {"a": {"additionalProperties": false}}})"),
            "the plan has no a.b\n");
}

TEST(PlanCheck, RequiredPropertiesMustAlwaysBeThere) {
  const std::string schema = R"({"required": ["email"]})";
  EXPECT_EQ(of_properties("{ email: email }", schema), "");
  EXPECT_EQ(of_properties("prefs", schema), "");
  EXPECT_EQ(of_properties("{}", schema), "the plan requires email\n");
  EXPECT_EQ(of_properties("{ email: { $sql: email, $null: omit } }", schema),
            "the plan requires email, which may be left out\n");
  EXPECT_EQ(of_properties("{ email: email }", schema, "  on: update\n", "key"),
            "the plan requires email, which may be left out\n");
}

TEST(PlanCheck, TypesMustFit) {
  const auto typed = [](const std::string& sql, const std::string& type) {
    return of_properties("{ a: " + sql + " }", R"({"properties": {"a": {"type": )" + type + "}}}");
  };
  EXPECT_EQ(typed("seats", R"("number")"), "");
  EXPECT_EQ(typed("seats", R"("string")"), "a is integer, the plan wants string\n");
  EXPECT_EQ(typed("fee", R"(["integer", "null"])"),
            "a is number, the plan wants integer or null\n");
  EXPECT_EQ(typed("created_at", R"("string")"), "");
  EXPECT_EQ(typed("plan", R"("string")"), "a may be null, the plan wants string\n");
  EXPECT_EQ(typed("null", R"("string")"), "a is null, the plan wants string\n");
  EXPECT_EQ(typed("lower(plan)", R"("string")"), "");
  EXPECT_EQ(typed("[seats, plan]", R"("array", "items": {"type": "integer"})"),
            "a[] is string, the plan wants integer\na[] may be null, the plan wants integer\n");
  EXPECT_EQ(typed("email", R"("string", "format": "date-time")"),
            "perhaps: a is a text, the plan wants a date and time\n");
}

TEST(PlanCheck, ValuesMustBeAmongThePlans) {
  const std::string schema = R"({"properties": {"a": {"enum": ["x", 5, null]}}})";
  EXPECT_EQ(of_properties("{ a: { $literal: x } }", schema), "");
  EXPECT_EQ(of_properties("{ a: 5 }", schema), "");
  EXPECT_EQ(of_properties("{ a: email }", schema), "");
  EXPECT_EQ(of_properties("{ a: { $sql: plan, $map: { a: x, $else: y } } }", schema),
            "a can be \"y\", which is not among the plan's values\n");
  EXPECT_EQ(of_properties("{ a: { $sql: plan, $map: { a: x, $else: x } } }",
                          R"({"properties": {"a": {"enum": ["x"]}}})"),
            "a may be null, which is not among the plan's values\n");
}

}  // namespace
}  // namespace waltrack
