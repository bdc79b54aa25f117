#include "mapping/mapping_keys.hpp"

#include <gtest/gtest.h>
#include <set>

namespace waltrack {
namespace {

TEST(MappingKeys, AreUniqueAndExplained) {
  for (MappingMap map :
       {MappingMap::document, MappingMap::identify, MappingMap::track, MappingMap::long_value}) {
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
    bool call_or_table = key.name == "table" || key.name == "identify" || key.name == "track";
    EXPECT_EQ(has(MappingMap::identify, key.name), !call_or_table) << key.name;
    EXPECT_EQ(has(MappingMap::track, key.name), !call_or_table) << key.name;
  }
}

}  // namespace
}  // namespace waltrack
