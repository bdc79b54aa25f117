#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mapping/value_spec.hpp"

namespace waltrack {

// How a result is to be written.
enum class ResultForm : uint8_t {
  automatic,  // as JSON, by what SQLite gives
  truth,      // the same, 1 and 0 as true and false
  string,     // as JSON, by `$type`
  number,
  integer,
  boolean,
  json,
  datetime,
  object,     // a JSON object; null is the empty one
  plain,      // bare text, not JSON: ids and times
  condition,  // "1" or "0"; nothing else is a condition's result
};

ResultForm result_form(DeclaredType type);

// Append one result in its form. They give nullptr, or why the value cannot have that form: fixed
// words without the value. Integers beyond ±(2^53 − 1) become strings, reals are written with 15
// significant digits, infinite ones as the strings "Infinity" and "-Infinity"; what is written in a
// JSON form is one JSON value whatever comes in.
const char* append_null(std::string& out, ResultForm form);
const char* append_integer(std::string& out, int64_t value, ResultForm form);
const char* append_real(std::string& out, double value, ResultForm form);
const char* append_text(std::string& out, std::string_view value, ResultForm form);
const char* append_blob(std::string& out, std::string_view bytes, ResultForm form);
// `value` is a JSON text that an expression made.
const char* append_json(std::string& out, std::string_view value, ResultForm form);

}  // namespace waltrack
