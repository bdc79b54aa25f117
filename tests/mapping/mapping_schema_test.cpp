#include "mapping/mapping_schema.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mapping/mapping_keys.hpp"

// That it says what the loader says is tests/schema/'s to prove.

namespace waltrack {
namespace {

using Json = nlohmann::json;

// All places that a $ref names.
void collect_refs(const Json& schema, std::vector<std::string>& refs) {
  for (const auto& [key, part] : schema.items()) {
    if (key == "$ref") refs.push_back(part.get<std::string>().substr(1));
    if (part.is_structured()) collect_refs(part, refs);
  }
}

TEST(MappingSchema, HasEveryKeyWithItsMeaning) {
  const Json schema = Json::parse(mapping_schema());
  const auto expect_keys = [&](const Json& map, MappingMap keys) {
    EXPECT_EQ(map["additionalProperties"], false);
    ASSERT_EQ(map["properties"].size(), mapping_keys(keys).size());
    for (const MappingKey& key : mapping_keys(keys))
      EXPECT_EQ(map["properties"][std::string(key.name)]["description"], key.meaning) << key.name;
  };
  expect_keys(schema, MappingMap::document);
  expect_keys(schema["definitions"]["track"], MappingMap::track);
  expect_keys(schema["definitions"]["long_value"], MappingMap::long_value);
  expect_keys(schema["definitions"]["columns_value"], MappingMap::columns_value);
  expect_keys(schema["definitions"]["test"], MappingMap::test);
}

TEST(MappingSchema, RefersToWhatItDefines) {
  const Json schema = Json::parse(mapping_schema());
  std::vector<std::string> refs;
  collect_refs(schema, refs);
  EXPECT_FALSE(refs.empty());
  for (const std::string& ref : refs)
    EXPECT_TRUE(schema.contains(Json::json_pointer(ref))) << ref;
}

}  // namespace
}  // namespace waltrack
