// What is made of rows that were there already, and of updates of rows that may not have been told.
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "mapping/mapping_harness.hpp"
#include "support/allocation_count.hpp"

namespace waltrack {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

constexpr const char* kIdentify =
    "table: users\nuser_id: id\nidentify: { traits: { plan: plan } }\n";

struct Row {
  Values values = {{"id", "7"}, {"plan", "pro"}};
  std::string key = "7";
};

// The event of one row, by a mapper of its own.
json backfilled(std::string_view yaml, const Row& row = {}) {
  Mapped mapped(yaml);
  mapped.map(TestChange(mapped.table, Op::backfill).now(row.values).key(row.key));
  return mapped.event();
}

std::string id_of(std::string_view yaml, const Row& row = {}) {
  return backfilled(yaml, row)["messageId"];
}

Names columns(std::string_view yaml) {
  const Mapped mapped(yaml, users_table(ReplicaIdentity::full));
  const auto found = mapped.mapper->backfill_columns({"public", "users"});
  return found.value_or(Names{"nothing is asked for"});
}

TEST(BackfilledRow, EventIsWrittenWhole) {
  Mapped mapped(kIdentify);
  mapped.map(TestChange(mapped.table, Op::backfill).now({{"id", "7"}, {"plan", "pro"}}).key("7"));
  ASSERT_EQ(mapped.sink.events.size(), 1U);
  // The id is of this text, whatever waltrack's version.
  std::string id;
  append_backfill_message_id(
      id, test_identity().rule_key("public.users", "identify"), "7",
      R"({"type":"identify","messageId":"","userId":"7","traits":{"plan":"pro"})"
      R"("channel":"server","active":false}})");
  EXPECT_EQ(mapped.sink.events[0].json,
            R"({"type":"identify","messageId":")" + id +
                R"(","userId":"7","traits":{"plan":"pro"},"context":{"library":{"name":"waltrack",)"
                R"("version":")" WALTRACK_VERSION R"("},"channel":"server","active":false}})");
  EXPECT_EQ(mapped.sink.buffer, "what is there already," + mapped.sink.events[0].json);
}

// People rely on it: the second backfill of a row must not be news.
TEST(BackfilledRow, IdNeverChanges) {
  EXPECT_EQ(id_of(kIdentify), "da955758e0c46ebbfe14444e0ced17fe");
}

TEST(BackfilledRow, IdIsTheSameInAnotherOrder) {
  Mapped mapped(kIdentify);
  for (const char* id : {"9", "7", "8", "7"})
    mapped.map(TestChange(mapped.table, Op::backfill).now({{"id", id}, {"plan", "pro"}}).key(id));
  ASSERT_EQ(mapped.sink.events.size(), 4U);
  EXPECT_EQ(json::parse(mapped.sink.events[1].json)["messageId"], id_of(kIdentify));
  EXPECT_EQ(mapped.sink.events[3].json, mapped.sink.events[1].json);
}

TEST(BackfilledRow, IdIsAnotherForAllThatTheEventSays) {
  const std::string head = "table: users\nuser_id: id\n";
  std::set<std::string> ids = {
      id_of(kIdentify),
      id_of(kIdentify, {.values = {{"id", "7"}, {"plan", "free"}}}),
      id_of(kIdentify, {.values = {{"id", "8"}, {"plan", "pro"}}}),
      id_of(kIdentify, {.key = "8"}),
      id_of(head + "identify: { traits: { plan: plan }, id: other }\n"),
      id_of(head + "identify: { traits: { plan: plan }, timestamp: now() }\n"),
      id_of(head + "identify: { traits: { plan: plan }, context: { active: true } }\n"),
      id_of(head + "identify: { traits: { plan: plan }, integrations: { All: false } }\n"),
      id_of(head + "identify: { traits: { plan: plan }, anonymous_id: plan }\n"),
      id_of(head + "group: { group_id: plan, id: identify }\n"),
  };
  EXPECT_EQ(ids.size(), 10U);
}

TEST(BackfilledRow, TimeIsTheMappingsOrNone) {
  const std::string call = "table: users\nuser_id: id\ntrack:\n  event: E\n  on: backfill\n";
  EXPECT_FALSE(backfilled(call).contains("timestamp"));
  const std::string dated = call + "  timestamp: created_at\n";
  EXPECT_FALSE(backfilled(dated).contains("timestamp"));
  EXPECT_EQ(backfilled(dated, {.values = {{"id", "7"},
                                          {"created_at", "2020-01-02 03:04:05+00"}}})["timestamp"],
            "2020-01-02T03:04:05.000000Z");
}

TEST(BackfilledRow, NobodyIsActiveUnlessTheMappingSaysSo) {
  const auto active = [](const std::string& context) {
    Mapped mapped("table: users\nuser_id: id\nidentify: { context: " + context + " }\n");
    mapped.map(TestChange(mapped.table, Op::backfill).now({{"id", "7"}, {"verified", "t"}}));
    const std::string& event = mapped.sink.events.at(0).json;
    EXPECT_EQ(event.find("\"active\":"), event.rfind("\"active\":"));
    return json::parse(event)["context"]["active"];
  };
  EXPECT_EQ(active("{ ip: city }"), false);
  EXPECT_EQ(active("{ active: true }"), true);
  EXPECT_EQ(active("{ active: verified }"), true);
  EXPECT_EQ(active("{ active: is_test }"), nullptr);
  EXPECT_EQ(active("{ $columns: [verified], active: verified }"), true);
}

TEST(BackfilledRow, ActiveColumnAmongOthersIsTheMappingsOwn) {
  Table table = users_table();
  table.columns.push_back(column("active", ValueKind::boolean));
  table.columns.push_back(column("channel", ValueKind::text));
  Mapped mapped(
      "table: users\nuser_id: id\nidentify: { context: { $columns: [active, channel] } }\n", table);
  mapped.map(TestChange(mapped.table, Op::backfill)
                 .now({{"id", "7"}, {"active", "t"}, {"channel", "shop"}}));
  const std::string& event = mapped.sink.events.at(0).json;
  EXPECT_NE(event.find(R"("},"active":true,"channel":"shop"}})"), std::string::npos) << event;
}

