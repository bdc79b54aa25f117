#include "postgres/wal2json_layout.hpp"

#include <gtest/gtest.h>
#include <string>

#include "postgres/fake_catalog.hpp"

namespace waltrack {
namespace {

constexpr uint32_t kInt = 23;
constexpr uint32_t kText = 25;

class Wal2jsonLayoutTest : public testing::Test {
 protected:
  using Names = std::vector<std::pair<const char*, uint32_t>>;

  std::vector<Wal2jsonColumn> seen(const Names& names) {
    std::vector<Wal2jsonColumn> columns;
    for (const auto& [name, oid] : names)
      columns.push_back({name, oid, Value::present(name)});
    return columns;
  }
  Table table(const Names& names) {
    Table made;
    for (const auto& [name, oid] : names)
      made.columns.push_back(registry.column(name, oid, false));
    return made;
  }
  bool placed(const Names& names, const Table& where, Gaps gaps) {
    return place_row(seen(names), where.columns, gaps, row);
  }
  std::string merged(const Names& names, const Names& known, Gaps gaps) {
    std::string text;
    for (const Column& column : merge_columns(seen(names), table(known).columns, gaps, registry)) {
      text += (text.empty() ? "" : " ") + column.name;
    }
    return text;
  }

  FakeCatalog catalog;
  TableRegistry registry{catalog};
  std::vector<Value> row;
  const Names names_all{{"id", kInt}, {"bio", kText}, {"n", kInt}};
};

TEST_F(Wal2jsonLayoutTest, AnInsertHasAllColumnsInOrder) {
  const Table users = table(names_all);
  EXPECT_TRUE(placed(names_all, users, Gaps::none));
  EXPECT_FALSE(placed({{"id", kInt}, {"n", kInt}}, users, Gaps::none));
  EXPECT_FALSE(placed({{"id", kInt}, {"n", kInt}, {"bio", kText}}, users, Gaps::none));
  EXPECT_FALSE(placed({{"id", kInt}, {"bio", kText}, {"n", kText}}, users, Gaps::none));
  EXPECT_FALSE(placed({{"id", kInt}, {"bio", kText}, {"n", kInt}, {"x", kInt}}, users, Gaps::none));
}

TEST_F(Wal2jsonLayoutTest, AnUpdateMayLeaveOutWhatCanBeStoredAside) {
  const Table users = table(names_all);
  ASSERT_TRUE(placed({{"id", kInt}, {"n", kInt}}, users, Gaps::stored_aside));
  EXPECT_TRUE(row[0].is_present());
  EXPECT_TRUE(row[1].is_unavailable());
  EXPECT_EQ(row[2].text, "n");
  EXPECT_FALSE(placed({{"id", kInt}, {"bio", kText}}, users, Gaps::stored_aside));
}

TEST_F(Wal2jsonLayoutTest, AnOldRowMayLeaveOutAnything) {
  const Table users = table(names_all);
  EXPECT_TRUE(placed({{"n", kInt}}, users, Gaps::any));
  EXPECT_TRUE(placed({}, users, Gaps::any));
  EXPECT_FALSE(placed({{"old", kInt}}, users, Gaps::any));
}

TEST_F(Wal2jsonLayoutTest, ALayoutGrowsByWhatIsSeen) {
  EXPECT_EQ(
      merged({{"id", kInt}, {"bio", kText}}, {{"id", kInt}, {"cv", kText}}, Gaps::stored_aside),
      "id cv bio");
  EXPECT_EQ(merged({{"n", kInt}, {"x", kInt}}, names_all, Gaps::any), "id bio n x");
  EXPECT_EQ(merged(names_all, {{"id", kInt}, {"n", kInt}}, Gaps::none), "id bio n");
}

TEST_F(Wal2jsonLayoutTest, ADroppedColumnThatCannotBeStoredAsideGoes) {
  EXPECT_EQ(merged({{"id", kInt}, {"bio", kText}}, names_all, Gaps::stored_aside), "id bio");
  EXPECT_EQ(merged({{"id", kInt}, {"m", kInt}}, names_all, Gaps::stored_aside), "id bio m");
}

TEST_F(Wal2jsonLayoutTest, ByteaIsBareHexWhateverItsDomain) {
  Table files;
  files.columns.push_back(registry.column("data", 17, false));
  const std::vector<Wal2jsonColumn> columns{{"data", 17, Value::present("\\xdead")}};
  ASSERT_TRUE(place_row(columns, files.columns, Gaps::none, row));
  EXPECT_EQ(row[0].text, "dead");
}

}  // namespace
}  // namespace waltrack
