#include "model/copy_row.hpp"

#include <cstring>
#include <optional>
#include <string_view>

#include "base/hex_digit.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kNull = "\\N";
constexpr std::string_view kByteaPrefix = "\\x";  // of the value, once it is unescaped

char* find(char* begin, char* end, char c) {
  if (begin == end) return end;
  void* found = std::memchr(begin, c, static_cast<size_t>(end - begin));
  return found == nullptr ? end : static_cast<char*>(found);
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

// The byte of up to three octal digits.
char take_octal(const char*& at, const char* end) {
  unsigned byte = 0;
  for (int digits = 0; digits < 3 && at != end && is_octal(*at); ++digits, ++at)
    byte = byte * 8 + static_cast<unsigned>(*at - '0');
  return static_cast<char>(byte);
}

// The byte of one or two hex digits; NUL, which no text holds, where there is none.
char take_hex(const char*& at, const char* end) {
  int byte = 0;
  for (int digits = 0; digits < 2 && at != end && hex_digit(*at) >= 0; ++digits, ++at)
    byte = byte * 16 + hex_digit(*at);
  return static_cast<char>(byte);
}

// What stands behind a backslash; NUL where COPY writes no such thing.
char take_escape(const char*& at, const char* end) {
  if (at == end) return '\0';
  if (is_octal(*at)) return take_octal(at, end);
  switch (*at++) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case 'x':
      return take_hex(at, end);
    case '\\':
      return '\\';
    default:
      return '\0';
  }
}

// The unescaped text, which is never longer: it takes the place of the other.
std::optional<std::string_view> unescape(char* begin, char* end) {
  char* out = find(begin, end, '\\');
  for (char* at = out; at != end;) {
    const char* escape = at + 1;
    const char byte = take_escape(escape, end);
    if (byte == '\0') return std::nullopt;
    *out++ = byte;
    at = begin + (escape - begin);
    char* next = find(at, end, '\\');
    std::memmove(out, at, static_cast<size_t>(next - at));
    out += next - at;
    at = next;
  }
  return std::string_view(begin, static_cast<size_t>(out - begin));
}

}  // namespace

CopyRow::CopyRow(const Table& layout) {
  for (const Column& column : layout.columns)
    bytea_.push_back(column.type.kind == ValueKind::bytea);
}

bool CopyRow::read(std::span<char> line, std::vector<Value>& row) const {
  char* at = line.data();
  char* end = at + line.size();
  if (at != end && end[-1] == '\n') --end;
  if (find(at, end, '\0') != end) return false;
  row.resize(bytea_.size());
  if (row.empty()) return at == end;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0 && at++ == end) return false;  // the tab, or too few columns
    char* stop = find(at, end, '\t');
    if (std::string_view(at, static_cast<size_t>(stop - at)) == kNull) {
      row[i] = Value::null();
    } else {
      std::optional<std::string_view> text = unescape(at, stop);
      if (!text) return false;
      if (bytea_[i]) {
        if (!text->starts_with(kByteaPrefix)) return false;
        text->remove_prefix(kByteaPrefix.size());
      }
      row[i] = Value::present(*text);
    }
    at = stop;
  }
  return at == end;
}

}  // namespace waltrack
