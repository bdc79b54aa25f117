// What is wrong in a mapping file is told with its place, what it is, and what was meant.
#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

struct Fault {
  std::string yaml;
  std::string told;  // all diagnostics, as they are printed
};

void PrintTo(const Fault& one, std::ostream* out) {
  *out << one.yaml;
}

class MappingFault : public testing::TestWithParam<Fault> {};

std::vector<Table> catalog() {
  Table orders;
  orders.schema = "shop";
  orders.name = "orders";
  orders.columns = {column("id", ValueKind::int8, true)};
  Table odd = orders;
  odd.schema = "Odd.One";
  odd.name = "Or\"ders";
  return {users_table(), orders, odd};
}

TEST_P(MappingFault, IsTold) {
  Diagnostics diagnostics;
  auto mapper = compile(GetParam().yaml, catalog(), diagnostics);
  EXPECT_EQ(diagnostics.text(), GetParam().told);
  EXPECT_EQ(mapper == nullptr, diagnostics.has_errors());
}

// A track rule with one property, on line 5 behind "    p: ".
Fault value(std::string_view value, std::string_view told) {
  return {"table: users\nuser_id: id\ntrack:\n  event: Thing Done\n  properties:\n    p: " +
              std::string(value) + "\n",
          "m.yaml:6:" + std::string(told)};
}

const std::string kAggregates =
    "  hint: aggregates need rows of their own: (select count(*) from json_each(x))\n";
const std::string kColumns =
    "known: id, email, name, plan, role, verified, is_test, order, Full Name, Case, case, seats, …";

INSTANTIATE_TEST_SUITE_P(
    Documents, MappingFault,
    testing::Values(
        Fault{"- a\n",
              "m.yaml:1:1: error: a mapping document is a map\n"
              "  hint: begin it with table: schema.name\n"},
        Fault{"user_id: id\nidentify: {}\n",
              "m.yaml:1:1: error: no table: whose rows are these calls for?\n"
              "  hint: add table: schema.name, or message: PREFIX\n"},
        Fault{"tabel: users\nuser_id: id\nidentify: {}\n",
              "m.yaml:1:1: error: unknown key 'tabel' in a mapping document\n"
              "  hint: did you mean 'table'?\n"
              "m.yaml:1:1: error: no table: whose rows are these calls for?\n"
              "  hint: add table: schema.name, or message: PREFIX\n"},
        Fault{"table: { a: b }\nuser_id: id\nidentify: {}\n",
              "m.yaml:1:8: error: table takes a table's name, or a list of names\n"},
        Fault{"table: [users, a.b.c, users]\nuser_id: id\nidentify: {}\n",
              "m.yaml:1:16: error: 'a.b.c' is not a table's name\n"
              "  hint: write schema.name; a part that has a dot, a blank or the like goes in "
              "double quotes, and the whole in single ones: '\"My "
              "Schema\".\"My.Table\"'\n"
              "m.yaml:1:23: warning: 'public.users' is in this list already\n"},
        Fault{"table: users\nmessage: m\nuser_id: id\nidentify: {}\n",
              "m.yaml:2:10: error: a document is about a table or about messages, not "
              "both\n  hint: write a document for each, with --- between them\n"},
        Fault{"table: nope_*\nuser_id: id\nidentify: {}\n",
              "m.yaml:1:8: warning: no table matches 'public.nope_*' at present\n"
              "  hint: a table that is made later and matches will be followed\n"},
        Fault{"table: a.b.c\nuser_id: id\nidentify: {}\n",
              "m.yaml:1:8: error: 'a.b.c' is not a table's name\n"
              "  hint: write schema.name; a part that has a dot, a blank or the like goes in "
              "double quotes, and the whole in single ones: '\"My "
              "Schema\".\"My.Table\"'\n"},
        Fault{"table: users\nuser_id: id\n",
              "m.yaml:1:1: error: no call: nothing would be sent\n"
              "  hint: add identify: or track:\n"},
        Fault{"table: uzers\nuser_id: id\nidentify: {}\n",
              "m.yaml:1:8: error: the database has no table 'public.uzers'\n"
              "  hint: did you mean 'public.users'?\n"},
        Fault{"table: orders\nuser_id: id\nidentify: {}\n",
              "m.yaml:1:8: error: the database has no table 'public.orders'\n"
              "  hint: did you mean 'shop.orders'?\n"},
        Fault{"table: zzz.qqqqqqqqqq\nuser_id: id\nidentify: {}\n",
              "m.yaml:1:8: error: the database has no table 'zzz.qqqqqqqqqq'\n"
              "  hint: is it the right database, and may the role see the table?\n"},
        Fault{"table: users\nuser_id: id\ngroop: {}\nidentify: {}\n",
              "m.yaml:3:1: error: unknown key 'groop' in a mapping document\n"
              "  hint: did you mean 'group'?\n"}));

