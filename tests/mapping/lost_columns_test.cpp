#include "mapping/lost_columns.hpp"

#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

Table without(Table table, std::string_view column, uint32_t id) {
  table.columns.erase(table.columns.begin() +
                      static_cast<std::ptrdiff_t>(*table.find_column(column)));
  table.id = id;
  return table;
}

Table renamed(Table table, std::string_view column, std::string to, uint32_t id) {
  table.columns[*table.find_column(column)].name = std::move(to);
  table.id = id;
  return table;
}

constexpr const char* kTwoRules =
    "table: users\nuser_id: id\n"
    "track:\n- event: A\n  properties: { plan: plan }\n- event: B\n  properties: { name: name }\n";

// A mapper whose database is `now`.
struct MapperOf {
  MapperOf(std::string_view yaml, const Table& mapped) : now(mapped) {
    std::vector<MappingFile> files = {read_mapping_file(yaml, "m.yaml", diagnostics)};
    mapper = compile_mappings(files, std::vector<Table>{mapped}, test_identity(), diagnostics, {},
                              [this](const TableName&) {
                                ++questions;
                                return now;
                              });
    EXPECT_TRUE(mapper != nullptr) << diagnostics.text();
  }
  void insert(const Table& layout) {
    TestChange change(layout, Op::insert);
    change.now({{"id", "7"}, {"name", "Ann"}});
    mapper->map(change.transaction(), change.change(), sink);
  }
  std::string rejections() const {
    std::string text;
    for (const auto& one : sink.rejections)
      text += one.rule + " " + one.reason + ": " + one.detail + "\n";
    return text;
  }

  std::optional<Table> now;
  int questions = 0;
  Diagnostics diagnostics;
  std::unique_ptr<Mapper> mapper;
  FakeSink sink;
};

}  // namespace

TEST(LostColumns, TheRuleThatNamesOneRejectsItsRowsAndTheOthersGoOn) {
  const Table users = users_table();
  MapperOf mapper(kTwoRules, users);
  const Table later = renamed(users, "plan", "tier", 1);
  mapper.now = later;
  mapper.insert(later);
  mapper.insert(later);
  EXPECT_EQ(mapper.sink.events.size(), 2U);
  ASSERT_EQ(mapper.sink.rejections.size(), 2U);
  EXPECT_EQ(mapper.sink.rejections[0].rule, "track/A");
  EXPECT_EQ(mapper.sink.rejections[0].reason, "missing_column");
  const std::string& detail = mapper.sink.rejections[0].detail;
  EXPECT_TRUE(detail.starts_with("public.users has no column 'plan' since 20")) << detail;
  EXPECT_NE(detail.find("The table has tier (new), id, email, name"), std::string::npos) << detail;
  EXPECT_EQ(mapper.questions, 1) << "once for the layout, not for the row";
}

TEST(LostColumns, ARowFromBeforeTheColumnHasLostNothing) {
  const Table users = users_table();
  MapperOf mapper(kTwoRules, users);
  mapper.insert(without(users, "plan", 1));
  EXPECT_EQ(mapper.rejections(), "");
  EXPECT_EQ(mapper.sink.events.size(), 2U);
}

TEST(LostColumns, AnAddedColumnThatIsDroppedAgainIsLost) {
  const Table users = users_table();
  MapperOf mapper(kTwoRules, users);
  const Table before = without(users, "plan", 1);
  mapper.insert(before);
  mapper.insert(users);
  mapper.now = before;
  mapper.insert(before);
  EXPECT_EQ(mapper.sink.rejections.size(), 1U) << mapper.rejections();
}

TEST(LostColumns, AColumnThatCameBackIsThereAgain) {
  const Table users = users_table();
  MapperOf mapper(kTwoRules, users);
  const Table later = without(users, "plan", 1);
  mapper.now = later;
  mapper.insert(users);
  mapper.insert(later);
  mapper.insert(users);
  mapper.insert(later);
  EXPECT_EQ(mapper.sink.rejections.size(), 2U) << mapper.rejections();
  EXPECT_EQ(mapper.sink.events.size(), 6U);
}

TEST(LostColumns, ALayoutThatIsNotWholeHasLostNothing) {
  const Table users = users_table();
  MapperOf mapper(kTwoRules, users);
  Table part = without(users, "plan", 1);
  mapper.now = part;
  part.whole = false;
  mapper.insert(part);
  EXPECT_EQ(mapper.rejections(), "");
}

TEST(LostColumns, AConditionThatNeedsNoneOfThemIsAskedFirst) {
  const Table users = users_table();
  MapperOf mapper(
      "table: users\nuser_id: id\ntrack:\n- event: A\n  when: name = 'Bob'\n  properties: { plan: "
      "plan }\n- event: B\n  when: plan = 'pro'\n  properties: { name: name }\n",
      users);
  const Table later = without(users, "plan", 1);
  mapper.now = later;
  mapper.insert(later);
  ASSERT_EQ(mapper.sink.rejections.size(), 1U) << mapper.rejections();
  EXPECT_EQ(mapper.sink.rejections[0].rule, "track/B");
  EXPECT_EQ(mapper.sink.rejections[0].reason, "missing_column");
}

TEST(LostColumns, AllColumnsAreWhateverThereIs) {
  const Table users = users_table();
  MapperOf mapper(
      "table: users\nuser_id: id\ntrack:\n  event: A\n  properties: { $columns: '*' }\n", users);
  const Table later = without(users, "plan", 1);
  mapper.now = later;
  mapper.insert(later);
  EXPECT_EQ(mapper.rejections(), "");
  EXPECT_EQ(mapper.sink.events.size(), 1U);
}

TEST(LostColumns, OfATableThatIsGoneAreThoseThatTheRowLacks) {
  const Table users = users_table();
  MapperOf mapper(kTwoRules, users);
  mapper.now = std::nullopt;
  mapper.insert(users);
  mapper.insert(without(users, "plan", 1));
  EXPECT_EQ(mapper.sink.rejections.size(), 1U) << mapper.rejections();
}

}  // namespace waltrack
