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
}

TEST(Wal2jsonOptions, LeaveTheTablesOutWhenThereAreNone) {
  EXPECT_EQ(value_of(wal2json_options({}, false), "add-tables"), "(none)");
}

TEST(Wal2jsonOptions, HaveNumbersAsStringsOnlyWhereAsked) {
  EXPECT_EQ(value_of(wal2json_options({}, true), "numeric-data-types-as-string"), "true");
  EXPECT_EQ(value_of(wal2json_options({}, false), "numeric-data-types-as-string"), "(none)");
}

TEST(PgoutputOptions, QuoteThePublication) {
  EXPECT_EQ(value_of(pgoutput_options("my \"pub\", too"), "publication_names"),
            "\"my \"\"pub\"\", too\"");
}

}  // namespace waltrack