INSTANTIATE_TEST_SUITE_P(
    Calls, MappingFault,
    testing::Values(
        Fault{"table: users\nuser_id: id\ntrack:\n  - evnt: E\n",
              "m.yaml:4:5: error: unknown key 'evnt' in a track call\n"
              "  hint: did you mean 'event'?\n"
              "m.yaml:4:5: error: a track call without an event\n"
              "  hint: add event: and its name, best as \"Object Action\"\n"},
        Fault{"table: users\nuser_id: id\nidentify:\n  properties: { a: 1 }\n",
              "m.yaml:4:3: error: unknown key 'properties' in an identify call\n"
              "  hint: it belongs to a track call\n"},
        Fault{"table: users\nuser_id: id\nidentify: yes\n",
              "m.yaml:3:11: error: identify takes a map, or a list of maps\n"},
        Fault{"table: users\nuser_id: id\ntrack: [E]\n",
              "m.yaml:3:9: error: a track call is a map\n"},
        Fault{"table: users\nuser_id: id\ntrack: { event: [plan] }\n",
              "m.yaml:3:17: error: event takes a name\n"
              "  hint: or { $sql: … } for one that the row decides\n"},
        Fault{"table: users\nuser_id: id\ngroup: {}\nalias: {}\n",
              "m.yaml:3:8: error: a group call without a group_id\n"
              "  hint: add group_id: and whose group it is\n"
              "m.yaml:4:8: error: an alias call without a previous_id\n"
              "  hint: add previous_id: and the user's old id\n"},
        Fault{"message: m\nuser_id: content\ntrack: { event: Thing Done, on: insert }\n",
              "m.yaml:3:33: error: a message is no change of a row: it takes no on:\n"
              "  hint: leave it out\n"},
        Fault{"message: m\nuser_id: content\ntrack: { event: Thing Done, properties: { a: "
              "old.content } }\n",
              "m.yaml:3:46: error: a message has no old version\n"
              "  hint: its one column is content\n"},
        Fault{"table: users\nanonymous_id: id\nalias: { previous_id: device_id }\n",
              "m.yaml:3:8: error: an alias without a user_id: who is the user now?\n"
              "  hint: add user_id: to the call, or to the document for all its calls\n"},
        Fault{"table: users\nuser_id: id\nbackfill: inital\nidentify: {}\n",
              "m.yaml:3:11: error: backfill takes initial or never\n"
              "  hint: did you mean 'initial'?\n"},
        Fault{"table: users\nuser_id: id\nbackfill: [initial]\nidentify: {}\n",
              "m.yaml:3:11: error: backfill takes initial or never\n"
              "  hint: known: initial, never\n"},
        Fault{"message: app\nuser_id: content\nbackfill: never\nidentify: {}\n",
              "m.yaml:3:11: error: messages are not kept: there is nothing to backfill\n"
              "  hint: leave backfill out\n"},
        Fault{"table: users\nuser_id: id\nbackfill: initial\ntrack: { event: Thing Done }\n",
              "m.yaml:3:11: warning: no call here hears of rows that exist already\n"
              "  hint: add backfill to a call, as in on: [insert, backfill], or leave out "
              "backfill: initial\n"},
        Fault{"table: users\nuser_id: id\nshadow: yes\nidentify: { enabled: 1 }\n",
              "m.yaml:3:9: error: shadow takes true or false\n"
              "m.yaml:4:22: error: enabled takes true or false\n"},
        Fault{"table: users\nuser_id: id\nidentify: { only_changed: true, traits: prefs }\n",
              "m.yaml:3:11: error: only_changed needs traits that are a map of values\n"},
        Fault{"table: users\nuser_id: id\nidentify: { only_changed: true, traits: { a: plan } }\n",
              "m.yaml:3:11: warning: the server does not send the old row of public.users: "
              "only_changed sends all traits\n"
              "  hint: run: alter table public.users replica identity full\n"},
        Fault{"table: users\nuser_id: id\ntrack: { event: Thing Done, on: updat }\n",
              "m.yaml:3:33: error: unknown kind of change 'updat'\n"
              "  hint: did you mean 'update'?\n"},
        Fault{"table: users\nuser_id: id\ntrack: { event: Thing Done, on: [insert, delte] }\n",
              "m.yaml:3:42: error: unknown kind of change 'delte'\n"
              "  hint: did you mean 'delete'?\n"},
        Fault{"table: users\nidentify: {}\n",
              "m.yaml:2:11: error: whose event is this? There is no user_id and no anonymous_id\n"
              "  hint: add one to the call, or to the document for all its calls\n"},
        Fault{"table: users\nuser_id: id\nidentify: { user_id: null }\n",
              "m.yaml:3:11: error: whose event is this? There is no user_id and no anonymous_id\n"
              "  hint: add one to the call, or to the document for all its calls\n"},
        Fault{"table: users\nuser_id: id\ntrack:\n  - event: Thing Done\n  - event: Thing Done\n   "
              " on: update\n",
              "m.yaml:5:5: error: another rule of public.users is 'track/Thing Done' already, at "
              "m.yaml:4:5\n"
              "  hint: give one of them an id: of its own\n"},
        Fault{"table: users\nuser_id: id\ntrack: { event: Thing Done, id: identify }\n---\n"
              "table: public.users\nuser_id: id\nidentify: {}\n",
              "m.yaml:7:11: error: another rule of public.users is 'identify' already, at "
              "m.yaml:3:8\n"
              "  hint: give one of them an id: of its own\n"},
        Fault{"table: users\nuser_id: id\nidentify: { traits: [a] }\n",
              "m.yaml:3:21: error: traits takes a map of values, or SQL that gives an object\n"},
        Fault{"table: users\nuser_id: id\nidentify: { traits: 5 }\n",
              "m.yaml:3:21: error: traits takes a map of values, or SQL that gives an object\n"},
        Fault{"table: users\nuser_id: id\nidentify: {}\ncontext: prefs\n",
              "m.yaml:4:10: error: context takes a map of values\n"},
        Fault{"table: users\nuser_id: id\nidentify: {}\ncontext: { library: plan }\n",
              "m.yaml:4:21: error: context.library is always waltrack's own\n"
              "  hint: choose another name\n"},
        Fault{"table: users\nuser_id: id\nidentify: {}\nintegrations: [All]\n",
              "m.yaml:4:15: error: integrations takes a map of values\n"},
        Fault{"table: users\nuser_id: { a: id }\nidentify: {}\n",
              "m.yaml:2:10: error: user_id takes one value, not a map or a list\n"
              "m.yaml:3:11: error: whose event is this? There is no user_id and no anonymous_id\n"
              "  hint: add one to the call, or to the document for all its calls\n"},
        Fault{"table: users\nuser_id: id\nidentify: {}\nwhen: 1\n",
              "m.yaml:4:7: error: when takes a condition, not 1\n"},
        Fault{"table: users\nuser_id: id\nidentify: {}\nwhen: plan\n",
              "m.yaml:4:7: error: when takes a condition, 'plan' is text\n"
              "  hint: compare it with something, as in: plan is not null\n"}));

