#include "workshop/preview_report.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "workshop/workshop_tables.hpp"

namespace waltrack {
namespace {

const std::string kMapping = R"(table: people
user_id: id
track:
  - event: Signed Up
    properties: { plan: plan, email: email }
  - event: Plan Changed
    on: update
    when: changed.plan
    properties: { from: old.plan, to: plan }
)";

// One row previewed by one mapping file, "m.yaml".
struct Previewed {
  explicit Previewed(PreviewChange change = {}, ChangeDraft::Row row = {"7", "a@b", "pro", {}},
                     ReplicaIdentity identity = ReplicaIdentity::full,
                     const std::string& mapping = kMapping) {
    change.commit_time_us = 1'767'225'600'000'000;
    Diagnostics faults;
    files.push_back(read_mapping_file(mapping, "m.yaml", faults));
    preview.table = people_table(identity);
    preview.key = {"id"};
    preview.change = change;
    preview.notes = preview_notes(preview.table, change);
    mapper = compile_mappings(files, {&preview.table, 1}, MessageIdentity(0, "", ""), faults);
    EXPECT_TRUE(mapper) << faults.text();
    preview.rows = preview_rows(*mapper, preview.table, {std::move(row)}, change);
  }

  std::vector<MappingFile> files;
  std::unique_ptr<Mapper> mapper;
  Preview preview;
};

TEST(PreviewReport, ShowsTheRowTheEventAndWhyARuleIsSilent) {
  EXPECT_EQ(preview_report(Previewed().preview, {}), R"(insert public.people, id 7
  id          7
  email       a@b
  plan        pro
  null: created_at
  ✓ track Signed Up  m.yaml:4
    user 7
    properties
      plan   "pro"
      email  "a@b"
  · track/Plan Changed  its `on` names other kinds of changes  m.yaml:6

1 row: 1 event; nothing was sent
)");
}

TEST(PreviewReport, ShowsABackfilledRowAsItWouldBeSent) {
  PreviewChange change;
  change.op = Op::backfill;
  const std::string mapping =
      "table: people\nuser_id: id\nidentify: { traits: { plan: plan }, timestamp: now() }\n";
  EXPECT_EQ(
      preview_report(
          Previewed(change, {"7", "a@b", "pro", {}}, ReplicaIdentity::full, mapping).preview, {}),
      R"(backfill public.people, id 7
  id          7
  email       a@b
  plan        pro
  null: created_at
  ✓ identify  m.yaml:3
    user 7
    at 2026-01-01T00:00:00.000000Z
    traits
      plan  "pro"
    context
      active  false

1 row: 1 event; nothing was sent
)");
}

TEST(PreviewReport, PutsTheRowBesideItsEventsWhereThereIsRoom) {
  const std::string text = preview_report(Previewed().preview, {.color = false, .width = 100});
  EXPECT_NE(text.find("  id          7    │ ✓ track Signed Up"), std::string::npos) << text;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    EXPECT_LE(characters_of(text.substr(at, end - at)), 100U);
    at = end + 1;
  }
}

TEST(PreviewReport, ShowsWhatAnUpdateChanged) {
  PreviewChange change{.op = Op::update, .was = {{2, "free"}}};
  const std::string text = preview_report(Previewed(change).preview, {});
  EXPECT_NE(text.find("plan        free → pro"), std::string::npos) << text;
  EXPECT_NE(text.find("✓ track Plan Changed"), std::string::npos) << text;
  EXPECT_NE(text.find("from  \"free\""), std::string::npos) << text;
  EXPECT_EQ(text.find("note: "), std::string::npos) << text;
}

TEST(PreviewReport, SaysThatNothingHasChanged) {
  const std::string text =
      preview_report(Previewed(PreviewChange{.op = Op::update, .was = {}}).preview, {});
  EXPECT_NE(text.find("note: nothing has changed in these updates"), std::string::npos) << text;
  EXPECT_NE(text.find("Changed  its `when` is false or null"), std::string::npos) << text;
}

TEST(PreviewReport, ShowsADeadLetterWithItsReason) {
  const std::string text =
      preview_report(Previewed({}, {std::nullopt, "a@b", "pro", {}}).preview, {});
  EXPECT_NE(text.find("✗ track/Signed Up"), std::string::npos) << text;
  EXPECT_NE(text.find("dead letter, no_user: neither user_id nor anonymous_id gave an id"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("1 row: 0 events, 1 dead letter; nothing was sent"), std::string::npos)
      << text;
}

TEST(PreviewReport, KeepsControlCharactersFromTheTerminal) {
  const std::string text = preview_report(Previewed({}, {"7", "a\x1b[2Jb", "pro", {}}).preview, {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(PreviewReport, IsJsonForScripts) {
  const auto json = preview_report_json(Previewed().preview);
  EXPECT_EQ(json["rows"][0]["key"]["id"], 7);
  EXPECT_EQ(json["rows"][0]["row"]["created_at"], nullptr);
  EXPECT_EQ(json["rows"][0]["rules"][0]["event"]["properties"]["plan"], "pro");
  EXPECT_EQ(json["rows"][0]["rules"][1]["outcome"], "silent");
}

TEST(RowPreview, ReadsWhatAColumnWas) {
  const Table table = people_table();
  EXPECT_EQ(parse_was("plan=a=b", table).second, "a=b");
  EXPECT_EQ(parse_was("plan=null", table).second, std::nullopt);
  EXPECT_EQ(parse_was("created_at=2026-01-01T00:00:00Z", table).second,
            "2026-01-01 00:00:00.000000+00");
  EXPECT_THROW(parse_was("plan", table), Error);
  EXPECT_THROW(parse_was("id=x", table), Error);
  try {
    parse_was("plna=x", table);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.hint(), "did you mean 'plan'?");
  }
}

}  // namespace
}  // namespace waltrack
