#include "mapping/rule_lints.hpp"

#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

// "error 3:5 message" a line, without hints.
std::string told(std::string_view yaml, Table table = users_table(ReplicaIdentity::full)) {
  Diagnostics diagnostics;
  compile(yaml, {std::move(table)}, diagnostics);
  std::string text;
  for (const Diagnostic& one : diagnostics.all()) {
    text += one.severity == Severity::error ? "error " : "warning ";
    text += std::to_string(one.place.line) + ":" + std::to_string(one.place.column) + " " +
            one.message + "\n";
  }
  return text;
}

std::string event(const std::string& name) {
  return told("table: users\nuser_id: id\ntrack: { event: " + name + " }\n");
}

TEST(RuleLints, EventIsAnObjectAndAnAction) {
  for (const char* fine : {"Order Completed", "OAuth Token 2 Issued", "3D Model Viewed", "SMS Sent",
                           "Überweisung Ausgeführt"}) {
    EXPECT_EQ(event(fine), "") << fine;
  }
  for (const char* odd : {"order completed", "OrderCompleted", "order_completed", "Signup",
                          "Order  Completed", "ORDER COMPLETED"}) {
    EXPECT_EQ(event(odd),
              "warning 3:17 '" + std::string(odd) + "' is no \"Object Action\" in Title Case\n");
  }
}

TEST(RuleLints, NameInTitleCaseIsSuggested) {
  Diagnostics diagnostics;
  compile("table: users\nuser_id: id\ntrack: { event: orderCompleted }\n", {users_table()},
          diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1U);
  EXPECT_EQ(diagnostics.all()[0].hint, "as in 'Order Completed'");
}

TEST(RuleLints, NameThatTheRowDecidesIsToldOf) {
  EXPECT_EQ(event("{ $sql: \"'Plan ' || role\" }"),
            "warning 3:26 a name that the row decides: each value becomes an event of its own\n");
}

Table secretive() {
  Table table = users_table(ReplicaIdentity::full);
  table.columns.push_back(column("password_hash", ValueKind::text));
  return table;
}

TEST(RuleLints, SecretIsRefusedUnlessAcknowledged) {
  const std::string head = "table: users\nuser_id: id\n";
  const std::string refused = "error 3:30 column 'password_hash' looks like a secret\n";
  EXPECT_EQ(told(head + "identify: { traits: { a: 1, p: password_hash } }\n", secretive()),
            "error 3:32 column 'password_hash' looks like a secret\n");
  EXPECT_EQ(told(head + "identify: { traits: { p: lower(password_hash) } }\n", secretive()),
            "error 3:26 column 'password_hash' looks like a secret\n");
  EXPECT_EQ(told(head + "acknowledge_pii: password_hash\nidentify: { traits: { p: "
                        "password_hash } }\n",
                 secretive()),
            "");
  EXPECT_EQ(told(head + "identify: { traits: { p: password_hash is not null } }\n", secretive()),
            "");
  EXPECT_EQ(told(head + "when: password_hash is not null\nidentify: {}\n", secretive()), "");
}

TEST(RuleLints, AcknowledgedColumnMustBeThere) {
  EXPECT_EQ(told("table: users\nuser_id: id\nacknowledge_pii: [emial]\nidentify: {}\n"),
            "error 1:1 acknowledge_pii: unknown column 'emial' of public.users\n");
}

TEST(RuleLints, PersonalDataOutsideOfTraitsIsToldOf) {
  const std::string call = "table: users\nuser_id: id\ntrack:\n  event: Thing Done\n";
  EXPECT_EQ(told(call + "  properties: { to: email }\n"),
            "warning 5:21 column 'email' looks personal\n");
  EXPECT_EQ(told(call + "  properties: { to: { $sql: email, $hash: sha256 } }\n"), "");
  EXPECT_EQ(told(call + "  properties: { has: email is not null }\n"), "");
  EXPECT_EQ(told("acknowledge_pii: email\n" + call + "  properties: { to: email }\n"), "");
  EXPECT_EQ(told("table: users\nuser_id: id\nidentify: { traits: { email: email } }\n"), "");
  EXPECT_EQ(told("table: users\nuser_id: id\nidentify: { traits: { $columns: [email] } }\n"),
            "warning 3:33 column 'email' looks personal\n");
}

TEST(RuleLints, ColumnInTheContextIsNotTheLibrary) {
  Table table = users_table();
  table.columns.push_back(column("library", ValueKind::text));
  EXPECT_EQ(
      told("table: users\nuser_id: id\nidentify: { context: { $columns: [library] } }\n", table),
      "error 3:34 context.library is always waltrack's own\n");
}

TEST(RuleLints, ExistingRowsThatHappenedHaveATime) {
  const std::string head = "table: users\nuser_id: id\n";
  const std::string call = "track:\n  event: Thing Done\n  on: [insert, backfill]\n";
  EXPECT_EQ(told(head + call),
            "warning 4:3 a row that is backfilled has no commit time: Segment will date this event "
            "to the moment it arrives\n");
  EXPECT_EQ(told(head + call + "  timestamp: created_at\n"), "");
  EXPECT_EQ(told(head + "timestamp: created_at\n" + call), "");
  EXPECT_EQ(told(head + call + "  timestamp: null\n"), "");
  EXPECT_EQ(told(head + "identify: { on: backfill }\n"), "");
}

