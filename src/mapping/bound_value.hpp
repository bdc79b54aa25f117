#pragma once

#include <string>

#include "mapping/row_view.hpp"

struct sqlite3_stmt;

namespace waltrack {

// What a column is to SQLite.
enum class BoundClass : uint8_t { integer, number, text, blob };

BoundClass bound_class(ValueKind kind);

// A parameter of that class: text has text affinity, so that '99.00' > 500 compares as it should;
// integers likewise, so that id = '7' does.
std::string parameter_sql(BoundClass bound, int parameter);

// Binds what `source` reads, which must be available. Text may be bound as a view: it, and
// `scratch`, must stay until the statement has run. Gives SQLite's result code.
int bind_source(sqlite3_stmt* statement, int parameter, const RowView& row, Source source,
                std::string& scratch);

}  // namespace waltrack
