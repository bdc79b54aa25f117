#include "workshop/column_text.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/iso8601.hpp"
#include "mapping/array_text.hpp"
#include "mapping/json_check.hpp"
#include "mapping/number_text.hpp"
#include "mapping/timestamp_text.hpp"
#include "workshop/literal_json.hpp"

namespace waltrack {
namespace {

using Text = std::optional<std::string>;

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

Text boolean_text(const std::string& text) {
  if (text == "true" || text == "t") return "t";
  if (text == "false" || text == "f") return "f";
  return std::nullopt;
}

Text number_text(const std::string& text, bool odd_allowed) {
  const bool odd = text == "NaN" || text == "Infinity" || text == "-Infinity";
  if (is_json_number(text) || (odd && odd_allowed)) return text;
  return std::nullopt;
}

// Bare hex digits.
Text bytes_text(std::string text) {
  if (text.starts_with("\\x")) text.erase(0, 2);
  const bool hex = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  return hex && text.size() % 2 == 0 ? Text(text) : std::nullopt;
}

// "2026-11-23 12:37:33.098093", and a zone where the type has one.
Text time_text(const std::string& text, bool zone) {
  if (text == "infinity" || text == "-infinity") return text;
  const std::optional<int64_t> us = parse_timestamp_us(text);
  if (!us) return std::nullopt;
  std::string iso;
  append_iso8601_utc(iso, *us);
  const size_t middle = iso.find('T');
  if (middle != 10) return std::nullopt;  // years that four digits don't hold
  iso[middle] = ' ';
  iso.pop_back();  // the Z
  return zone ? iso + "+00" : iso;
}

Text date_text(const std::string& text) {
  std::string checked;
  const bool fits = text == "infinity" || text == "-infinity" || append_date_text(checked, text);
  return fits ? Text(text) : std::nullopt;
}

// The parsers of the other kinds read what Postgres writes; a person's text goes in as it is.
Text scalar_text(const std::string& text, ValueKind kind) {
  switch (kind) {
    case ValueKind::boolean:
      return boolean_text(text);
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::oid:
      return is_integer_text(text) ? Text(text) : std::nullopt;
    case ValueKind::float4:
    case ValueKind::float8:
    case ValueKind::numeric:
      return number_text(text, true);
    case ValueKind::bytea:
      return bytes_text(text);
    case ValueKind::timestamp:
      return time_text(text, false);
    case ValueKind::timestamptz:
      return time_text(text, true);
    case ValueKind::date:
      return date_text(text);
    default:
      return text;
  }
}

std::string takes(const ColumnType& type) {
  switch (type.kind) {
    case ValueKind::boolean:
      return "true or false";
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::oid:
      return "a whole number";
    case ValueKind::float4:
    case ValueKind::float8:
    case ValueKind::numeric:
      return "a number";
    case ValueKind::bytea:
      return "bytes as hex digits, \\xDEADBEEF";
    case ValueKind::timestamp:
    case ValueKind::timestamptz:
      return "a date and time, 2026-11-23T12:37:33Z";
    case ValueKind::date:
      return "a date, 2026-11-23";
    case ValueKind::array:
      return "a list, or the text as Postgres writes it, {a,b}";
    case ValueKind::hstore:
      return "a map of texts, or the text as Postgres writes it";
    default:
      return "a text";
  }
}

// A map, a list, or a text: one that begins with { or [ and is JSON stands for that.
std::string json_text(const YamlNode& value) {
  if (value.kind == YamlNode::Kind::scalar && value.quoted &&
      value.scalar.find_first_of("{[") == 0 && is_embeddable_json(value.scalar)) {
    return value.scalar;
  }
  return literal_json(value).dump();
}

Text array_text(const YamlNode& list, const ColumnType& type) {
  std::string out = "{";
  for (const YamlNode& item : list.items) {
    if (out.size() > 1) out.push_back(type.delimiter);
    if (item.kind == YamlNode::Kind::null) {
      out += "NULL";
    } else if (item.kind == YamlNode::Kind::list) {
      const Text inner = array_text(item, type);
      if (!inner) return std::nullopt;
      out += *inner;
    } else if (type.element == ValueKind::json) {
      out += in_quotes(json_text(item));
    } else if (item.kind == YamlNode::Kind::scalar) {
      const Text element = scalar_text(item.scalar, type.element);
      if (!element) return std::nullopt;
      out += in_quotes(type.element == ValueKind::bytea ? "\\x" + *element : *element);
    } else {
      return std::nullopt;
    }
  }
  return out + "}";
}

bool is_array_text(const std::string& text, char delimiter) {
  std::string scratch;
  ArrayText array(text, delimiter, scratch);
  while (true) {
    const ArrayText::Piece piece = array.next();
    if (piece == ArrayText::Piece::malformed) return false;
    if (piece == ArrayText::Piece::end) return true;
  }
}

Text hstore_text(const YamlNode& map) {
  std::string out;
  for (const auto& [key, value] : map.entries) {
    if (value.kind != YamlNode::Kind::scalar && value.kind != YamlNode::Kind::null) {
      return std::nullopt;
    }
    if (!out.empty()) out += ", ";
    out += in_quotes(key.scalar) + "=>";
    out += value.kind == YamlNode::Kind::null ? "NULL" : in_quotes(value.scalar);
  }
  return out;
}

Text text_of(const YamlNode& value, const ColumnType& type) {
  if (type.kind == ValueKind::json) return json_text(value);
  if (type.kind == ValueKind::array && value.kind == YamlNode::Kind::list) {
    return array_text(value, type);
  }
  if (type.kind == ValueKind::hstore && value.kind == YamlNode::Kind::map) {
    return hstore_text(value);
  }
  if (value.kind != YamlNode::Kind::scalar) return std::nullopt;
  if (type.kind == ValueKind::array && !is_array_text(value.scalar, type.delimiter)) {
    return std::nullopt;
  }
  return scalar_text(value.scalar, type.kind);
}

}  // namespace

std::optional<std::string> column_text(const YamlNode& value, const ColumnType& type,
                                       std::string& fault) {
  Text text = text_of(value, type);
  if (!text) fault = "a column of type " + type.name + " takes " + takes(type);
  return text;
}

}  // namespace waltrack
