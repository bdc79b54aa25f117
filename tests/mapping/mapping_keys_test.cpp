#include "mapping/mapping_keys.hpp"

#include <gtest/gtest.h>
#include <set>

namespace waltrack {
namespace {

TEST(MappingKeys, AreUniqueAndExplained) {
  for (MappingMap map :
       {MappingMap::document, MappingMap::identify, MappingMap::group, MappingMap::alias,
        MappingMap::track, MappingMap::page, MappingMap::screen, MappingMap::long_value,
        MappingMap::columns_value, MappingMap::test, MappingMap::test_update}) {
    std::set<std::string_view> names;
    for (const MappingKey& key : mapping_keys(map)) {
      EXPECT_TRUE(names.insert(key.name).second) << key.name;
      EXPECT_FALSE(key.meaning.empty()) << key.name;
    }
    EXPECT_FALSE(names.empty());
  }
}

TEST(MappingKeys, CallsTakeWhatTheDocumentSetsForAll) {
  auto has = [](MappingMap map, std::string_view name) {
    for (const MappingKey& key : mapping_keys(map)) {
      if (key.name == name) return true;
    }
    return false;
  };
  for (const MappingKey& key : mapping_keys(MappingMap::document)) {
    const bool of_document = key.shape == KeyShape::calls || key.shape == KeyShape::tests ||
                             key.name == "table" || key.name == "message" ||
                             key.name == "acknowledge_pii" || key.name == "backfill";
    for (MappingMap call : {MappingMap::identify, MappingMap::group, MappingMap::track,
                            MappingMap::page, MappingMap::screen}) {
      EXPECT_EQ(has(call, key.name), !of_document) << key.name;
    }
  }
}

}  // namespace
}  // namespace waltrack
