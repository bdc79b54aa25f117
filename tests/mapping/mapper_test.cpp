#include "mapping/mapper.hpp"

#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"
#include "support/allocation_count.hpp"

namespace waltrack {
namespace {

constexpr const char* kContext =
    R"("context":{"library":{"name":"waltrack","version":")" WALTRACK_VERSION
    R"("},"channel":"server"})";

std::string message_id(const std::string& rule, MessageKind kind = MessageKind::row) {
  std::string id;
  append_message_id(id, test_identity().rule_key("public.users", rule), kind, 1'795'437'453'098'093,
                    Lsn{0x16'B374'D848}, 3);
  return id;
}

TEST(Mapper, IdentifyEventIsWrittenWhole) {
  Mapped mapped(R"(
table: public.users
user_id: id
anonymous_id: device_id
timestamp: created_at
integrations: { All: true, Mixpanel: false }
identify:
  traits:
    email: lower(email)
    plan: plan
    source: { $literal: web }
)");
  mapped.insert({{"id", "7"},
                 {"device_id", "d-1"},
                 {"email", "A@X"},
                 {"created_at", "2026-01-02 03:04:05+00"}});
  ASSERT_EQ(mapped.sink.events.size(), 1U) << mapped.rejections();
  EXPECT_EQ(mapped.sink.events[0].json,
            R"({"type":"identify","messageId":")" + message_id("identify") +
                R"(","timestamp":"2026-01-02T03:04:05.000000Z","userId":"7","anonymousId":"d-1",)"
                R"("traits":{"email":"a@x","plan":null,"source":"web"},)" +
                kContext + R"(,"integrations":{"All":true,"Mixpanel":false}})");
  EXPECT_EQ(mapped.sink.events[0].rule, "identify");
  EXPECT_EQ(mapped.sink.events[0].user, "7");
  EXPECT_EQ(mapped.sink.events[0].others, std::vector<std::string>{"d-1"});
  EXPECT_EQ(mapped.sink.buffer, "what is there already," + mapped.sink.events[0].json);
}

TEST(Mapper, TrackEventIsWrittenWhole) {
  Mapped mapped(R"(
table: users
user_id: id
track:
  - event: "Order \"Completed\""
    properties: { role: role }
)");
  mapped.insert({{"id", "7"}, {"role", "a\"b"}});
  ASSERT_EQ(mapped.sink.events.size(), 1U);
  EXPECT_EQ(mapped.sink.events[0].json,
            R"({"type":"track","messageId":")" + message_id("track/Order \"Completed\"") +
                R"(","timestamp":"2026-11-23T12:37:33.098093Z","userId":"7",)"
                R"("event":"Order \"Completed\"","properties":{"role":"a\"b"},)" +
                kContext + "}");
}

TEST(Mapper, CallsWithoutPropertiesHaveAnEmptyObject) {
  Mapped mapped("table: users\nuser_id: id\ntrack: { event: E }\nidentify: {}\n");
  mapped.insert({{"id", "7"}});
  ASSERT_EQ(mapped.sink.events.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(mapped.sink.events[0].json)["properties"],
            nlohmann::json::object());
  EXPECT_EQ(nlohmann::json::parse(mapped.sink.events[1].json)["traits"], nlohmann::json::object());
}

TEST(Mapper, DefaultOpsAreThoseOfTheCall) {
  Mapped mapped("table: users\nuser_id: id\nidentify: {}\ntrack: { event: E }\n");
  for (Op op : {Op::insert, Op::update, Op::remove, Op::truncate, Op::backfill}) {
    TestChange change(mapped.table, op);
    if (op == Op::remove || op == Op::update) change.before_key_only({{"id", "7"}});
    if (op != Op::remove && op != Op::truncate) change.now({{"id", "7"}});
    mapped.map(change);
  }
  std::vector<std::string> rules;
  for (const auto& event : mapped.sink.events)
    rules.push_back(event.rule);
  EXPECT_EQ(rules, (std::vector<std::string>{"identify", "track/E", "identify", "identify"}));
  EXPECT_EQ(mapped.rejections(), "");
}

