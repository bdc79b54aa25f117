#include "mapping/value_json.hpp"

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/hex_digit.hpp"
#include "base/json_text.hpp"
#include "mapping/array_text.hpp"
#include "mapping/base64.hpp"
#include "mapping/hstore_text.hpp"
#include "mapping/json_check.hpp"
#include "mapping/number_text.hpp"
#include "mapping/range_text.hpp"
#include "mapping/timestamp_text.hpp"

namespace waltrack {
namespace {

// What a value is, and what its elements are, and theirs.
struct Level {
  ValueKind kind = ValueKind::text;
  char delimiter = ',';  // of an array
};
using Levels = std::span<const Level>;
constexpr size_t kLevels = 3;

// Room for what has to be unescaped; kept, so that a steady state allocates nothing. One for each
// level: an element is in use while it is taken apart itself.
struct Scratch {
  std::string first;
  std::string second;
};
thread_local std::array<Scratch, kLevels> scratches;

Scratch& scratch_of(Levels levels) {
  return scratches.at(kLevels - levels.size());
}

bool append_if(bool fits, std::string& out, std::string_view text) {
  if (fits) out.append(text);
  return fits;
}

// Hexadecimal digits, which may have the \x of Postgres' text before them, as base64.
bool append_bytea(std::string& out, std::string_view text) {
  if (text.starts_with("\\x")) text.remove_prefix(2);
  if (text.size() % 2 != 0) return false;
  out.push_back('"');
  char bytes[192];  // a multiple of three: base64 of the parts is that of the whole
  size_t count = 0;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[count++] = static_cast<char>(high * 16 + low);
    if (count < sizeof bytes) continue;
    append_base64(out, std::string_view(bytes, count));
    count = 0;
  }
  append_base64(out, std::string_view(bytes, count));
  out.push_back('"');
  return true;
}

using AppendTime = bool (*)(std::string&, std::string_view);

bool append_time(std::string& out, std::string_view text, AppendTime append) {
  out.push_back('"');
  if (!append(out, text)) return false;
  out.push_back('"');
  return true;
}

void append_text(std::string& out, Levels levels, std::string_view text);

void append_bound(std::string& out, Levels levels, const std::optional<std::string_view>& bound) {
  if (bound) {
    append_text(out, levels, *bound);
  } else {
    out.append("null");
  }
}

bool take_range_json(std::string& out, Levels levels, std::string_view& text) {
  Scratch& scratch = scratch_of(levels);
  RangeText range;
  if (!take_range(text, range, scratch.first, scratch.second)) return false;
  if (range.empty) {
    out.append("\"empty\"");
    return true;
  }
  out.append("{\"lower\":");
  append_bound(out, levels.subspan(1), range.lower);
  out.append(",\"upper\":");
  append_bound(out, levels.subspan(1), range.upper);
  out.append(",\"bounds\":\"");
  out.push_back(range.opening);
  out.push_back(range.closing);
  out.append("\"}");
  return true;
}

bool append_range(std::string& out, Levels levels, std::string_view text) {
  return take_range_json(out, levels, text) && text.empty();
}

// `{[1,3),[5,7)}`
bool append_multirange(std::string& out, Levels levels, std::string_view text) {
  if (!text.starts_with('{')) return false;
  text.remove_prefix(1);
  out.push_back('[');
  for (bool first = true; !text.starts_with('}'); first = false) {
    if (!first) {
      if (!text.starts_with(',')) return false;
      text.remove_prefix(1);
      out.push_back(',');
    }
    if (!take_range_json(out, levels, text)) return false;
  }
  out.push_back(']');
  return text.size() == 1;
}

bool append_hstore(std::string& out, Levels levels, std::string_view text) {
  Scratch& scratch = scratch_of(levels);
  HstoreText pairs(text, scratch.first, scratch.second);
  out.push_back('{');
  for (bool first = true; pairs.next(); first = false) {
    if (!first) out.push_back(',');
    append_json_string(out, pairs.key());
    out.push_back(':');
    if (pairs.value()) {
      append_json_string(out, *pairs.value());
    } else {
      out.append("null");
    }
  }
  out.push_back('}');
  return !pairs.malformed();
}

bool append_array(std::string& out, Levels levels, std::string_view text) {
  ArrayText pieces(text, levels[0].delimiter, scratch_of(levels).first);
  bool first = true;
  for (;;) {
    const ArrayText::Piece piece = pieces.next();
    if (piece == ArrayText::Piece::end) return true;
    if (piece == ArrayText::Piece::malformed) return false;
    if (!first && piece != ArrayText::Piece::close) out.push_back(',');
    first = piece == ArrayText::Piece::open;
    switch (piece) {
      case ArrayText::Piece::open:
        out.push_back('[');
        break;
      case ArrayText::Piece::close:
        out.push_back(']');
        break;
      case ArrayText::Piece::null:
        out.append("null");
        break;
      default:
        append_text(out, levels.subspan(1), pieces.element());
    }
  }
}

// Appends the JSON for text that fits its kind and returns true; may leave half a value behind when
// it does not.
bool append_fitting(std::string& out, Levels levels, std::string_view text) {
  switch (levels[0].kind) {
    case ValueKind::boolean:
      if (text == "t" || text == "f") return append_if(true, out, text == "t" ? "true" : "false");
      return false;
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::oid:
      return append_if(is_exact_integer(text), out, text);
    case ValueKind::float4:
    case ValueKind::float8:
      return append_if(is_finite_number(text), out, text);
    case ValueKind::numeric:
      return append_if(is_exact_number(text), out, text);
    case ValueKind::bytea:
      return append_bytea(out, text);
    case ValueKind::date:
      return append_time(out, text, append_date_text);
    case ValueKind::time:
      return append_time(out, text, append_time_text);
    case ValueKind::timetz:
      return append_time(out, text, append_timetz_text);
    case ValueKind::timestamp:
      return append_time(out, text, append_timestamp_text);
    case ValueKind::timestamptz:
      return append_time(out, text, append_timestamptz_text);
    case ValueKind::json:
      return append_if(is_embeddable_json(text), out, text);
    case ValueKind::array:
      return append_array(out, levels, text);
    case ValueKind::range:
      return append_range(out, levels, text);
    case ValueKind::multirange:
      return append_multirange(out, levels, text);
    case ValueKind::hstore:
      return append_hstore(out, levels, text);
    case ValueKind::text:
    case ValueKind::interval:
      break;
  }
  return false;
}

// Below the last level there is only text.
void append_text(std::string& out, Levels levels, std::string_view text) {
  const size_t start = out.size();
  if (!levels.empty() && append_fitting(out, levels, text)) return;
  out.resize(start);
  append_json_string(out, text);
}

}  // namespace

void append_value_json(std::string& out, const ColumnType& type, const Value& value) {
  if (!value.is_present()) {
    out.append("null");
    return;
  }
  const Level levels[kLevels] = {
      {type.kind, type.delimiter}, {type.element, type.inner_delimiter}, {type.inner}};
  append_text(out, levels, value.text);
}

}  // namespace waltrack