INSTANTIATE_TEST_SUITE_P(
    Values, MappingFault,
    testing::Values(
        value("{ $lit: web }",
              "10: error: unknown key '$lit' in a value\n"
              "  hint: write $$lit for a property that starts with $\n"),
        value("{ $sq: plan }",
              "10: error: unknown key '$sq' in a value\n"
              "  hint: did you mean '$sql'? or write $$sq for a property that starts with $\n"),
        value("{ $sql: plan, note: 1 }",
              "22: error: 'note' beside a $ key\n"
              "  hint: a value has either $ keys only, or names of its own only\n"),
        value("{ $type: string }",
              "8: error: $type needs a $sql beside it\n  hint: as in { $sql: plan, $type: … }\n"),
        value("{ $sql: plan, $type: strin }",
              "29: error: unknown $type 'strin'\n  hint: did you mean 'string'?\n"),
        value("{ $sql: [plan] }", "16: error: $sql takes an expression\n"),
        value("{ $literal: 5, $type: string }",
              "20: error: $literal stands alone: it takes no other $ key\n"),
        value("''",
              "8: error: an empty expression\n"
              "  hint: an empty text is \"''\" in SQL, or $literal: \"\"\n")));

// Places within an expression: the word that is wrong.
INSTANTIATE_TEST_SUITE_P(
    Names, MappingFault,
    testing::Values(
        value("emial",
              "8: error: unknown column 'emial' of public.users\n"
              "  hint: did you mean 'email'?\n"),
        value("lower(emial)",
              "14: error: unknown column 'emial' of public.users\n"
              "  hint: did you mean 'email'?\n"),
        value("'lower(emial)'",
              "15: error: unknown column 'emial' of public.users\n"
              "  hint: did you mean 'email'?\n"),
        value("city || 'Köln' || emial",
              "26: error: unknown column 'emial' of public.users\n"
              "  hint: did you mean 'email'?\n"),
        value("|-\n      city ||\n      emial",
              "8: error: unknown column 'emial' of public.users\n"
              "  hint: did you mean 'email'?\n"),
        value("city ||\n      emial",
              "8: error: unknown column 'emial' of public.users\n"
              "  hint: did you mean 'email'?\n"),
        value("new.emial",
              "8: error: unknown column 'new.emial' of public.users\n"
              "  hint: did you mean 'email'?\n"),
        value("upper(old.emial)",
              "14: error: unknown column 'old.emial' of public.users\n"
              "  hint: did you mean 'email'?\n"),
        value("event.tabel_name",
              "8: error: unknown name 'event.tabel_name'\n"
              "  hint: did you mean 'table_name'?\n"),
        value("website", "8: error: unknown column 'website' of public.users\n  hint: " + kColumns +
                             "; a fixed text stands in single quotes in SQL, or is a $literal\n"),
        value("xid + 1",
              "8: error: unknown column 'xid' of public.users\n"
              "  hint: did you mean 'event.xid'?\n"),
        value("rowid", "8: error: a row has no rowid here\n  hint: name the key's columns\n"),
        value("CASE + 1", "15: error: the expression ends too early\n"),
        value(
            "'\"CASE\" || 1'",
            "9: error: 'CASE' could be several columns\n  hint: their names differ only by case; "
            "SQL cannot tell them apart, but a value that is nothing but the column's name can\n"),
        value("cASE",
              "8: error: 'cASE' could be several columns\n"
              "  hint: their names differ only by case: write the one meant exactly\n")));

