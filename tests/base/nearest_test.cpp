#include "base/nearest.hpp"

#include <gtest/gtest.h>

namespace waltrack {

const std::vector<std::string> kKeys = {"source", "destination", "state", "mappings"};

TEST(NearestName, FindsSwapsDropsAndCase) {
  EXPECT_EQ(nearest_name("suorce", kKeys), "source");
  EXPECT_EQ(nearest_name("mapping", kKeys), "mappings");
  EXPECT_EQ(nearest_name("STATE", kKeys), "state");
}

TEST(NearestName, SuggestsNothingFarAway) {
  EXPECT_EQ(nearest_name("zebra", kKeys), std::nullopt);
  EXPECT_EQ(suggest_name("zebra", kKeys), "known: source, destination, state, mappings");
}

TEST(NearestName, SuggestionReadsAsASentence) {
  EXPECT_EQ(suggest_name("sorce", kKeys), "did you mean 'source'?");
}

}  // namespace waltrack
