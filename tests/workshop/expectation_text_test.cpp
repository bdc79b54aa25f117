#include "workshop/expectation_text.hpp"

#include <gtest/gtest.h>

#include "workshop/test_report.hpp"
#include "workshop/workshop_tables.hpp"

namespace waltrack {
namespace {

const std::string kMapping = R"(table: people
user_id: id
track:
  - event: Signed Up   # hello
    properties: { plan: plan }
)";

struct Updated {
  explicit Updated(const std::string& tests, const std::string& mapping = kMapping,
                   const std::vector<Table>& lock = {people_table()}) {
    const std::string before = mapping + tests;
    file = update(before, lock, refused);
    if (!refused.has_errors()) {
      Diagnostics again;
      const UpdatedFile second = update(file.text, lock, again);
      EXPECT_EQ(second.written, 0U) << file.text;
      EXPECT_EQ(second.text, file.text);
    } else {
      EXPECT_EQ(file.text, before);
    }
    EXPECT_TRUE(file.text.starts_with(mapping));
    tests_text = file.text.substr(mapping.size());
  }

  static UpdatedFile update(const std::string& text, const std::vector<Table>& lock,
                            Diagnostics& refused) {
    Diagnostics faults;
    const std::vector<MappingFile> files = {read_mapping_file(text, "m.yaml", faults)};
    const auto results = run_mapping_tests(files, lock, MissingExpect::fine, faults);
    EXPECT_FALSE(faults.has_errors()) << faults.text() << text;
    return update_expectations(text, results.at(0), refused);
  }