INSTANTIATE_TEST_SUITE_P(
    Sql, MappingFault,
    testing::Values(
        value("lowr(email)", "8: error: unknown function lowr()\n  hint: did you mean 'lower'?\n"),
        value("1 + random()",
              "12: error: random() is refused in mappings\n"
              "  hint: an expression gives the same at every retry and only "
              "computes\n"),
        value("plan = 'a' and emit(1)",
              "23: error: emit() is refused in mappings\n"
              "  hint: an expression gives the same at every retry and "
              "only computes\n"),
        value("plan::text",
              "12: error: SQLite has no ::\n  hint: write cast(plan as text), or $type: string\n"),
        value("plan ilike 'x'",
              "13: error: SQLite has no ilike\n  hint: write like, which takes a to z in either "
              "case; lower(x) like lower(pattern) does so for all letters\n"),
        value("plan ~ 'x'", "13: error: SQLite has no ~\n  hint: write plan regexp 'pattern'\n"),
        value("'prefs #>> 1'", "15: error: SQLite has no #>>\n  hint: write prefs ->> '$.a.b'\n"),
        value("'tags @> 1'",
              "14: error: SQLite has no @>\n  hint: write contains(tags, item) for an array, tags "
              "->> 'key' = value for an object\n"),
        value("extract(year from born)",
              "8: error: SQLite has no extract()\n  hint: write cast(strftime('%Y', x) as "
              "integer), or unixepoch(x)\n"),
        value("left(plan, 2)", "8: error: SQLite has no left()\n  hint: write substr(x, 1, n)\n"),
        value("seats +", "14: error: the expression ends too early\n"),
        value("(seats", "9: error: the expression ends too early\n"),
        value("seats)", "13: error: a ) that closes nothing\n"),
        value("1) or (2", "9: error: a ) that closes nothing\n"),
        value("seats; 1",
              "13: error: a ; in an expression\n"
              "  hint: a value is one expression\n"),
        value("seats + ?1",
              "16: error: '?1' is a parameter of SQL\n"
              "  hint: name a column, or write a text in single quotes\n"),
        value("$seats",
              "8: error: '$seats' is a parameter of SQL\n"
              "  hint: name a column, or write a text in single quotes\n"),
        value("plan || 'x", "16: error: a quote that is not closed\n"),
        value("plan /* why",
              "13: error: a comment that is not closed\n"
              "  hint: close it with */\n"),
        value("seats, plan",
              "8: error: SQL: row value misused\n  hint: one expression gives one value; a list is "
              "written [a, b] in YAML\n"),
        value("sum(seats)", "8: error: SQL: misuse of aggregate function sum()\n" + kAggregates),
        value("row_number() over ()",
              "8: error: SQL: misuse of window function row_number()\n" + kAggregates),
        value("(select count(*) from userz)",
              "30: error: unknown table 'userz'\n"
              "  hint: an expression sees its row only; json_each(x) takes JSON apart\n"),
        value("(select sql from sqlite_master)",
              "25: error: the table 'sqlite_master' is out of reach\n"
              "  hint: an expression sees its row only\n"),
        value("(select count(*) from sqlite_master)",
              "30: error: the table 'sqlite_master' is out of reach\n"
              "  hint: an expression sees its row only\n"),
        value("'plan = \"free\"'",
              "16: error: unknown column 'free' of public.users\n"
              "  hint: double quotes hold names in SQL; a text stands in single quotes\n")));