TEST(BackfilledRow, StreamedRowsSayNothingOfBeingActive) {
  Mapped mapped(kIdentify);
  mapped.insert({{"id", "7"}});
  EXPECT_FALSE(mapped.event()["context"].contains("active"));
}

TEST(BackfilledRow, HasNoPlaceInTheLogAndTheClockOfItsBackfill) {
  EXPECT_EQ(backfilled(track("    op: event.op\n    lsn: event.lsn\n    xid: event.xid\n"
                             "    at: event.committed_at\n    table: event.table_name\n"
                             "    sql: coalesce(event.lsn, event.xid, event.committed_at, 'none')\n"
                             "    now: now()\n    today: date()\n",
                             "  on: backfill\n"))["properties"],
            json::parse(R"({"op":"backfill","lsn":null,"xid":null,"at":null,"table":"users",
                            "sql":"none","now":"2026-11-23T12:30:00.000000Z",
                            "today":"2026-11-23"})"));
}

TEST(BackfilledRow, ClockOfACommitGoesFirst) {
  Mapped mapped(track("    now: now()\n"));
  mapped.map(TestChange(mapped.table, Op::insert).now({{"id", "7"}}).clock(1));
  EXPECT_EQ(mapped.properties()["now"], "2026-11-23T12:37:33.098093Z");
}

