#include "workshop/preview_diff.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "workshop/workshop_tables.hpp"

namespace waltrack {
namespace {

// A row of people as one mapping has it; keeps what the preview points to.
struct Side {
  explicit Side(const std::string& calls) {
    Diagnostics faults;
    files.push_back(read_mapping_file("table: people\nuser_id: id\n" + calls, "m.yaml", faults));
    preview.table = people_table();
    preview.key = {"id"};
    mapper = compile_mappings(files, {&preview.table, 1}, MessageIdentity(0, "", ""), faults);
    EXPECT_TRUE(mapper) << faults.text();
    preview.rows =
        preview_rows(*mapper, preview.table, {{"7", "a@b", "pro", std::nullopt}}, preview.change);
  }

  std::vector<MappingFile> files;
  std::unique_ptr<Mapper> mapper;
  Preview preview;
};

TEST(PreviewDiff, TellsAddedRemovedAndChangedEvents) {
  const Side before(
      "track:\n  - { event: Same }\n  - { event: Old, properties: { plan: plan } }\n"
      "  - { event: Edited, properties: { plan: plan, email: email } }\n");
  const Side after(
      "track:\n  - { event: Same }\n  - { event: Old, when: plan = 'free' }\n"
      "  - { event: Edited, properties: { plan: upper(plan), mail: email } }\n"
      "  - { event: New }\n");
  const PreviewDiff diff = compare_previews(before.preview, after.preview);
  EXPECT_EQ(preview_diff_report(diff, "HEAD", {}), R"(id 7
  removed track/Old  m.yaml:5
    now: its `when` is false or null
    - { type: track, userId: "7", event: Old, properties: { plan: pro } }
  changed track/Edited  m.yaml:6
    properties.plan
      - "pro"
      + "PRO"
    properties.email
      - "a@b"
      + nothing
    properties.mail
      - nothing
      + "a@b"
  added track/New  m.yaml:7
    before: there is no such rule
    + { type: track, userId: "7", event: New, properties: {} }

1 row against HEAD: events added 1, removed 1, changed 1, unchanged 1; nothing was sent
)");
  const auto json = preview_diff_json(diff, after.preview, "HEAD");
  EXPECT_EQ(json["count"]["unchanged"], 1);
  EXPECT_EQ(json["rows"][0]["rules"][0]["change"], "none");
}

TEST(PreviewDiff, FindsNothingBetweenEqualMappings) {
  const Side one("identify: { traits: { plan: plan } }\n");
  const Side two("identify: { traits: { plan: plan } }\n");
  const auto count = compare_previews(one.preview, two.preview).count();
  EXPECT_EQ(count.same, 1U);
  EXPECT_EQ(count.added + count.removed + count.changed, 0U);
}

TEST(PreviewDiff, ShowsARuleThatNowFails) {
  const Side before("track: { event: E }\n");
  const Side after("track: { event: E, user_id: created_at }\n");
  const std::string text =
      preview_diff_report(compare_previews(before.preview, after.preview), "HEAD", {});
  EXPECT_NE(text.find("dead_letter"), std::string::npos) << text;
  EXPECT_NE(text.find("\"no_user\""), std::string::npos) << text;
}

}  // namespace
}  // namespace waltrack
