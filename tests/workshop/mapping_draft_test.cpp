#include "workshop/mapping_draft.hpp"

#include <gtest/gtest.h>

#include "base/yaml_reader.hpp"
#include "mapping/mapper.hpp"
#include "workshop/draft_tables.hpp"

namespace waltrack {
namespace {

constexpr ValueKind kInt = ValueKind::int8;
constexpr ValueKind kTime = ValueKind::timestamptz;

// The drafts of a schema, with what they are about.
struct Drafts {
  explicit Drafts(std::vector<TableFacts> tables)
      : facts(std::move(tables)), guess(guess_schema(facts)) {
    for (size_t i = 0; i < facts.size(); ++i)
      drafts.push_back(draft_mapping(facts[i], guess.tables[i], guess.users));
  }
  std::vector<TableFacts> facts;
  SchemaGuess guess;
  std::vector<MappingDraft> drafts;
};

// All that the loader says against the drafts.
std::string faults(const Drafts& drafts) {
  Diagnostics diagnostics;
  std::vector<MappingFile> files;
  std::vector<Table> tables;
  for (size_t i = 0; i < drafts.drafts.size(); ++i) {
    files.push_back(
        read_mapping_file(drafts.drafts[i].text, drafts.drafts[i].file_name, diagnostics));
    tables.push_back(drafts.facts[i].table);
  }
  compile_mappings(files, tables, MessageIdentity(1, "d", "i"), diagnostics);
  return diagnostics.text();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos || (ADD_FAILURE() << part << "\nis not in\n"
                                                                << text,
                                                  false);
}

std::vector<TableFacts> shop() {
  return {users_table()
              .column("first_name")
              .column("password_digest")
              .column("plan", kInt)
              .column("locale")
              .column("created_at", kTime, false)
              .column("team_id", kInt)
              .refers("team_id", "teams"),
          DraftTable("teams")
              .id()
              .column("name")
              .column("owner_id", kInt, false)
              .refers("owner_id", "users"),
          DraftTable("order_items")
              .id()
              .column("user_id", kInt)
              .column("status")
              .column("value")
              .column("createdAt", ValueKind::timestamp)
              .column("deleted_at", kTime)
              .refers("user_id", "users"),
          DraftTable("products").id().column("sku")};
}

}  // namespace

TEST(MappingDraft, LoadsWithoutAWord) {
  EXPECT_EQ(faults(Drafts(shop())), "");
}

TEST(MappingDraft, UsersAreIdentifiedAndToldOfAsSignedUp) {
  const std::string text = Drafts(shop()).drafts[0].text;
  EXPECT_TRUE(text.starts_with("# yaml-language-server: $schema=mapping.schema.json\n"));
  EXPECT_TRUE(has(text, "\nuser_id: id  #"));
  EXPECT_TRUE(has(
      text,
      "\nidentify:\n  traits:\n    plan: plan\n    locale: locale\n    createdAt: created_at\n"));
  EXPECT_TRUE(has(text, "    # email: email\n"));
  EXPECT_TRUE(has(text, "    # firstName: first_name\n"));
  EXPECT_TRUE(has(text, "Left out: password_digest (looks secret)"));
  EXPECT_TRUE(has(text, "- event: Signed Up"));
  EXPECT_TRUE(has(text, "  - event: User Deleted\n    on: delete\n"));
}

TEST(MappingDraft, OtherTablesTellWhatWasCreated) {
  const Drafts drafts(shop());
  const std::string text = drafts.drafts[2].text;
  EXPECT_TRUE(has(text, "\nwhen: user_id is not null"));
  EXPECT_TRUE(has(text, "- event: Order Item Created"));
  EXPECT_TRUE(has(text, "timestamp: createdAt  # without a zone"));
  EXPECT_TRUE(has(text, "order_item_id: id\n"));
  EXPECT_TRUE(has(text, "value_text: value\n"));
  EXPECT_TRUE(has(text, "# - event: Order Item Deleted\n"));
  EXPECT_TRUE(has(text, "# - event: Order Item Status Changed\n"));
  EXPECT_TRUE(has(text, "deleted_at looks like a soft delete"));
  EXPECT_TRUE(drafts.drafts[2].reads_old);
}

TEST(MappingDraft, ADeleteIsToldWhereItsUserIsKnown) {
  std::vector<TableFacts> tables = shop();
  tables[2] =
      DraftTable("order_items").id().column("user_id", kInt).refers("user_id", "users").full();
  const Drafts drafts(tables);
  EXPECT_TRUE(has(drafts.drafts[2].text, "  - event: Order Item Deleted\n    on: delete\n"));
  EXPECT_EQ(faults(drafts), "");
}

TEST(MappingDraft, WithoutAUserItIsSwitchedOff) {
  const Drafts drafts(shop());
  EXPECT_FALSE(drafts.drafts[3].enabled);
  EXPECT_TRUE(has(drafts.drafts[3].text, "# Switched off: nothing in a row says whose it is"));
  EXPECT_TRUE(has(drafts.drafts[3].text, "\ntable: public.products\nenabled: false\n"));
}

TEST(MappingDraft, HasGroupsAndTests) {
  const Drafts drafts(shop());
  EXPECT_TRUE(has(drafts.drafts[1].text, "\ngroup:\n  group_id: id\n  traits:\n    name: name\n"));
  EXPECT_TRUE(
      has(drafts.drafts[0].text, "\ngroup:\n  group_id: team_id\n  when: team_id is not null\n"));
  EXPECT_TRUE(has(drafts.drafts[0].text,
                  "    insert: { id: 7, team_id: 7 }\n"
                  "    expect:\n"
                  "      - { type: identify, userId: \"7\" }\n"
                  "      - { type: group, userId: \"7\", groupId: \"7\" }\n"
                  "      - { type: track, event: Signed Up, userId: \"7\" }\n"));
  for (const MappingDraft& draft : drafts.drafts) {
    Diagnostics diagnostics;
    EXPECT_EQ(read_yaml(draft.text, draft.file_name, diagnostics).size(), 1u);
    EXPECT_EQ(diagnostics.text(), "") << draft.text;
  }
}

TEST(MappingDraft, DescribedTablesBeginWithTheRowsThatExist) {
  const Drafts drafts(shop());
  EXPECT_TRUE(has(drafts.drafts[0].text, "\nbackfill: initial\nuser_id: id"));
  EXPECT_TRUE(has(drafts.drafts[0].text, "`never`"));
  EXPECT_TRUE(has(drafts.drafts[1].text, "\nbackfill: initial\n"));
  EXPECT_EQ(drafts.drafts[2].text.find("backfill:"), std::string::npos);
  EXPECT_EQ(drafts.drafts[3].text.find("backfill:"), std::string::npos);
}

TEST(MappingDraft, OddNamesAreQuotedRightly) {
  std::vector<TableFacts> tables = {
      users_table(),
      DraftTable("Odd: \"Table\"\n# 1", "a.b")
          .column("Key, {1}")
          .key({"Key, {1}"})
          .column("userId", kInt)
          .refers("userId", "users")
          .column("true")
          .column("null")
          .column("a: b # c\n- d")
          .column("$$")
          .column("new.x")
          .column("ünï")
          .column("select")
          .column("Select Me")
          .column("selectMe"),
      DraftTable(".hidden/../x").id().column("user_id", kInt, false).refers("user_id", "users")};
  tables[1].comment = "a comment\ntable: evil";
  tables[1].columns[2].comment = "x\n  y: z";
  const Drafts drafts(tables);
  EXPECT_EQ(faults(drafts), "") << drafts.drafts[1].text;
  EXPECT_EQ(drafts.drafts[1].file_name, "a.b.Odd___Table____1.yaml");
  EXPECT_EQ(drafts.drafts[2].file_name, "_.hidden_.._x.yaml");
}

TEST(MappingDraft, AnAnonymousIdDoes) {
  const Drafts drafts(
      {DraftTable("carts").column("device_id").column("sku").key({"device_id", "sku"})});
  EXPECT_EQ(faults(drafts), "");
  EXPECT_TRUE(has(drafts.drafts[0].text, "\nanonymous_id: device_id"));
  EXPECT_TRUE(has(drafts.drafts[0].text, "  - event: Cart Deleted\n"));
}

}  // namespace waltrack