INSTANTIATE_TEST_SUITE_P(
    Scopes, MappingFault,
    testing::Values(
        Fault{
            "table: users\nuser_id: id\ntrack:\n  event: Thing Done\n  on: delete\n  properties:\n"
            "    p: new.id\n    q: 1 + new.id\n    r: changed.id\n",
            "m.yaml:7:8: error: 'new.id': a deleted row has no new version\n"
            "  hint: on delete the name alone is the deleted row's; other changes may need a rule "
            "of their own\n"
            "m.yaml:8:12: error: 'new.id': a deleted row has no new version\n"
            "  hint: on delete the name alone is the deleted row's; other changes may need a rule "
            "of their own\n"
            "m.yaml:9:8: error: 'changed.id': a deleted row has no new version\n"
            "  hint: on delete the name alone is the deleted row's; other changes may need a rule "
            "of their own\n"},
        Fault{
            "table: users\nuser_id: id\ntrack:\n  event: Thing Done\n  on: truncate\n  "
            "properties:\n"
            "    p: 1 + id\n",
            "m.yaml:2:10: error: 'id': a truncate has no row\n"
            "  hint: a rule on truncate reads event. only; other changes need a rule of their own\n"
            "m.yaml:7:12: error: 'id': a truncate has no row\n"
            "  hint: a rule on truncate reads event. only; other changes need a rule of their "
            "own\n"},
        Fault{"table: users\nuser_id: id\ntimestamp: 1795437453\nidentify: {}\n"
              "track: { event: Thing Done, timestamp: { $literal: yesterday } }\n",
              "m.yaml:3:12: error: timestamp takes a date and time\n"
              "  hint: name a column, or write one as in '2026-11-23T12:37:33Z'\n"
              "m.yaml:5:52: error: timestamp takes a date and time\n"
              "  hint: name a column, or write one as in '2026-11-23T12:37:33Z'\n"},
        // A default's fault is told once, however many calls use it.
        Fault{"table: users\nuser_id: idd\nidentify: {}\ntrack: { event: Thing Done }\n",
              "m.yaml:2:10: error: unknown column 'idd' of public.users\n"
              "  hint: did you mean 'id'?\n"}));