TEST(Mapper, RulesRunInTheOrderOfTheFileAndHaveDenseIndexes) {
  Mapped mapped(R"(
table: users
user_id: id
track: [{ event: B }, { event: A, id: first }]
identify: {}
---
table: users
user_id: id
track: { event: C }
)");
  mapped.insert({{"id", "7"}});
  std::vector<std::string> rules;
  for (const auto& event : mapped.sink.events)
    rules.push_back(event.rule);
  EXPECT_EQ(rules, (std::vector<std::string>{"track/B", "first", "identify", "track/C"}));
  ASSERT_EQ(mapped.mapper->rules().size(), 4U);
  for (uint32_t i = 0; i < 4; ++i)
    EXPECT_EQ(mapped.mapper->rules()[i]->index, i);
}

TEST(Mapper, ARuleKnowsItsTableItsIdItsKeyAndItsPlace) {
  Mapped mapped("table: users\nuser_id: id\ntrack: { event: E }\n");
  ASSERT_EQ(mapped.mapper->rules().size(), 1U);
  const Rule* rule = mapped.mapper->rules()[0];
  EXPECT_EQ(rule->table, "public.users");
  EXPECT_EQ(rule->id, "track/E");
  EXPECT_EQ(rule->place.text(), "m.yaml:3:8");
  RuleKey key = test_identity().rule_key("public.users", "track/E");
  EXPECT_EQ(rule->key.low, key.low);
  EXPECT_EQ(rule->key.high, key.high);
}

TEST(Mapper, TablesWithoutMappingAreLeftAlone) {
  Mapped mapped("table: users\nuser_id: id\ntrack: { event: E }\n");
  Table other = users_table();
  other.id = 5;
  other.name = "orders";
  mapped.map(TestChange(other, Op::insert).now({{"id", "7"}}));
  EXPECT_TRUE(mapped.sink.events.empty());
  EXPECT_EQ(mapped.rejections(), "");
}

TEST(Mapper, TruncateHasItsOwnKindOfMessage) {
  Mapped mapped(R"(
table: users
track:
  event: Table Emptied
  on: truncate
  user_id: "'system'"
  properties: { table: event.table_name, op: event.op }
)");
  mapped.map(TestChange(mapped.table, Op::truncate));
  nlohmann::json event = mapped.event();
  EXPECT_EQ(event["messageId"], message_id("track/Table Emptied", MessageKind::truncate));
  EXPECT_EQ(event["userId"], "system");
  EXPECT_EQ(event["properties"], nlohmann::json::parse(R"({"table":"users","op":"truncate"})"));
}

TEST(Mapper, EventThatIsNotWantedIsNotWritten) {
  Mapped mapped("table: users\nuser_id: id\ntrack: [{ event: E }, { event: F }]\n");
  mapped.sink.unwanted = true;
  mapped.insert({{"id", "7"}});
  EXPECT_TRUE(mapped.sink.events.empty());
  EXPECT_EQ(mapped.sink.buffer, "what is there already,");
  EXPECT_EQ(mapped.rejections(), "");
}

// Who it is about.

TEST(MapperUser, IdsBecomeStrings) {
  struct Case {
    const char* user_id;
    const char* expected;
  };
  for (Case one :
       {Case{"id", "7"}, Case{"id + 1", "8"}, Case{"fee", "12.50"}, Case{"fee * 1", "12.5"},
        Case{"verified", "true"}, Case{"12", "12"}, Case{"\"'u-' || id\"", "u-7"},
        Case{"{ $sql: id }", "7"}, Case{"{ $literal: cron }", "cron"},
        Case{"{ $literal: 'a\"b' }", "a\"b"}, Case{"email", "a\"b"},
        Case{"created_at", "2026-01-02T03:04:05.000000Z"}, Case{"event.xid", "731"},
        Case{"prefs ->> 'u'", "9"}, Case{"prefs -> 'u'", "9"}}) {
    Mapped mapped("table: users\nuser_id: " + std::string(one.user_id) + "\nidentify: {}\n");
    mapped.insert({{"id", "7"},
                   {"fee", "12.50"},
                   {"verified", "t"},
                   {"email", "a\"b"},
                   {"created_at", "2026-01-02 03:04:05+00"},
                   {"prefs", R"({"u":9})"}});
    EXPECT_EQ(mapped.event()["userId"], one.expected) << one.user_id;
    EXPECT_EQ(mapped.sink.events[0].user, one.expected);
    EXPECT_FALSE(mapped.event().contains("anonymousId"));
  }
}

