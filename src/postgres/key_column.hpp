#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "model/chunk_reader.hpp"
#include "postgres/pg_connection.hpp"

namespace waltrack {

// A column of a key, as SQL has to name it.
struct KeyColumn {
  std::string name;
  // The type to cast a value to, domains resolved (they might refuse a value from before they had
  // their condition), without a length that would cut it: bpchar.
  std::string type;
  std::string collation;  // qualified and quoted; empty: the type has none
  bool bytea = false;
};

struct KeyColumns {
  std::vector<KeyColumn> columns;  // in the key's order
  // A schema outside the search path that has the types' operators; empty: there is none.
  std::string extra_schema;
};

KeyColumns read_key_columns(PgConnection& connection, const BackfillPlan& plan,
                            const std::stop_token& stop);

}  // namespace waltrack
