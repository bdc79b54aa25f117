#include "postgres/output_plugin_list.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(OutputPluginList, KeepsWhatIsListedAndQuotesNothing) {
  const auto list = OutputPluginList::parse("pgoutput, decoderbufs,\"Odd one\"");
  EXPECT_TRUE(list.names("decoderbufs"));
  EXPECT_FALSE(list.names("wal2json"));
  EXPECT_FALSE(list.is_one_quoted_name());
  EXPECT_EQ(list.with("wal2json"), "pgoutput, decoderbufs, \"Odd one\", wal2json");
  EXPECT_EQ(list.with("pgoutput"), "pgoutput, decoderbufs, \"Odd one\"");
}

TEST(OutputPluginList, FindsAListThatWasQuotedAsOneNameAndMendsIt) {
  const auto list = OutputPluginList::parse("\"pgoutput, test_decoding, wal2json\"");
  EXPECT_TRUE(list.is_one_quoted_name());
  EXPECT_FALSE(list.names("wal2json"));
  EXPECT_EQ(list.with("wal2json"), "pgoutput, test_decoding, wal2json");
}

TEST(OutputPluginList, AnEmptyOneTakesItsFirstName) {
  EXPECT_EQ(OutputPluginList::parse("").with("wal2json"), "wal2json");
}

}  // namespace waltrack