TEST(MapperUser, NullAndEmptyCountAsNone) {
  for (const char* user_id : {"email", "coalesce(email, '')", "nullif(email, 'x')"}) {
    Mapped mapped("table: users\nuser_id: " + std::string(user_id) +
                  "\nanonymous_id: device_id\nidentify: {}\n");
    mapped.insert({{"device_id", "d"}});
    mapped.insert({{"email", ""}, {"device_id", "d"}});
    ASSERT_EQ(mapped.sink.events.size(), 2U) << mapped.rejections();
    for (const auto& event : mapped.sink.events) {
      EXPECT_EQ(event.user, "d");
      EXPECT_EQ(event.others, std::vector<std::string>{});
      EXPECT_FALSE(nlohmann::json::parse(event.json).contains("userId"));
    }
  }
}

TEST(MapperUser, NobodyIsADeadLetter) {
  Mapped mapped("table: users\nuser_id: email\nanonymous_id: device_id\nidentify: {}\n");
  mapped.insert({{"email", ""}});
  EXPECT_TRUE(mapped.sink.events.empty());
  EXPECT_EQ(mapped.rejections(),
            "identify: no_user: neither user_id nor anonymous_id gave an id\n");
}

TEST(MapperUser, CallsOwnKeyReplacesTheDefault) {
  Mapped mapped(R"(
table: users
user_id: id
anonymous_id: device_id
track: { event: E, user_id: email, anonymous_id: null }
)");
  mapped.insert({{"id", "7"}, {"email", "e"}, {"device_id", "d"}});
  EXPECT_EQ(mapped.event()["userId"], "e");
  EXPECT_FALSE(mapped.event().contains("anonymousId"));
}

// When.

TEST(MapperWhen, TrueFiresFalseAndNullDoNot) {
  for (const char* when : {"verified", "verified = true", "\"verified is true\"", "bool(verified)",
                           "changed.verified and verified"}) {
    Mapped mapped(track("    id: id\n", "  when: " + std::string(when) + "\n"));
    mapped.insert({{"id", "1"}, {"verified", "t"}})
        .insert({{"id", "2"}, {"verified", "f"}})
        .insert({{"id", "3"}});
    EXPECT_EQ(mapped.properties()["id"], 1) << when;
    EXPECT_EQ(mapped.rejections(), "") << when;
  }
}

TEST(MapperWhen, ConditionsOfDocumentAndCallAddUp) {
  Mapped mapped(R"(
table: users
user_id: id
when: is_test is not true
track:
  - { event: A, when: seats > 1 }
  - { event: B }
)");
  mapped.insert({{"id", "1"}, {"is_test", "t"}, {"seats", "5"}})
      .insert({{"id", "2"}, {"seats", "1"}})
      .insert({{"id", "3"}, {"is_test", "f"}, {"seats", "2"}});
  std::vector<std::string> made;
  for (const auto& event : mapped.sink.events)
    made.push_back(event.rule + " " + event.user);
  EXPECT_EQ(made, (std::vector<std::string>{"track/B 2", "track/A 3", "track/B 3"}));
}

TEST(MapperWhen, AnythingButTruthFailsTheRow) {
  for (const char* when : {"seats + 1", "email", "prefs -> 'x'", "1.5"}) {
    bool column = std::string_view(when) == "email";
    Mapped mapped(track("    id: id\n", "  when: " + std::string(column ? "email || ''" : when) +
                                            (std::string_view(when) == "1.5" ? " + 0" : "") +
                                            "\n"));
    mapped.insert({{"id", "1"}, {"seats", "5"}, {"email", "t"}, {"prefs", R"({"x":true})"}});
    EXPECT_TRUE(mapped.sink.events.empty()) << when;
    EXPECT_EQ(mapped.rejections(),
              "track/E: expression_failed: when: the condition is neither true, false nor null\n");
  }
}

