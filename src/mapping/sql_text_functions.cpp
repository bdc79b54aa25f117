#include "mapping/sql_text_functions.hpp"

#include <cstring>
#include <string>
#include <utf8proc.h>

#include "base/utf8.hpp"
#include "mapping/sha256_hex.hpp"
#include "mapping/sql_value.hpp"

namespace waltrack {
namespace {

using Scratch = std::string;

// memmem() takes time in proportion to both lengths, whatever is in them.
size_t find(std::string_view text, std::string_view part, size_t from = 0) {
  if (part.empty() || from > text.size()) return std::string_view::npos;
  const void* at = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

constexpr char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char upper_ascii(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

// Maps each character; bytes that are no UTF-8 stay.
template <utf8proc_int32_t (*kMap)(utf8proc_int32_t), char (*kMapAscii)(char)>
void map_case(sqlite3_context* context, int, sqlite3_value** values) {
  if (is_null(values[0])) return sqlite3_result_null(context);
  std::string_view text = text_of(values[0]);
  Scratch& out = state_of<Scratch>(context);
  out.clear();
  for (size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      out += kMapAscii(text[i++]);
      continue;
    }
    size_t length = utf8_length(text.substr(i));
    if (length == 0) {
      out += text[i++];
      continue;
    }
    utf8proc_int32_t character = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + i);
    utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(length), &character);
    utf8proc_uint8_t mapped[4];
    utf8proc_ssize_t size = utf8proc_encode_char(kMap(character), mapped);
    out.append(reinterpret_cast<const char*>(mapped), static_cast<size_t>(size));
    i += length;
  }
  give_text(context, out);
}

void concat(sqlite3_context* context, int count, sqlite3_value** values) {
  Scratch& out = state_of<Scratch>(context);
  out.clear();
  const size_t limit = length_limit(context);
  for (int i = 0; i < count; ++i) {
    if (is_null(values[i])) continue;
    out += text_of(values[i]);
    if (out.size() > limit) return give_too_long(context);
  }
  give_text(context, out);
}

// The nth part from the start, n from 1 on.
std::string_view part_from_start(std::string_view text, std::string_view delimiter, int64_t n) {
  for (; n > 1; --n) {
    size_t at = find(text, delimiter);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + delimiter.size());
  }
  return text.substr(0, find(text, delimiter));
}

int64_t count_parts(std::string_view text, std::string_view delimiter) {
  int64_t count = 1;
  for (size_t at = find(text, delimiter); at != std::string_view::npos;
       at = find(text, delimiter, at + delimiter.size())) {
    ++count;
  }
  return count;
}

void split_part(sqlite3_context* context, int, sqlite3_value** values) {
  for (int i = 0; i < 3; ++i) {
    if (is_null(values[i])) return sqlite3_result_null(context);
  }
  if (sqlite3_value_type(values[2]) != SQLITE_INTEGER) {
    return give_error(context, "split_part() with a place that is not a whole number");
  }
  int64_t n = sqlite3_value_int64(values[2]);
  if (n == 0) return give_error(context, "split_part() counts from 1, or from -1 at the end");
  std::string_view text = text_of(values[0]);
  std::string_view delimiter = text_of(values[1]);
  if (n < 0) n += count_parts(text, delimiter) + 1;
  give_text(context, n < 1 ? std::string_view() : part_from_start(text, delimiter, n));
}

void sha256(sqlite3_context* context, int, sqlite3_value** values) {
  if (is_null(values[0])) return sqlite3_result_null(context);
  Scratch& out = state_of<Scratch>(context);
  out.clear();
  if (!append_sha256_hex(out, text_of(values[0]))) return give_error(context, "no SHA-256 here");
  give_text(context, out);
}

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (char c : text)
    count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

void instr(sqlite3_context* context, int, sqlite3_value** values) {
  if (is_null(values[0]) || is_null(values[1])) return sqlite3_result_null(context);
  const bool bytes =
      sqlite3_value_type(values[0]) == SQLITE_BLOB && sqlite3_value_type(values[1]) == SQLITE_BLOB;
  std::string_view text = text_of(values[0]);
  std::string_view part = text_of(values[1]);
  size_t at = part.empty() ? 0 : find(text, part);
  if (at == std::string_view::npos) return sqlite3_result_int(context, 0);
  size_t before = bytes ? at : count_characters(text.substr(0, at));
  sqlite3_result_int64(context, static_cast<sqlite3_int64>(before) + 1);
}

void replace(sqlite3_context* context, int, sqlite3_value** values) {
  for (int i = 0; i < 3; ++i) {
    if (is_null(values[i])) return sqlite3_result_null(context);
  }
  std::string_view text = text_of(values[0]);
  std::string_view part = text_of(values[1]);
  std::string_view with = text_of(values[2]);
  Scratch& out = state_of<Scratch>(context);
  out.clear();
  const size_t limit = length_limit(context);
  for (size_t from = 0;;) {
    size_t at = find(text, part, from);
    out += text.substr(from, at == std::string_view::npos ? at : at - from);
    if (at == std::string_view::npos) break;
    out += with;
    if (out.size() > limit) return give_too_long(context);
    from = at + part.size();
  }
  give_text(context, out);
}

}  // namespace

void add_text_functions(sqlite3* db) {
  add_function<Scratch>(db, "lower", 1, map_case<utf8proc_tolower, lower_ascii>);
  add_function<Scratch>(db, "upper", 1, map_case<utf8proc_toupper, upper_ascii>);
  add_function<Scratch>(db, "concat", -1, concat);
  add_function(db, "split_part", 3, split_part);
  add_function<Scratch>(db, "sha256", 1, sha256);
  add_function(db, "instr", 2, instr);
  add_function<Scratch>(db, "replace", 3, replace);
}

}  // namespace waltrack