INSTANTIATE_TEST_SUITE_P(
    Warnings, MappingFault,
    testing::Values(
        Fault{"table: users\nuser_id: id\ntrack:\n  event: Thing Done\n  on: update\n"
              "  when: changed.plan\n  properties:\n    p: old.plan\n    q: old.id\n"
              "    r: upper(old.plan)\n    s: plan\n",
              "m.yaml:6:9: error: of an old row of public.users the server sends the key only, "
              "not 'plan'\n  hint: run: alter table public.users replica identity full\n"
              "m.yaml:8:8: error: of an old row of public.users the server sends the key only, "
              "not 'plan'\n  hint: run: alter table public.users replica identity full\n"
              "m.yaml:10:8: error: of an old row of public.users the server sends the key only, "
              "not 'plan'\n  hint: run: alter table public.users replica identity full\n"},
        Fault{"table: users\nuser_id: id\ntrack:\n  event: Thing Done\n  on: delete\n"
              "  properties: { id: id, plan: plan }\n",
              "m.yaml:6:31: warning: of a deleted row of public.users the server sends the key "
              "only, not 'plan': it is left out\n"
              "  hint: run: alter table public.users replica identity full\n"}));

TEST(MappingFaults, AreAllToldAtOnce) {
  Diagnostics diagnostics;
  compile(
      "table: users\nuser_id: idd\nwhen: plan\nidentify: { traits: { a: b, c: d() } }\n"
      "---\ntable: userz\nuser_id: id\nidentify: {}\n",
      catalog(), diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 5) << diagnostics.text();
}

TEST(MappingFaults, WarningsDoNotStopTheMapper) {
  Diagnostics diagnostics;
  auto mapper = compile(
      "table: users\nuser_id: id\ntrack: { event: Thing Done, on: delete, properties: { a: plan } "
      "}\n",
      catalog(), diagnostics);
  EXPECT_NE(mapper, nullptr);
  EXPECT_EQ(diagnostics.all().size(), 1U);
}

TEST(MappingFaults, OddTableNamesStandInDoubleQuotes) {
  Diagnostics diagnostics;
  auto mapper = compile("table: '\"Odd.One\".\"Or\"\"ders\"'\nuser_id: id\nidentify: {}\n",
                        catalog(), diagnostics);
  ASSERT_NE(mapper, nullptr) << diagnostics.text();
  EXPECT_EQ(mapper->rules()[0]->table, "Odd.One.Or\"ders");
}

}  // namespace
}  // namespace waltrack