TEST(BackfilledRow, ColumnThatWasNotReadIsNoMatterOfReplicaIdentity) {
  Mapped mapped("table: users\nuser_id: id\nidentify: { when: plan = 'pro' }\n");
  Table layout = mapped.table;
  layout.id = 5;
  layout.whole = false;
  layout.columns.resize(1);
  mapped.map(TestChange(layout, Op::backfill).now({{"id", "7"}}));
  EXPECT_EQ(mapped.rejections(),
            "identify: unavailable_column: when: column 'plan' was not read with this row\n");
  mapped.sink.rejections.clear();
  mapped.map(TestChange(mapped.table, Op::backfill).now({{"id", "7"}, {"plan", kUnavailable}}));
  EXPECT_EQ(mapped.rejections(),
            "identify: unavailable_column: when: column 'plan' was not read with this row\n");
}

TEST(BackfilledRow, AllocatesNothing) {
  Mapped mapped("table: users\nuser_id: id\nidentify: { traits: { email: email, plan: plan } }\n");
  TestChange change(mapped.table, Op::backfill);
  change.now({{"id", "7"}, {"email", std::string(60, 'e')}, {"plan", "pro"}}).key("7");
  class CountingSink final : public EventSink {
   public:
    std::string* open(const Rule&, const EventIdentity&) override {
      buffer.clear();
      return &buffer;
    }
    void close() override { ++events; }
    void abandon() override {}
    void reject(const Rule&, std::string_view, std::string_view) override {}
    std::string buffer;
    int events = 0;
  } sink;
  for (int i = 0; i < 3; ++i)
    mapped.mapper->map(change.transaction(), change.change(), sink);
  const size_t before = allocation_count();
  for (int i = 0; i < 100; ++i)
    mapped.mapper->map(change.transaction(), change.change(), sink);
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_EQ(sink.events, 103);
}

TEST(BackfillColumns, AreThoseOfTheRulesThatHearOfSuchRows) {
  EXPECT_EQ(columns(R"(
table: users
user_id: id
when: is_test is not true
identify:
  when: changed.role
  anonymous_id: device_id
  timestamp: created_at
  context: { city: city }
  integrations: { Mixpanel: verified }
  traits: { name: lower(name), old: old.plan, list: [seats], in: { fee: fee } }
track:
  event: Thing Done
  on: [insert, update, delete]
  properties: { email: email }
)"),
            (Names{"id", "name", "plan", "role", "verified", "is_test", "seats", "fee",
                   "created_at", "city", "device_id"}));
}

TEST(BackfillColumns, OfAllColumnsAreAllButThoseLeftOut) {
  Names all;
  for (const Column& column : users_table().columns)
    all.push_back(column.name);
  std::erase(all, "avatar");
  EXPECT_EQ(columns("table: users\nuser_id: id\nidentify: { traits: { $columns: '*', $except: "
                    "avatar } }\n"),
            all);
}

TEST(BackfillColumns, OfSeveralRulesAreTogether) {
  EXPECT_EQ(columns("table: users\nuser_id: id\ntimestamp: created_at\nidentify: {}\n---\n"
                    "table: users\nuser_id: id\n"
                    "group: { group_id: plan }\n"),
            (Names{"id", "plan", "created_at"}));
}

TEST(BackfillColumns, MayBeNone) {
  EXPECT_EQ(columns("table: users\nuser_id: { $literal: all }\nidentify: {}\n"), Names{});
}

TEST(BackfillColumns, AreNothingWithoutARuleForSuchRows) {
  const Mapped mapped("table: users\nuser_id: id\ntrack: { event: Thing Done }\n");
  EXPECT_EQ(mapped.mapper->backfill_columns({"public", "users"}), std::nullopt);
  EXPECT_EQ(mapped.mapper->backfill_columns({"public", "orders"}), std::nullopt);
  EXPECT_EQ(mapped.mapper->backfill_columns({"other", "users"}), std::nullopt);
}

