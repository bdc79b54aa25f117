#pragma once

#include <optional>

#include "mapping/sql_tokens.hpp"

namespace waltrack {

// Words of Postgres (and some of other databases) that SQLite does not have, each with the spelling
// that works here: an error in the place of the word.

// What SQLite would take for something else, or call by a name that helps nobody (`::`, `?`): asked
// before it is.
std::optional<SqlFault> find_misread_spelling(const SqlTokens& tokens);

// The rest: asked when SQLite has refused the expression, since some of the words may be columns.
std::optional<SqlFault> find_foreign_spelling(const SqlTokens& tokens);

}  // namespace waltrack