  UpdatedFile file;
  Diagnostics refused;
  std::string tests_text;
};

constexpr const char* kEvent =
    R"({ type: track, event: Signed Up, userId: "7", properties: { plan: free } })";

TEST(ExpectationText, ReplacesOnlyTheExpectationsThatFail) {
  const Updated updated(R"(tests:
  # one
  - name: right
    insert: {id: 1}   # kept
    expect:
    - {event: Signed Up} # kept, too

  - name: wrong   # a name
    expect:   # why
    - event: Other
      properties:
        a: 1

    # two
    insert: { id: 7, plan: free }
  # three
)");
  EXPECT_EQ(updated.file.written, 1U);
  EXPECT_EQ(updated.tests_text, std::string(R"(tests:
  # one
  - name: right
    insert: {id: 1}   # kept
    expect:
    - {event: Signed Up} # kept, too

  - name: wrong   # a name
    expect:   # why
    - )") + kEvent + R"(

    # two
    insert: { id: 7, plan: free }
  # three
)");
}

TEST(ExpectationText, InsertsAnExpectationWhereThereIsNone) {
  const Updated updated(R"(tests:
- name: first
  insert:
    id: 7
    plan: free

# between
- name: last
  insert: { id: 7, plan: free })");
  EXPECT_EQ(updated.tests_text, std::string(R"(tests:
- name: first
  insert:
    id: 7
    plan: free
  expect:
    - )") + kEvent + R"(

# between
- name: last
  insert: { id: 7, plan: free }
  expect:
    - )" + kEvent + "\n");
}

TEST(ExpectationText, WritesAnEmptyListWhereNothingIsMade) {
  const Updated updated(R"(tests:
  - name: quiet
    delete: { id: 7 }
    expect:
      - { event: Gone }
)");
  EXPECT_EQ(updated.tests_text, R"(tests:
  - name: quiet
    delete: { id: 7 }
    expect: []
)");
}

TEST(ExpectationText, ReplacesFlowListsOfOneAndOfSeveralLines) {
  const Updated updated(R"(tests:
  - name: one
    expect: [{ event: Other }]
    insert: { id: 7, plan: free }
  - name: two
    insert: { id: 7, plan: free }
    expect: [
      { event: Other }
    ]
)");
  EXPECT_EQ(updated.tests_text, std::string(R"(tests:
  - name: one
    expect:
      - )") + kEvent + R"(
    insert: { id: 7, plan: free }
  - name: two
    insert: { id: 7, plan: free }
    expect:
      - )" + kEvent + "\n");
}

TEST(ExpectationText, KeepsWindowsLineEndsAndLaterDocuments) {
  const Updated updated(
      "tests:\r\n  - name: one\r\n    insert: { id: 7, plan: free }\r\n---\r\ntable: people\r\n"
      "user_id: id\r\nidentify: {}\r\n",
      "table: people\r\nuser_id: id\r\ntrack: { event: Signed Up, properties: { plan: plan } "
      "}\r\n");
  EXPECT_EQ(updated.tests_text,
            std::string("tests:\r\n  - name: one\r\n    insert: { id: 7, plan: free }\r\n"
                        "    expect:\r\n      - ") +
                kEvent + "\r\n---\r\ntable: people\r\nuser_id: id\r\nidentify: {}\r\n");
}

TEST(ExpectationText, RefusesWhatItWouldDamage) {
  struct Case {
    const char* tests;
    const char* why;
  };
  const Case cases[] = {
      {"tests:\n  - name: a\n    insert: { id: 7 }\n    expect:\n      # note\n      - { event: X "
       "}\n",
       "m.yaml:10:7: error: a comment inside of expect"},
      {"tests:\n  - name: a\n    insert: { id: 7 }\n    expect:\n      - { event: X }  # note\n",
       "a comment inside of expect"},
      {"tests:\n  - { name: a, insert: { id: 7 }, expect: [{ event: X }] }\n", "written in { }"},
      {"tests:\n  - { name: a, insert: { id: 7 } }\n", "written in { }"},
      {"tests:\n  - name: a\n    insert: { id: 7 }\n    expect: &e\n      - { event: X }\n"
       "  - name: b\n    insert: { id: 8 }\n    expect: *e\n",
       "alias"},
      {"tests:\n  - name: a\n    insert: { id: 7 }\n    expect:\n      - &e { event: X }\n"
       "  - name: b\n    insert: { id: 1 }\n    expect: [*e]\n",
       "alias"},
  };
  for (const Case& one : cases) {
    Diagnostics refused;
    const std::string before = kMapping + one.tests;
    const UpdatedFile file = Updated::update(before, {people_table()}, refused);
    EXPECT_NE(refused.text().find(one.why), std::string::npos) << refused.text() << one.tests;
    EXPECT_EQ(file.text, before);
  }
}

TEST(ExpectationText, GoesOnWithTheTestsThatItCanEdit) {
  Diagnostics refused;
  const UpdatedFile file =
      Updated::update(kMapping +
                          "tests:\n  - name: a\n    insert: { id: 7, plan: free }\n"
                          "  - { name: b, insert: { id: 8 } }\n",
                      {people_table()}, refused);
  EXPECT_EQ(file.written, 1U);
  EXPECT_EQ(refused.error_count(), 1);
}

TEST(ExpectationText, KeepsContextThatIsNamedAndTimesThatAreSet) {
  const Updated updated(R"(tests:
  - name: a
    insert: { id: 7, email: x, created_at: 2026-05-06T07:08:09Z }
    expect:
      - { event: E, context: { ip: wrong } }
)",
                        "table: people\nuser_id: id\ncontext: { ip: email }\ntrack: { event: E, "
                        "timestamp: created_at }\n");
  EXPECT_NE(
      updated.tests_text.find(
          R"(- { type: track, event: E, userId: "7", timestamp: "2026-05-06T07:08:09.000000Z", properties: {}, context: { ip: x } })"),
      std::string::npos)
      << updated.tests_text;
}

TEST(ExpectationText, WritesWhatSeveralTablesHaveInCommon) {
  const Updated updated(
      "tests:\n  - name: a\n    insert: { id: 7 }\n",
      "table: \"*.people\"\nuser_id: id\ntrack: { event: E, properties: { in: "
      "event.schema, id: id } }\n",
      {people_table(ReplicaIdentity::full, "a"), people_table(ReplicaIdentity::full, "b")});
  EXPECT_NE(updated.tests_text.find(R"(userId: "7", properties: { id: 7 } })"), std::string::npos)
      << updated.tests_text;
}

}  // namespace
}  // namespace waltrack
