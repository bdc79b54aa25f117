// All six calls, in their order, with what each of them needs.
#include <gtest/gtest.h>

#include "mapping/mapping_folder.hpp"
#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

std::vector<json> events(const Mapped& mapped) {
  std::vector<json> all;
  for (const auto& event : mapped.sink.events)
    all.push_back(json::parse(event.json));
  return all;
}

TEST(Calls, OneRowGivesAnOrderedSequence) {
  Mapped mapped(R"(
table: users
user_id: id
identify: { traits: { email: email } }
group: { group_id: city, traits: { name: city } }
track: { event: Signed Up }
page: { name: Welcome, category: Onboarding, properties: { plan: plan } }
screen: { name: Home }
alias: { previous_id: device_id }
)");
  mapped.insert({{"id", "7"}, {"email", "a@b.c"}, {"city", "Oslo"}, {"device_id", "d1"}});
  const std::vector<json> made = events(mapped);
  ASSERT_EQ(made.size(), 6U) << mapped.rejections();
  std::string order;
  for (const json& event : made) {
    order += event["type"].get<std::string>() + " ";
    EXPECT_EQ(event["userId"], "7");
  }
  EXPECT_EQ(order, "identify group track page screen alias ");
  EXPECT_EQ(made[1]["groupId"], "Oslo");
  EXPECT_EQ(made[1]["traits"], json({{"name", "Oslo"}}));
  EXPECT_EQ(made[3]["name"], "Welcome");
  EXPECT_EQ(made[3]["category"], "Onboarding");
  EXPECT_EQ(made[3]["properties"], json({{"plan", nullptr}}));
  EXPECT_EQ(made[4]["properties"], json::object());
  EXPECT_EQ(made[5]["previousId"], "d1");
  EXPECT_FALSE(made[5].contains("traits"));
  EXPECT_FALSE(made[5].contains("properties"));
  EXPECT_TRUE(made[5].contains("context"));
}

TEST(Calls, RulesAreNamedByCallAndEvent) {
  Mapped mapped(R"(
table: users
user_id: id
group: { group_id: city }
track: [{ event: A }, { event: { $sql: plan } }, { event: A, id: again }]
page: [{ name: Home }, {}]
)");
  std::string ids;
  for (const Rule* rule : mapped.mapper->rules())
    ids += rule->id + " ";
  EXPECT_EQ(ids, "group track/A track/$sql again page/Home page ");
}

TEST(Calls, RowCanDecideTheEventsName) {
  Mapped mapped("table: users\nuser_id: id\ntrack: { event: { $sql: \"'Plan ' || plan\" } }\n");
  mapped.insert({{"id", "7"}, {"plan", "pro"}});
  EXPECT_EQ(mapped.event()["event"], "Plan pro");
}

struct Needed {
  const char* call;
  const char* rejection;
};

TEST(Calls, WhatACallCannotDoWithoutIsADeadLetter) {
  for (const Needed& one : {
           Needed{"group: { group_id: city }", "group: no_group: group_id gave nothing\n"},
           Needed{"alias: { previous_id: device_id }",
                  "alias: no_previous_id: previous_id gave nothing\n"},
           Needed{"track: { event: { $sql: plan } }", "track/$sql: no_event: event gave nothing\n"},
       }) {
    Mapped mapped("table: users\nuser_id: id\n" + std::string(one.call) + "\n");
    mapped.insert({{"id", "7"}});
    EXPECT_TRUE(mapped.sink.events.empty());
    EXPECT_EQ(mapped.rejections(), one.rejection);
  }
}

TEST(Calls, PageMayHaveNoName) {
  Mapped mapped("table: users\nuser_id: id\npage: { name: { $sql: plan } }\n");
  mapped.insert({{"id", "7"}});
  EXPECT_FALSE(mapped.event().contains("name"));
}

TEST(Calls, AliasHasNoAnonymousUser) {
  Mapped mapped(
      "table: users\nuser_id: email\nanonymous_id: device_id\nalias: { previous_id: id }\n");
  mapped.insert({{"id", "7"}, {"device_id", "d1"}});
  EXPECT_EQ(mapped.rejections(), "alias: no_user: neither user_id nor anonymous_id gave an id\n");
}

TEST(Calls, WhatIsNotEnabledIsNotThere) {
  Mapped mapped(R"(
table: users
user_id: id
track: [{ event: A, enabled: false }, { event: A }]
---
table: no.such_table
enabled: false
track: { event: B }
)");
  EXPECT_EQ(mapped.mapper->rules().size(), 1U);
}

TEST(Calls, ShadowIsOfTheDocumentOrOfTheCall) {
  Mapped mapped(R"(
table: users
user_id: id
track: [{ event: A, shadow: true }, { event: B }]
---
table: users
shadow: true
user_id: id
track: { event: C }
)");
  std::string shadows;
  for (const Rule* rule : mapped.mapper->rules())
    shadows += rule->shadow ? "s" : "-";
  EXPECT_EQ(shadows, "s-s");
}