TEST(MapperWhen, LiteralTrueAndFalse) {
  Mapped mapped(
      "table: users\nuser_id: id\ntrack: [{ event: A, when: true }, "
      "{ event: B, when: false }]\n");
  mapped.insert({{"id", "7"}});
  EXPECT_EQ(mapped.event()["event"], "A");
}

TEST(MapperWhen, WhatDoesNotFireEvaluatesNothingElse) {
  Mapped mapped(track("    p: json_extract(email, '$.a')\n", "  when: seats = 1\n"));
  mapped.insert({{"id", "7"}, {"email", "no json"}, {"seats", "2"}});
  EXPECT_EQ(mapped.rejections(), "");
  mapped.insert({{"id", "7"}, {"email", "no json"}, {"seats", "1"}});
  EXPECT_EQ(mapped.rejections(), "track/E: expression_failed: properties.p: malformed JSON\n");
}

TEST(MapperWhen, ChangedTellsUpdatesApart) {
  Mapped mapped(track("    from: old.plan\n    to: plan\n",
                      "  on: update\n  when: changed.plan and plan is distinct from 'trial'\n"),
                users_table(ReplicaIdentity::full));
  mapped.update({{"id", "7"}, {"plan", "free"}}, {{"id", "7"}, {"plan", "trial"}})
      .update({{"id", "7"}, {"plan", "pro"}}, {{"id", "7"}, {"plan", "pro"}})
      .update({{"id", "7"}, {"plan", "free"}}, {{"id", "7"}, {"plan", "pro"}});
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"from":"free","to":"pro"})"));
}

TEST(MapperWhen, SharedConditionIsAskedAnewForEveryRow) {
  Mapped mapped(
      "table: users\nuser_id: id\nwhen: seats > 1\ntrack: [{ event: A }, { event: B }]\n");
  mapped.insert({{"id", "1"}, {"seats", "1"}}).insert({{"id", "2"}, {"seats", "2"}});
  EXPECT_EQ(mapped.sink.events.size(), 2U);
}

// When it happened.

TEST(MapperTimestamp, NullIsTheCommitTime) {
  Mapped mapped("table: users\nuser_id: id\ntimestamp: created_at\nidentify: {}\n");
  mapped.insert({{"id", "7"}});
  EXPECT_EQ(mapped.event()["timestamp"], "2026-11-23T12:37:33.098093Z");
}

TEST(MapperTimestamp, WithoutAZoneIsUtc) {
  struct Case {
    const char* timestamp;
    const char* expected;
  };
  for (Case one : {Case{"local_at", "2026-01-02T03:04:05.000000Z"},
                   Case{"born", "2000-02-29T00:00:00.000000Z"},
                   Case{"datetime(local_at, '+1 hour')", "2026-01-02T04:04:05.000000Z"},
                   Case{"\"'2026-05-06T07:08:09.123456789+02:00'\"", "2026-05-06T05:08:09.123456Z"},
                   Case{"null", "2026-11-23T12:37:33.098093Z"},
                   Case{"now()", "2026-11-23T12:37:33.098093Z"}}) {
    Mapped mapped(
        "table: users\nuser_id: id\nidentify: {}\ntimestamp: " + std::string(one.timestamp) + "\n");
    mapped.insert({{"id", "7"}, {"local_at", "2026-01-02 03:04:05"}, {"born", "2000-02-29"}});
    EXPECT_EQ(mapped.event()["timestamp"], one.expected) << one.timestamp;
  }
}

TEST(MapperTimestamp, WhatIsNoTimeFailsTheRow) {
  for (const char* text : {"infinity", "0044-03-15 00:00:00+00 BC", "12345-01-01 00:00:00+00"}) {
    Mapped mapped("table: users\nuser_id: id\ntimestamp: created_at\nidentify: {}\n");
    mapped.insert({{"id", "7"}, {"created_at", text}});
    EXPECT_EQ(mapped.rejections(),
              "identify: expression_failed: timestamp: the value is not a date and time\n")
        << text;
  }
  Mapped mapped("table: users\nuser_id: id\ntimestamp: seats\nidentify: {}\n");
  mapped.insert({{"id", "7"}, {"seats", "1795437453"}});
  EXPECT_EQ(mapped.sink.rejections.size(), 1U);
}

