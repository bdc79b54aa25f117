#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// An identifier in double quotes, for SQL and for replication commands.
std::string quote_identifier(std::string_view name);

// schema and name, each in double quotes.
std::string quote_qualified(std::string_view schema, std::string_view name);

// A string in single quotes, for replication commands and for SQL with
// standard_conforming_strings: both take a backslash as itself.
std::string quote_literal(std::string_view text);

// A PL/pgSQL block as a statement, without the semicolon at its end; nothing in it can end the
// dollar quote that it is put in.
std::string do_block(const std::string& body);

}  // namespace waltrack
