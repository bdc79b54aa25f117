#include "workshop/mapping_tests.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "workshop/test_report.hpp"
#include "workshop/workshop_tables.hpp"

namespace waltrack {
namespace {

// Runs the tests of one mapping file, "m.yaml".
struct Ran {
  explicit Ran(const std::string& yaml, std::vector<Table> lock = {people_table()},
               MissingExpect missing = MissingExpect::fault) {
    files.push_back(read_mapping_file(yaml, "m.yaml", diagnostics));
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.text();
    results = run_mapping_tests(files, std::move(lock), missing, diagnostics);
  }
  // The only test's result.
  const TestResult& result() const { return results.at(0).results.at(0); }
  std::string report() const { return test_report(results, {}); }

  std::vector<MappingFile> files;
  Diagnostics diagnostics;
  std::vector<FileTests> results;
};

const std::string kMapping = R"(table: people
user_id: id
track:
  - event: Signed Up
    properties: { plan: plan, email: email }
  - event: Plan Changed
    on: update
    when: changed.plan
    properties: { from: old.plan, to: plan, email: email }
  - event: Gone
    on: delete
tests:
)";

TEST(MappingTests, PassWhenAllEventsAreAsExpected) {
  const Ran ran(kMapping + R"(
  - name: new
    insert: { id: 7, plan: free }
    expect: [{ type: track, event: Signed Up, userId: "7", properties: { plan: free, email: null } }]
  - name: gone
    delete: { id: 7 }
    expect: [{ event: Gone }]
  - name: quiet
    update: { old: { id: 7, plan: free }, new: { email: a@b } }
    expect: []
)");
  EXPECT_FALSE(ran.diagnostics.has_errors()) << ran.diagnostics.text();
  EXPECT_EQ(ran.report(), "ok   m.yaml  3 tests\n3 tests passed\n");
}

TEST(MappingTests, BackfilledRowHasNoTimeAndNobodyActive) {
  const Ran ran(R"(table: people
user_id: id
identify:
  traits: { plan: plan, lsn: event.lsn, at: event.committed_at, now: now() }
tests:
  - name: who is there already
    backfill: { id: 7, plan: free }
    expect:
      - type: identify
        timestamp: { $absent: true }
        context: { active: false }
        traits: { plan: free, lsn: null, at: null, now: 2026-01-01T00:00:00.000000Z }
)");
  EXPECT_EQ(ran.report(), "ok   m.yaml  1 test\n1 test passed\n");
}

TEST(MappingTests, ColumnsThatAnUpdateDoesNotNameStay) {
  const Ran ran(kMapping + R"(
  - name: an upgrade
    update: { old: { id: 7, plan: free, email: a@b }, new: { plan: pro } }
    expect: [{ properties: { from: free, to: pro, email: a@b }, userId: "7" }]
)");
  EXPECT_TRUE(ran.result().passed()) << ran.report();
}

TEST(MappingTests, SayWhatDiffersAndWhyARuleWasSilent) {
  const Ran ran(kMapping + R"(
  - name: an upgrade
    update: { old: { id: 7, plan: free }, new: { email: x } }
    expect:
      - { type: track, event: Plan Changed }
  - name: new
    insert: { id: 7, plan: free }
    expect:
      - { type: track, event: Signed Up, userId: 7, properties: { plan: pro } }
      - { type: track, event: Other }
)");
  EXPECT_EQ(ran.report(), R"(FAIL m.yaml  2 of 2 tests failed
  ✗ an upgrade  m.yaml:14:5
    - { type: track, event: Plan Changed }
    · track/Plan Changed is silent: its `when` is false or null
  ✗ new  m.yaml:18:5
    ~ event 1, track Signed Up
        userId
          - 7  (the event has a text: write it in quotes)
          + "7"
        properties.plan
          - "pro"
          + "free"
    - { type: track, event: Other }
    · track/Plan Changed is silent: its `on` names other kinds of changes
    · track/Gone is silent: its `on` names other kinds of changes

2 failed, 0 passed  (- expected, + made)
)");
}

TEST(MappingTests, ShowADeadLetterAsAResult) {
  const Ran ran(kMapping + R"(
  - name: nobody
    insert: { plan: free }
    expect: [{ dead_letter: no_user, rule: track/Signed Up }]
)");
  EXPECT_TRUE(ran.result().passed()) << ran.report();
}

TEST(MappingTests, SeeTheEventsOfTheirOwnDocumentOnly) {
  const Ran ran(R"(table: people
user_id: id
track: { event: First }
tests:
  - name: one
    insert: { id: 1 }
    expect: [{ event: First }]
---
table: people
user_id: id
track: { event: Second }
)");
  EXPECT_TRUE(ran.result().passed()) << ran.report();
}

TEST(MappingTests, RunAgainstEachTableThatADocumentMatches) {
  const Ran ran(R"(table: "tenant_*.people"
user_id: id
track: { event: Joined, properties: { tenant: event.schema } }
tests:
  - name: joined
    insert: { id: 1 }
    expect: [{ event: Joined, properties: { tenant: tenant_a } }]
)",
                {people_table(ReplicaIdentity::full, "tenant_a"),
                 people_table(ReplicaIdentity::full, "tenant_b"), people_table()});
  ASSERT_EQ(ran.results.at(0).results.size(), 2U);
  EXPECT_EQ(ran.results[0].failed(), 1U);
  EXPECT_NE(ran.report().find("joined (tenant_b.people)"), std::string::npos) << ran.report();
}