// Context and integrations.

TEST(MapperContext, MapJoinsTheLibraryAndMayNameAnotherChannel) {
  Mapped mapped(R"(
table: users
user_id: id
context: { ip: city, channel: { $literal: mobile }, app: { name: role } }
identify: {}
)");
  mapped.insert({{"id", "7"}, {"city", "1.2.3.4"}, {"role", "shop"}});
  EXPECT_EQ(
      mapped.event()["context"],
      nlohmann::json::parse(R"({"library":{"name":"waltrack","version":")" WALTRACK_VERSION
                            R"("},"ip":"1.2.3.4","channel":"mobile","app":{"name":"shop"}})"));
}

TEST(MapperContext, CallsOwnContextReplacesTheDefault) {
  Mapped mapped(R"(
table: users
user_id: id
context: { ip: city }
integrations: { All: true }
track: { event: E, context: { n: seats }, integrations: { All: false, Mixpanel: verified } }
)");
  mapped.insert({{"id", "7"}, {"seats", "2"}, {"verified", "t"}});
  EXPECT_EQ(mapped.event()["context"]["n"], 2);
  EXPECT_FALSE(mapped.event()["context"].contains("ip"));
  EXPECT_EQ(mapped.event()["integrations"],
            nlohmann::json::parse(R"({"All":false,"Mixpanel":true})"));
}

// Traits and properties as one expression.

TEST(MapperBody, OneExpressionGivesAnObject) {
  for (const char* body : {"json_object('a', 1)", "prefs", "prefs -> 'in'", "coalesce(prefs, '{}')",
                           "{ $sql: prefs, $type: json }", "{ $literal: { a: 1 } }"}) {
    Mapped mapped("table: users\nuser_id: id\ntrack: { event: E }\nidentify:\n  traits: " +
                  std::string(body) + "\n");
    mapped.insert({{"id", "7"}, {"prefs", R"({"a":1,"in":{"a":1}})"}});
    ASSERT_EQ(mapped.sink.events.size(), 2U) << body << mapped.rejections();
    EXPECT_EQ(nlohmann::json::parse(mapped.sink.events[1].json)["traits"]["a"], 1) << body;
  }
}

TEST(MapperBody, NullIsAnEmptyObject) {
  for (const char* body : {"prefs", "prefs -> 'x'"}) {
    Mapped mapped("table: users\nuser_id: id\nidentify:\n  traits: " + std::string(body) + "\n");
    mapped.insert({{"id", "7"}});
    EXPECT_EQ(mapped.event()["traits"], nlohmann::json::object());
  }
}

TEST(MapperBody, AnythingButAnObjectFailsTheRow) {
  for (const char* body : {"prefs", "prefs -> 'x'", "email", "seats", "json_array(1)"}) {
    Mapped mapped("table: users\nuser_id: id\nidentify:\n  traits: " + std::string(body) + "\n");
    mapped.insert({{"id", "7"}, {"prefs", "[1]"}, {"email", "{"}, {"seats", "1"}});
    bool null = std::string_view(body) == "prefs -> 'x'";
    EXPECT_EQ(mapped.rejections(),
              null ? "" : "identify: expression_failed: traits: the value is not an object\n")
        << body;
  }
}

TEST(MapperBody, MergedAnchorsGiveTheirFields) {
  Mapped mapped(R"(
table: users
user_id: id
track:
  - event: A
    properties: &plan { plan: plan, x: 1 }
  - event: B
    properties: { <<: *plan, x: 2 }
)");
  mapped.insert({{"id", "7"}, {"plan", "pro"}});
  ASSERT_EQ(mapped.sink.events.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(mapped.sink.events[1].json)["properties"],
            nlohmann::json::parse(R"({"plan":"pro","x":2})"));
}

