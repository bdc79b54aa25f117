#include "postgres/stream_options.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::string value_of(const ReplicationStream::Options& options, const std::string& name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const auto& option) { return option.first == name; });
  return found == options.end() ? "(none)" : found->second;
}

}  // namespace

TEST(AddTables, EscapesWhatHasAMeaning) {
  const TablePattern tables[] = {{"public", "orders"}, {"my schema", "a,b.c*d\\e"}, {"all", ""}};
  EXPECT_EQ(add_tables_value(tables), "public.orders,my\\ schema.a\\,b\\.c\\*d\\\\e,all.*");
  const TablePattern odd[] = {{"tab\there", "new\nline"}};
  EXPECT_EQ(add_tables_value(odd), "tab\\\there.new\\\nline");
}

TEST(Wal2jsonOptions, AskForNoRowsWhenThereAreNoTables) {
  EXPECT_EQ(value_of(wal2json_options({}, {}, false), "add-tables"), "(none)");
  EXPECT_EQ(value_of(wal2json_options({}, {}, false), "filter-tables"), "*.*");
  const TablePattern tables[] = {{"public", "orders"}};
  EXPECT_EQ(value_of(wal2json_options(tables, {}, false), "filter-tables"), "(none)");
}

TEST(Wal2jsonOptions, AskForNoMessagesWhenNoneAreFollowed) {
  const ReplicationStream::Options options = wal2json_options({}, {}, false);
  EXPECT_EQ(value_of(options, "add-msg-prefixes"), value_of(options, "filter-msg-prefixes"));
  EXPECT_NE(value_of(options, "add-msg-prefixes"), "(none)");
}

TEST(Wal2jsonOptions, AskForThePrefixesThatAreFollowed) {
  const std::string prefixes[] = {"shop.checkout", "a*\\'\"ä"};
  const ReplicationStream::Options options = wal2json_options({}, prefixes, false);
  EXPECT_EQ(value_of(options, "add-msg-prefixes"), "shop.checkout,a*\\'\"ä");
  EXPECT_EQ(value_of(options, "filter-msg-prefixes"), "(none)");
}

TEST(Wal2jsonOptions, AskForAllMessagesWhenAPrefixCannotBeListed) {
  for (const char* odd : {"", "a b", " a", "a,b", "a\n", "\ta"}) {
    const std::string prefixes[] = {"shop.checkout", odd};
    const ReplicationStream::Options options = wal2json_options({}, prefixes, false);
    EXPECT_EQ(value_of(options, "add-msg-prefixes"), "(none)") << odd;
    EXPECT_EQ(value_of(options, "filter-msg-prefixes"), "(none)") << odd;
  }
}

TEST(Wal2jsonOptions, HaveNumbersAsStringsOnlyWhereAsked) {
  EXPECT_EQ(value_of(wal2json_options({}, {}, true), "numeric-data-types-as-string"), "true");
  EXPECT_EQ(value_of(wal2json_options({}, {}, false), "numeric-data-types-as-string"), "(none)");
}

TEST(PgoutputOptions, QuoteThePublication) {
  EXPECT_EQ(value_of(pgoutput_options("my \"pub\", too", false), "publication_names"),
            "\"my \"\"pub\"\", too\"");
}

TEST(PgoutputOptions, HaveMessagesOnlyWhereAsked) {
  EXPECT_EQ(value_of(pgoutput_options("p", true), "messages"), "true");
  EXPECT_EQ(value_of(pgoutput_options("p", false), "messages"), "(none)");
}

}  // namespace waltrack
