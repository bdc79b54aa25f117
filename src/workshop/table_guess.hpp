#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "postgres/table_facts.hpp"

namespace waltrack {

enum class TableRole {
  users,       // each row is a user
  accounts,    // each row is a company, a team …: Segment's groups
  membership,  // which user belongs to which account
  other,
};

// What a table seems to be for. Columns are named as the table names them; "" = there is none.
struct TableGuess {
  std::string skipped;  // why it gets no mapping at all; "" = it gets one
  std::string missing;  // why its mapping can only be switched off; "" = it works
  TableRole role = TableRole::other;
  std::vector<std::string> object;  // what one row is, in words: order, item

  std::string user_column;
  bool user_by_name = false;             // no foreign key says so
  std::vector<std::string> other_users;  // further columns that lead to users
  std::string anonymous_column;
  std::string account_column;  // leads to an account; an accounts table's own key
  std::string creation_column;
  std::string status_column;
  std::string soft_delete_column;
};

struct SchemaGuess {
  std::optional<TableName> users;
  std::vector<TableGuess> tables;  // one for each of the facts
};

// Looks at all tables of a database together. Says the same of the same facts, and knows nothing
// but these: names, types and keys, no rows.
SchemaGuess guess_schema(std::span<const TableFacts> facts);

}  // namespace waltrack