// What the server did not send.

TEST(MapperUnavailable, PropertiesAreLeftOutAndCounted) {
  Mapped mapped(
      track("    a: 1\n    city: city\n    up: upper(city) || plan\n    plan: upper(plan)\n"
            "    in: { city: city, plan: plan }\n    list: [plan, city]\n    z: id + 0\n",
            "  on: update\n"));
  mapped.map(TestChange(mapped.table, Op::update)
                 .now({{"id", "7"}, {"plan", "pro"}, {"city", kUnavailable}}));
  EXPECT_EQ(mapped.properties(),
            nlohmann::json::parse(R"({"a":1,"plan":"PRO","in":{"plan":"pro"},"z":7})"));
  EXPECT_EQ(mapped.mapper->left_out_fields(*mapped.mapper->rules()[0]), 4U);
}

TEST(MapperUnavailable, NeverBecomesNull) {
  Mapped mapped(track("    p: city is null\n    q: coalesce(city, 'none')\n", "  on: update\n"));
  mapped.map(TestChange(mapped.table, Op::update).now({{"id", "7"}, {"city", kUnavailable}}));
  EXPECT_EQ(mapped.properties(), nlohmann::json::object());
}

TEST(MapperUnavailable, BodyOfOneExpressionIsLeftOut) {
  for (const char* body : {"prefs", "prefs -> 'x'"}) {
    Mapped mapped("table: users\nuser_id: id\nidentify:\n  traits: " + std::string(body) + "\n");
    mapped.map(TestChange(mapped.table, Op::update).now({{"id", "7"}, {"prefs", kUnavailable}}));
    EXPECT_EQ(mapped.event()["traits"], nlohmann::json::object());
    EXPECT_EQ(mapped.mapper->left_out_fields(*mapped.mapper->rules()[0]), 1U);
  }
}

TEST(MapperUnavailable, ConditionOrUserIsADeadLetterThatNamesTheRemedy) {
  const std::string remedy =
      ": the server did not send column 'plan'; with REPLICA IDENTITY FULL it does: alter table "
      "public.users replica identity full\n";
  struct Case {
    const char* more;
    const char* what;
  };
  for (Case one :
       {Case{"  when: old.plan = 'x'\n", "when"}, Case{"  when: changed.plan\n", "when"},
        Case{"  when: changed.plan and 1\n", "when"}, Case{"  user_id: old.plan\n", "user_id"},
        Case{"  user_id: old.plan || id\n", "user_id"},
        Case{"  anonymous_id: lower(old.plan)\n", "anonymous_id"}}) {
    // The identity was FULL when the rules were compiled.
    Mapped mapped(track("    p: 1\n", "  on: update\n" + std::string(one.more)),
                  users_table(ReplicaIdentity::full));
    mapped.map(TestChange(mapped.table, Op::update)
                   .before_key_only({{"id", "7"}})
                   .now({{"id", "7"}, {"plan", "pro"}}));
    EXPECT_TRUE(mapped.sink.events.empty());
    EXPECT_EQ(mapped.rejections(),
              "track/E: unavailable_column: " + std::string(one.what) + remedy);
  }
}

TEST(MapperUnavailable, FalseConditionDoesNotMindWhatOthersRead) {
  Mapped mapped(track("    p: upper(city)\n",
                      "  on: update\n  when: plan = 'pro'\n  user_id: lower(old.role)\n"),
                users_table(ReplicaIdentity::full));
  mapped.map(TestChange(mapped.table, Op::update)
                 .before_key_only({{"id", "7"}})
                 .now({{"id", "7"}, {"plan", "free"}, {"city", kUnavailable}}));
  EXPECT_TRUE(mapped.sink.events.empty());
  EXPECT_EQ(mapped.rejections(), "");
}

TEST(MapperUnavailable, UnchangedToastColumnHasNotChanged) {
  Mapped mapped(track("    c: changed.city\n    s: iif(changed.city, 1, 2)\n", "  on: update\n"),
                users_table(ReplicaIdentity::full));
  mapped.map(TestChange(mapped.table, Op::update)
                 .before_key_only({{"id", "7"}})
                 .now({{"id", "7"}, {"city", kUnavailable}}));
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"c":false,"s":2})"));
}

