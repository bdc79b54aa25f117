#include "mapping/bound_value.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <sqlite3.h>
#include <system_error>

#include "base/hex_digit.hpp"
#include "mapping/number_text.hpp"
#include "mapping/timestamp_text.hpp"
#include "mapping/value_json.hpp"

namespace waltrack {
namespace {

int bind_text(sqlite3_stmt* statement, int parameter, std::string_view text) {
  // A null pointer would bind null.
  const char* data = text.data() == nullptr ? "" : text.data();
  return sqlite3_bind_text64(statement, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

template <typename Number>
bool parse(std::string_view text, Number& value) {
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc{} && end == text.data() + text.size();
}

int bind_integer(sqlite3_stmt* statement, int parameter, std::string_view text) {
  int64_t value = 0;
  if (!parse(text, value)) return bind_text(statement, parameter, text);
  return sqlite3_bind_int64(statement, parameter, value);
}

// The nearest double of a number; for one that is larger than all of them infinity. Nothing for
// NaN, which SQLite does not have, and for what is no number.
std::optional<double> real_value(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const bool negative = text.starts_with('-');
  if (text == "Infinity" || text == "-Infinity") return negative ? -kInfinity : kInfinity;
  double value = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text == "NaN") return std::nullopt;
  if (fault == std::errc{}) return value;
  if (fault != std::errc::result_out_of_range) return std::nullopt;
  const double magnitude = scan_number(text).exponent > 0 ? kInfinity : 0;
  return negative ? -magnitude : magnitude;
}

int bind_real(sqlite3_stmt* statement, int parameter, std::string_view text) {
  const std::optional<double> value = real_value(text);
  if (!value) return bind_text(statement, parameter, text);
  return sqlite3_bind_double(statement, parameter, *value);
}

// As the bare column shows a time; what is no such time (infinity) stays as it is.
using AppendTime = bool (*)(std::string&, std::string_view);
int bind_time(sqlite3_stmt* statement, int parameter, std::string_view text, std::string& scratch,
              AppendTime append) {
  scratch.clear();
  return bind_text(statement, parameter, append(scratch, text) ? scratch : text);
}

int bind_numeric(sqlite3_stmt* statement, int parameter, std::string_view text) {
  int64_t value = 0;
  if (parse(text, value)) return sqlite3_bind_int64(statement, parameter, value);
  return bind_real(statement, parameter, text);
}

int bind_bytes(sqlite3_stmt* statement, int parameter, std::string_view hex, std::string& scratch) {
  scratch.clear();
  for (size_t i = 0; i < hex.size(); i += 2) {
    int high = hex_digit(hex[i]);
    int low = i + 1 < hex.size() ? hex_digit(hex[i + 1]) : -1;
    if (high < 0 || low < 0) return bind_text(statement, parameter, hex);
    scratch += static_cast<char>(high * 16 + low);
  }
  return sqlite3_bind_blob64(statement, parameter, scratch.data(), scratch.size(), SQLITE_STATIC);
}

int bind_column(sqlite3_stmt* statement, int parameter, const ColumnType& type, const Value& value,
                std::string& scratch) {
  switch (type.kind) {
    case ValueKind::boolean:
      if (value.text != "t" && value.text != "f") break;
      return sqlite3_bind_int(statement, parameter, value.text == "t" ? 1 : 0);
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::oid:
      return bind_integer(statement, parameter, value.text);
    case ValueKind::float4:
    case ValueKind::float8:
      return bind_real(statement, parameter, value.text);
    case ValueKind::numeric:
      return bind_numeric(statement, parameter, value.text);
    case ValueKind::bytea:
      return bind_bytes(statement, parameter, value.text, scratch);
    case ValueKind::date:
      return bind_time(statement, parameter, value.text, scratch, append_date_text);
    case ValueKind::timetz:
      return bind_time(statement, parameter, value.text, scratch, append_timetz_text);
    case ValueKind::timestamp:
      return bind_time(statement, parameter, value.text, scratch, append_timestamp_text);
    case ValueKind::timestamptz:
      return bind_time(statement, parameter, value.text, scratch, append_timestamptz_text);
    case ValueKind::array:
    case ValueKind::range:
    case ValueKind::multirange:
    case ValueKind::hstore:
      scratch.clear();
      append_value_json(scratch, type, value);
      return bind_text(statement, parameter, scratch);
    default:
      break;
  }
  return bind_text(statement, parameter, value.text);
}

}  // namespace

BoundClass bound_class(ValueKind kind) {
  switch (kind) {
    case ValueKind::boolean:
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::oid:
      return BoundClass::integer;
    case ValueKind::float4:
    case ValueKind::float8:
    case ValueKind::numeric:
      return BoundClass::number;
    case ValueKind::bytea:
      return BoundClass::blob;
    default:
      return BoundClass::text;
  }
}

std::string parameter_sql(BoundClass bound, int parameter) {
  std::string number = "?" + std::to_string(parameter);
  switch (bound) {
    case BoundClass::integer:
      return "cast(" + number + " as integer)";
    case BoundClass::text:
      return "cast(" + number + " as text)";
    case BoundClass::number:
    case BoundClass::blob:
      break;
  }
  return number;
}

int bind_source(sqlite3_stmt* statement, int parameter, const RowView& row, Source source,
                std::string& scratch) {
  if (source.scope == Scope::event) {
    if (!has_event_field(row, static_cast<EventField>(source.index))) {
      return sqlite3_bind_null(statement, parameter);
    }
    if (static_cast<EventField>(source.index) == EventField::xid) {
      return sqlite3_bind_int64(statement, parameter, row.transaction().xid);
    }
    scratch.clear();
    append_event_field(scratch, row, static_cast<EventField>(source.index));
    return bind_text(statement, parameter, scratch);
  }
  if (source.scope == Scope::changed) {
    return sqlite3_bind_int(statement, parameter,
                            row.changed(source.index).value_or(false) ? 1 : 0);
  }
  Value value = row.value(source);
  if (!value.is_present()) return sqlite3_bind_null(statement, parameter);
  return bind_column(statement, parameter, row.type(source), value, scratch);
}

}  // namespace waltrack