TEST(Messages, ContentIsTheOneColumn) {
  Diagnostics diagnostics;
  auto mapper = compile(R"(
message: shop.checkout
user_id: content ->> 'user'
track:
  event: Checkout Started
  properties: { cart: content -> 'cart', op: event.op, from: event.table_name, at: event.committed_at }
)",
                        {}, diagnostics);
  ASSERT_NE(mapper, nullptr) << diagnostics.text();
  const Table table = message_table("shop.checkout");
  FakeSink sink;
  TestChange inside(table, Op::message);
  inside.now({{"content", R"({"user":"u1","cart":[1]})"}});
  mapper->map(inside.transaction(), inside.change(), sink);
  TestChange outside(table, Op::message);
  outside.now({{"content", R"({"user":"u2","cart":[2]})"}}).at(0, 5);
  mapper->map(outside.transaction(), outside.change(), sink);
  ASSERT_EQ(sink.events.size(), 2U);
  const json first = json::parse(sink.events[0].json);
  EXPECT_EQ(first["userId"], "u1");
  EXPECT_EQ(first["properties"], json::parse(R"({"cart":[1],"op":"message","from":"shop.checkout",
      "at":"2026-11-23T12:37:33.098093Z"})"));
  const json second = json::parse(sink.events[1].json);
  EXPECT_FALSE(second.contains("timestamp"));  // there is no commit time
  EXPECT_EQ(second["properties"]["at"], nullptr);
  EXPECT_EQ(mapper->rules()[0]->table, "message:shop.checkout");
}

class Globs : public testing::Test {
 protected:
  static Table tenant(const std::string& schema, ReplicaIdentity identity = ReplicaIdentity::key) {
    Table table = users_table(identity);
    table.schema = schema;
    table.id = next_id_++;
    return table;
  }

  void map(const Table& table, FakeSink& sink) {
    TestChange change(table, Op::insert);
    change.now({{"id", "7"}});
    mapper_->map(change.transaction(), change.change(), sink);
  }

  inline static uint32_t next_id_ = 0;
  Diagnostics diagnostics_;
  std::unique_ptr<Mapper> mapper_;
};

TEST_F(Globs, RuleIsMadeForEachTableUnderItsResolvedName) {
  const Table a = tenant("tenant_a");
  const Table b = tenant("tenant_b");
  const Table other = tenant("public");
  mapper_ = compile("table: [\"tenant_*.users\"]\nuser_id: id\ntrack: { event: E }\n",
                    {a, b, other}, diagnostics_);
  ASSERT_NE(mapper_, nullptr) << diagnostics_.text();
  FakeSink sink;
  for (const Table* table : {&a, &b, &other})
    map(*table, sink);
  ASSERT_EQ(sink.events.size(), 2U);
  EXPECT_EQ(mapper_->rules()[0]->table, "tenant_a.users");
  EXPECT_EQ(mapper_->rules()[1]->table, "tenant_b.users");
}

TEST_F(Globs, TableThatIsMadeLaterGetsItsRules) {
  const Table a = tenant("tenant_a");
  mapper_ = compile("table: tenant_*.users\nuser_id: id\ntrack: { event: E }\n", {a}, diagnostics_);
  ASSERT_NE(mapper_, nullptr) << diagnostics_.text();
  const Table late = tenant("tenant_late");
  FakeSink sink;
  map(late, sink);
  map(late, sink);
  map(tenant("other"), sink);
  EXPECT_EQ(sink.events.size(), 2U);
  ASSERT_EQ(mapper_->rules().size(), 2U);
  EXPECT_EQ(mapper_->rules()[1]->table, "tenant_late.users");
  EXPECT_EQ(mapper_->rules()[1]->index, 1U);
}

TEST_F(Globs, SameFaultInManyTablesIsToldOnce) {
  compile("table: tenant_*.users\nuser_id: idd\ntrack: { event: E }\n",
          {tenant("tenant_a"), tenant("tenant_b")}, diagnostics_);
  EXPECT_EQ(diagnostics_.error_count(), 1) << diagnostics_.text();
}

TEST_F(Globs, TableThatDoesNotFitLeavesItsRuleOutAndTheOthersIn) {
  const Table fits = tenant("tenant_a");
  Table lacking = tenant("tenant_b");
  lacking.columns.resize(4);  // id, email, name, plan
  const std::string yaml =
      "table: tenant_*.users\nuser_id: id\ntrack:\n  - { event: City Seen, properties: { city: "
      "city } }\n  - { event: Plan Seen, properties: { plan: plan } }\n";
  mapper_ = compile(yaml, {fits, lacking}, diagnostics_);
  ASSERT_NE(mapper_, nullptr) << diagnostics_.text();
  EXPECT_NE(
      diagnostics_.text().find("'city' of tenant_b.users: the rule is left out for this table"),
      std::string::npos)
      << diagnostics_.text();
  FakeSink sink;
  map(fits, sink);
  map(lacking, sink);
  EXPECT_EQ(sink.events.size(), 3U);
  Diagnostics alone;
  EXPECT_EQ(compile(yaml, {lacking}, alone), nullptr) << "what fits no table is an error";
}

TEST_F(Globs, AreFollowedAsWhatTheyMatchAndAsThemselves) {
  Diagnostics diagnostics;
  const std::vector<MappingFile> files = {read_mapping_file(
      "table: [a, tenant_*.users]\nuser_id: id\ntrack: { event: E }\n---\nmessage: m\nuser_id: "
      "content\ntrack: { event: E }\n---\ntable: b\nenabled: false\ntrack: { event: E }\n",
      "m.yaml", diagnostics)};
  const std::vector<TableName> existing = {{"tenant_a", "users"}, {"tenant_a", "orders"}};
  const Followed wanted = followed(files, existing);
  EXPECT_EQ(wanted.tables, (std::vector<TableName>{{"public", "a"}, {"tenant_a", "users"}}));
  ASSERT_EQ(wanted.globs.size(), 1U);
  EXPECT_EQ(wanted.globs[0].full_name(), "tenant_*.users");
  EXPECT_EQ(wanted.message_prefixes, std::vector<std::string>{"m"});
}

}  // namespace
}  // namespace waltrack