TEST(BackfillColumns, OfATableThatIsYoungerThanTheMapperAreFound) {
  Diagnostics diagnostics;
  std::vector<MappingFile> files = {
      read_mapping_file("table: 't*.users'\nuser_id: id\nidentify: { traits: { plan: plan } }\n",
                        "m.yaml", diagnostics)};
  Table young = users_table();
  young.schema = "t2";
  const std::unique_ptr<Mapper> mapper =
      compile_mappings(files, {}, test_identity(), diagnostics, {}, [&](const TableName& name) {
        return name.schema == "t2" ? std::optional<Table>(young) : std::nullopt;
      });
  ASSERT_TRUE(mapper) << diagnostics.text();
  EXPECT_EQ(mapper->backfill_columns({"t2", "users"}), (Names{"id", "plan"}));
  EXPECT_EQ(mapper->backfill_columns({"t3", "users"}), std::nullopt);
  EXPECT_EQ(mapper->backfill_columns({"other", "users"}), std::nullopt);
  FakeSink sink;
  const TestChange change(young, Op::insert);
  mapper->map(change.transaction(), change.change(), sink);
  EXPECT_EQ(mapper->rules().size(), 1U);
  EXPECT_EQ(mapper->backfill_columns({"t2", "users"}), (Names{"id", "plan"}));
}

TEST(BackfillColumns, AreAllThatALayoutNeedsToHave) {
  Mapped mapped(
      "table: users\nuser_id: id\nidentify: { traits: { plan: plan } }\n"
      "track: { event: Thing Done, on: [insert, delete], properties: { name: name } }\n");
  Table layout = mapped.table;
  layout.id = 1;
  std::erase_if(layout.columns,
                [](const Column& one) { return one.name != "id" && one.name != "plan"; });
  testing::internal::CaptureStderr();
  mapped.map(TestChange(layout, Op::backfill).now({{"id", "7"}, {"plan", "pro"}}).key("7"));
  mapped.insert({{"id", "8"}, {"name", "Ann"}});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");  // nothing is told to be lost
  EXPECT_EQ(mapped.rejections(), "");
  ASSERT_EQ(mapped.sink.events.size(), 3U);
  EXPECT_EQ(json::parse(mapped.sink.events[0].json)["messageId"], id_of(kIdentify));
}

TEST(BackfillColumns, AreNotWhatAStreamedRowOfThatLayoutNeeds) {
  Mapped mapped(
      "table: users\nuser_id: id\nidentify: { traits: { plan: plan } }\n"
      "track: { event: Thing Done, properties: { name: name } }\n");
  Table layout = mapped.table;
  layout.id = 1;
  std::erase_if(layout.columns, [](const Column& one) { return one.name == "name"; });
  mapped.map(TestChange(layout, Op::backfill).now({{"id", "7"}}).key("7"));
  EXPECT_EQ(mapped.rejections(), "");
  mapped.map(TestChange(layout, Op::insert).now({{"id", "7"}}));
  ASSERT_EQ(mapped.sink.rejections.size(), 1U);
  EXPECT_EQ(mapped.sink.rejections[0].reason, "missing_column");
}

TEST(TellAll, UpdateThatSaysTheSameIsSent) {
  Mapped mapped(kIdentify, users_table(ReplicaIdentity::full));
  const Values row = {{"id", "7"}, {"plan", "pro"}};
  mapped.map(TestChange(mapped.table, Op::update).before(row).now(row));
  EXPECT_TRUE(mapped.sink.events.empty());
  mapped.map(TestChange(mapped.table, Op::update).before(row).now(row).tell_all());
  EXPECT_EQ(mapped.event()["traits"]["plan"], "pro");
  EXPECT_TRUE(mapped.event().contains("timestamp"));
}

TEST(TellAll, UpdateIsSentInFull) {
  Mapped mapped(
      "table: users\nuser_id: id\nidentify: { only_changed: true, traits: { plan: plan, "
      "name: name } }\n",
      users_table(ReplicaIdentity::full));
  mapped.map(TestChange(mapped.table, Op::update)
                 .before({{"id", "7"}, {"name", "Ann"}, {"plan", "free"}})
                 .now({{"id", "7"}, {"name", "Ann"}, {"plan", "pro"}})
                 .tell_all());
  EXPECT_EQ(mapped.event()["traits"], json::parse(R"({"plan":"pro","name":"Ann"})"));
}

}  // namespace
}  // namespace waltrack