TEST(MappingTests, RunMessagesAndTruncates) {
  const Ran ran(R"(message: checkout
user_id: content ->> 'user'
track: { event: Checked Out, properties: { total: content ->> 'total' } }
tests:
  - name: by a map
    message: { user: u1, total: 9.5 }
    expect: [{ userId: u1, properties: { total: 9.5 } }]
  - name: by text
    message: '{"user":"u2"}'
    expect: [{ userId: u2, properties: { total: null } }]
---
table: people
user_id: { $literal: admin }
track: { event: Emptied, on: truncate }
tests:
  - name: emptied
    truncate: true
    expect: [{ event: Emptied, userId: admin }]
)");
  EXPECT_EQ(ran.results.at(0).failed(), 0U) << ran.report() << ran.diagnostics.text();
  EXPECT_EQ(ran.results.at(0).results.size(), 3U);
}

TEST(MappingTests, CommitAtAFixedTime) {
  const Ran ran(R"(table: people
user_id: id
track: { event: E, properties: { at: now() } }
tests:
  - name: time
    insert: { id: 1 }
    expect: [{ timestamp: "2026-01-01T00:00:00.000000Z" }]
)");
  EXPECT_TRUE(ran.result().passed()) << ran.report();
}

TEST(MappingTests, LeaveOutADocumentThatIsSwitchedOff) {
  const Ran ran("enabled: false\n" + kMapping + R"(
  - name: new
    insert: { id: 7 }
    expect: []
)");
  EXPECT_EQ(ran.results.at(0).switched_off, 1U);
  EXPECT_TRUE(ran.results.at(0).results.empty());
}

TEST(MappingTests, TellEveryFaultWithItsPlaceAndARemedy) {
  const Ran ran(kMapping + R"(
  - name: misspelt
    insert: { id: 7, emial: a }
    expect: []
  - name: no number
    insert: { id: seven, created_at: soon }
    expect: []
  - insert: { id: 7 }
    expects: []
  - name: two
    insert: { id: 7 }
    delete: { id: 7 }
    expect: []
  - name: none
    expect: {}
  - name: half
    update: { old: { id: 1 } }
    expect: []
  - word
)");
  EXPECT_TRUE(ran.results.empty());
  const std::string told = ran.diagnostics.text();
  for (const char* one :
       {"m.yaml:15:22: error: the table public.people has no column 'emial'",
        "did you mean 'email'?",
        "m.yaml:18:19: error: 'id': a column of type text takes a whole number",
        "'created_at': a column of type text takes a date and time", "a test without a name",
        "unknown key 'expects'", "did you mean 'expect'?", "a test without expect",
        "a test has one change", "a test without a change", "expect takes a list",
        "an update has two rows", "a test is a map"})
    EXPECT_NE(told.find(one), std::string::npos) << one << "\n" << told;
  EXPECT_EQ(told.find("seven"), std::string::npos);
}

TEST(MappingTests, RefuseAnOldRowThatTheServerWouldNotSend) {
  const Ran ran(R"(table: people
user_id: id
track: { event: Gone, on: delete }
tests:
  - name: gone
    delete: { id: 7, plan: free }
    expect: [{ userId: "7" }]
)",
                {people_table(ReplicaIdentity::key)});
  const std::string told = ran.diagnostics.text();
  EXPECT_NE(told.find("m.yaml:6:22"), std::string::npos) << told;
  EXPECT_NE(told.find("alter table public.people replica identity full"), std::string::npos)
      << told;
}

TEST(MappingTests, TellOfATableThatTheLockLacks) {
  const Ran ran("table: poeple\nuser_id: id\ntrack: { event: E }\n");
  const std::string told = ran.diagnostics.text();
  EXPECT_NE(told.find("m.yaml:1:8: error: columns.lock.json has no table 'public.poeple'"),
            std::string::npos)
      << told;
  EXPECT_NE(told.find("did you mean 'public.people'?"), std::string::npos) << told;
  EXPECT_EQ(told.find("the database"), std::string::npos) << told;
}

TEST(MappingTests, FailOnAnExpectationOfOddTypes) {
  const Ran ran(kMapping + R"(
  - name: odd
    insert: { id: 7 }
    expect: [{ type: 7, event: [1], dead_letter: {} }]
)");
  EXPECT_FALSE(ran.result().passed());
  EXPECT_NE(ran.report().find("- { type: 7"), std::string::npos) << ran.report();
}

TEST(MappingTests, ReportForScripts) {
  const Ran ran(kMapping + R"(
  - name: new
    insert: { id: 7, plan: free }
    expect: [{ properties: { plan: pro } }]
)");
  const auto json = test_report_json(ran.results);
  EXPECT_FALSE(json["ok"]);
  EXPECT_EQ(json["failed"], 1);
  EXPECT_EQ(json["tests"][0]["line"], 14);
  EXPECT_EQ(json["tests"][0]["differences"][0]["fields"][0]["path"], "properties.plan");
}

}  // namespace
}  // namespace waltrack