TEST(MapperUnavailable, UnchangedToastColumnIsTakenFromTheOldRow) {
  Mapped mapped(track("    c: city\n", "  on: update\n"), users_table(ReplicaIdentity::full));
  mapped.map(TestChange(mapped.table, Op::update)
                 .before({{"id", "7"}, {"city", "Rome"}})
                 .now({{"id", "7"}, {"city", kUnavailable}}));
  EXPECT_EQ(mapped.properties()["c"], "Rome");
}

TEST(MapperUnavailable, OldKeyThatWasNotSentIsTheNewOne) {
  Mapped mapped(track("    was: old.id\n    moved: changed.id\n", "  on: update\n"));
  mapped.map(TestChange(mapped.table, Op::update).now({{"id", "7"}}));
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"was":7,"moved":false})"));
}

TEST(MapperUnavailable, DeletedRowHasItsKeyOnly) {
  Mapped mapped(track("    id: id\n    plan: plan\n    up: upper(plan)\n", "  on: delete\n"));
  mapped.map(TestChange(mapped.table, Op::remove).before_key_only({{"id", "7"}}));
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"id":7})"));
}

TEST(MapperUnavailable, TimestampFallsBackToTheCommitTime) {
  Mapped mapped(
      "table: users\nuser_id: id\ntimestamp: created_at\ntrack: { event: E, on: delete }\n");
  mapped.map(TestChange(mapped.table, Op::remove).before_key_only({{"id", "7"}}));
  EXPECT_EQ(mapped.event()["timestamp"], "2026-11-23T12:37:33.098093Z");
  EXPECT_EQ(mapped.mapper->left_out_fields(*mapped.mapper->rules()[0]), 1U);
}

// Layouts.

TEST(MapperLayout, ColumnsAreFoundWhereverTheyLie) {
  Mapped mapped(track("    p: plan\n    q: lower(email)\n"));
  Table other = mapped.table;
  other.id = 9;
  std::reverse(other.columns.begin(), other.columns.end());
  Values row = {{"id", "7"}, {"plan", "pro"}, {"email", "E"}};
  mapped.map(TestChange(mapped.table, Op::insert).now(row));
  mapped.map(TestChange(other, Op::insert).now(row));
  ASSERT_EQ(mapped.sink.events.size(), 2U);
  EXPECT_EQ(mapped.sink.events[0].json, mapped.sink.events[1].json);
}

// One that a whole layout lacks may be gone for good: see LostColumns.
TEST(MapperLayout, ColumnThatALayoutHasNotShownIsUnavailable) {
  Mapped mapped(track("    p: plan\n    q: lower(email)\n    r: changed.plan\n"));
  Table other = mapped.table;
  other.id = 1;
  other.whole = false;
  std::erase_if(other.columns, [](const Column& one) { return one.name == "plan"; });
  mapped.map(TestChange(other, Op::insert).now({{"id", "7"}, {"email", "E"}}));
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"q":"e"})"));
}

// Limits.