TEST(RuleLints, ConditionThatNoExistingRowMeetsIsToldOf) {
  const std::string head = "table: users\nuser_id: id\nidentify:\n  on: [update, backfill]\n";
  const std::string never = " of a row that is backfilled this is never true: it has no old row\n";
  EXPECT_EQ(told(head + "  when: old.plan = 'free'\n"), "warning 5:9" + never);
  EXPECT_EQ(told(head + "  when: old.verified\n"), "warning 5:9" + never);
  EXPECT_EQ(told(head + "  when: event.op = 'update'\n"), "warning 5:9" + never);
  for (const char* fine : {"old.plan is null", "changed.plan", "plan = old.plan", "false",
                           "event.op = 'backfill'", "event.lsn is null"}) {
    EXPECT_EQ(told(head + "  when: " + fine + "\n"), "") << fine;
  }
  // Nobody asked for existing rows here.
  EXPECT_EQ(told("table: users\nuser_id: id\nidentify: { when: old.verified }\n"), "");
}

TEST(RuleLints, ReservedNamesHaveTheirTypes) {
  EXPECT_EQ(told("table: users\nuser_id: id\nidentify:\n  traits:\n    email: seats\n"
                 "    address: plan\n    createdAt: created_at\n    age: seats\n"
                 "    company: plan\n    phone: lower(plan)\n    birthday: born\n"),
            "warning 5:12 'email' is a reserved trait: destinations expect a text\n"
            "warning 6:14 'address' is a reserved trait: destinations expect an object with "
            "street, city, state, …\n"
            "warning 9:14 'company' is a reserved trait: destinations expect an object with name, "
            "id, industry, …\n");
  EXPECT_EQ(told("table: users\nuser_id: id\ntrack:\n  event: Thing Done\n  properties:\n"
                 "    revenue: plan\n    value: fee\n    currency: plan\n"),
            "warning 6:14 'revenue' is a reserved property: destinations expect a number\n");
}

TEST(RuleLints, UserThatMayBeMissingIsToldOf) {
  const std::string rest = "track: { event: Thing Done }\n";
  const std::string warned = "warning 2:10 'plan' can be null: such a row becomes a dead letter\n";
  EXPECT_EQ(told("table: users\nuser_id: plan\n" + rest), warned);
  EXPECT_EQ(told("table: users\nuser_id: plan\nwhen: plan is not null\n" + rest), "");
  EXPECT_EQ(told("table: users\nuser_id: plan\nanonymous_id: device_id\n" + rest), "");
  EXPECT_EQ(told("table: users\nuser_id: id\n" + rest), "");
}

TEST(RuleLints, LiteralThatIsAColumnsNameTooIsToldOf) {
  Table table = users_table();
  table.columns.push_back(column("null", ValueKind::text));
  EXPECT_EQ(told("table: users\nuser_id: id\nidentify: { traits: { a: \"null\", b: new.null } }\n",
                 table),
            "warning 3:26 'null' is itself here, not the column of that name\n");
}

TEST(RuleLints, IdAcrossSchemasIsToldOf) {
  const std::string rest = "track: { event: Thing Done }\n";
  EXPECT_EQ(told("table: pub*.users\nuser_id: id\n" + rest),
            "warning 2:10 'id' of different schemas may be the same id for different users\n");
  EXPECT_EQ(told("table: pub*.users\nuser_id: event.schema || ':' || id\n" + rest), "");
  EXPECT_EQ(told("table: public.us*\nuser_id: id\n" + rest), "");
}

}  // namespace
TEST(GeneratedColumns, AreTold) {
  Table table = users_table();
  table.columns[*table.find_column("plan")].generated = Generated::stored;
  table.columns[*table.find_column("name")].generated = Generated::when_asked;
  const auto undelivered = [&](std::string_view yaml, bool stored_come) {
    Diagnostics diagnostics;
    const std::unique_ptr<Mapper> mapper = compile(yaml, {table}, diagnostics);
    EXPECT_TRUE(mapper->reads_generated_columns());
    Diagnostics found;
    mapper->tell_generated_columns(stored_come, found);
    return found.text();
  };
  const std::string decides =
      undelivered("table: users\nuser_id: id\ntrack: { event: A, when: plan = 'x' }\n", false);
  EXPECT_TRUE(decides.starts_with(
      "m.yaml:3:26: error: column 'plan' of public.users is generated, and pgoutput does not"))
      << decides;
  constexpr std::string_view kBody =
      "table: users\nuser_id: id\ntrack: { event: A, properties: { p: lower(plan), n: name } }\n";
  const std::string body = undelivered(kBody, false);
  EXPECT_EQ(body.find("error"), std::string::npos) << body;
  EXPECT_NE(body.find("pgoutput does not send it: it is left out"), std::string::npos) << body;
  EXPECT_NE(body.find("generated when it is asked for"), std::string::npos) << body;
  EXPECT_EQ(undelivered(kBody, true).find("pgoutput"), std::string::npos);
}

TEST(Heirs, WithoutAMappingAreAWarning) {
  Table parent = users_table();
  Table child = users_table();
  child.name = "admins";
  parent.heirs = {{"public", "admins"}};
  const auto warnings = [&](const std::string& tables) {
    Diagnostics diagnostics;
    compile("table: " + tables + "\nuser_id: id\ntrack: { event: User Changed }\n", {parent, child},
            diagnostics);
    return diagnostics.text();
  };
  EXPECT_NE(warnings("users").find("tables inherit from public.users"), std::string::npos);
  EXPECT_EQ(warnings("[users, admins]"), "");
}

}  // namespace waltrack