TEST(MapperLimits, EventOverTheLimitIsTakenBackAndRejected) {
  Mapped mapped(track("    p: email\n"));
  mapped.insert({{"id", "7"}, {"email", std::string(32'000, 'x')}});
  EXPECT_EQ(mapped.sink.buffer, "what is there already,");
  ASSERT_EQ(mapped.sink.rejections.size(), 1U);
  EXPECT_EQ(mapped.sink.rejections[0].reason, "too_large");

  mapped.insert({{"id", "7"}, {"email", ""}});
  size_t fixed = mapped.sink.events.at(0).json.size();
  mapped.insert({{"id", "7"}, {"email", std::string(32'000 - fixed, 'x')}});
  ASSERT_EQ(mapped.sink.events.size(), 2U);
  EXPECT_EQ(mapped.sink.events[1].json.size(), 32'000U);
  mapped.insert({{"id", "7"}, {"email", std::string(32'001 - fixed, 'x')}});
  EXPECT_EQ(mapped.sink.rejections.back().detail, "the event has 32001 bytes, Segment takes 32000");
}

TEST(MapperLimits, ValueThatIsTooLongForSqlFailsTheRow) {
  ExpressionLimits limits;
  limits.value_bytes = 100'000;
  Mapped mapped(track("    p: length(email)\n"), users_table(), limits);
  mapped.insert({{"id", "7"}, {"email", std::string(100'001, 'x')}});
  EXPECT_EQ(mapped.rejections(), "track/E: expression_failed: properties.p: a value is too long\n");
}

TEST(MapperLimits, JsonPatchMergesWhatAnEventMayHoldAndNoMore) {
  const std::string yaml = track("    p: json_patch(prefs, json_object('a', null, 'b', 2))\n");
  Mapped small(yaml);
  small.insert({{"id", "7"}, {"prefs", R"({"a":1,"c":1.50})"}});
  EXPECT_EQ(small.properties()["p"], nlohmann::json::parse(R"({"b":2,"c":1.5})"));
  EXPECT_NE(small.sink.events[0].json.find("1.50"), std::string::npos);  // digits are kept
  Mapped large(yaml);
  large.insert({{"id", "7"}, {"prefs", "{\"a\":\"" + std::string(70'000, 'x') + "\"}"}});
  EXPECT_EQ(large.rejections(),
            "track/E: expression_failed: properties.p: json_patch() takes 64 KB of JSON at most\n");
  Mapped broken(yaml);
  broken.insert({{"id", "7"}, {"prefs", "{"}});
  EXPECT_EQ(broken.sink.rejections.size(), 1U);
}

TEST(MapperLimits, EveryByteThatComesInGivesValidJson) {
  Mapped mapped(track("    p: email\n    q: email || ''\n"));
  std::string all;
  for (int i = 1; i < 256; ++i)
    all += static_cast<char>(i);
  mapped.insert({{"id", all}, {"email", all}});
  EXPECT_TRUE(nlohmann::json::accept(mapped.sink.events.at(0).json));
}

TEST(MapperMemory, PlainColumnsAllocateNothing) {
  Mapped mapped(R"(
table: users
user_id: id
timestamp: created_at
when: verified
track:
  event: E
  on: [insert, update]
  when: changed.plan
  properties: { email: email, plan: plan, fee: fee, at: local_at, tags: tags, prefs: prefs,
                in: { lsn: event.lsn, was: old.plan, avatar: avatar }, list: [city, 5] }
)",
                users_table(ReplicaIdentity::full));
  Values row = {{"id", "7"},
                {"email", std::string(60, 'e')},
                {"plan", "pro"},
                {"fee", "12.50"},
                {"verified", "t"},
                {"created_at", "2026-01-02 03:04:05+00"},
                {"tags", "{a,b,\"c d\"}"},
                {"local_at", "2026-01-02 03:04:05"},
                {"prefs", R"({"a": [1, 2]})"},
                {"avatar", std::string(80, 'f')},
                {"city", "Rome"}};
  TestChange change(mapped.table, Op::update);
  change.now(row).before({{"id", "7"}, {"plan", "free"}});

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
  size_t before = allocation_count();
  for (int i = 0; i < 100; ++i)
    mapped.mapper->map(change.transaction(), change.change(), sink);
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_EQ(sink.events, 103);
}

TEST(MapperMemory, ExpressionsAllocateNothingOfOurs) {
  Mapped mapped(
      track("    a: lower(email) || event.lsn\n    b: seats * 2\n    c: created_at < now()\n",
            "  when: seats > 1\n"));
  TestChange change(mapped.table, Op::insert);
  change.now({{"id", "7"},
              {"email", std::string(60, 'e')},
              {"seats", "4"},
              {"created_at", "2026-01-02 03:04:05+00"}});
  for (int i = 0; i < 3; ++i)
    mapped.map(change);
  mapped.sink.unwanted = true;
  size_t before = allocation_count();
  for (int i = 0; i < 100; ++i)
    mapped.map(change);
  EXPECT_EQ(allocation_count() - before, 0U);
}

}  // namespace
}  // namespace waltrack
