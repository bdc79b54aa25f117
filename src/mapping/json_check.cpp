#include "mapping/json_check.hpp"

#include <array>
#include <bitset>
#include <cstddef>

#include "base/utf8.hpp"
#include "mapping/number_text.hpp"

namespace waltrack {
namespace {

constexpr size_t kMaxDepth = 512;

// What stands for itself in a JSON string and is one byte.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> table{};
  for (int c = 0x20; c < 0x80; ++c)
    table[c] = c != '"' && c != '\\';
  return table;
}();

class JsonChecker {
 public:
  explicit JsonChecker(std::string_view text) : text_(text) {}

  bool check() {
    if (!value()) return false;
    while (depth_ > 0) {
      if (!after_value()) return false;
    }
    skip_blanks();
    return i_ == text_.size();
  }

 private:
  char ahead() const { return i_ < text_.size() ? text_[i_] : '\0'; }

  bool take(char c) {
    if (ahead() != c) return false;
    ++i_;
    return true;
  }

  void skip_blanks() {
    while (ahead() == ' ' || ahead() == '\t' || ahead() == '\n' || ahead() == '\r')
      ++i_;
  }

  // A scalar, an empty container, or the beginning of a container and its first value.
  bool value() {
    for (;;) {
      skip_blanks();
      const char c = ahead();
      if (c == '"') return string();
      if (c != '{' && c != '[') return word() || number();
      const bool map = c == '{';
      if (depth_ == kMaxDepth) return false;
      ++i_;
      skip_blanks();
      if (take(map ? '}' : ']')) return true;
      in_map_[depth_++] = map;
      if (map && !key()) return false;
    }
  }

  // What follows a value inside of a container: its end, or the next value.
  bool after_value() {
    const bool map = in_map_[depth_ - 1];
    skip_blanks();
    if (take(map ? '}' : ']')) {
      --depth_;
      return true;
    }
    if (!take(',')) return false;
    if (map && !key()) return false;
    return value();
  }

  bool key() {
    skip_blanks();
    if (!string()) return false;
    skip_blanks();
    return take(':');
  }

  bool word() {
    std::string_view known;
    switch (ahead()) {
      case 't':
        known = "true";
        break;
      case 'f':
        known = "false";
        break;
      case 'n':
        known = "null";
        break;
      default:
        return false;
    }
    if (!text_.substr(i_).starts_with(known)) return false;
    i_ += known.size();
    return true;
  }

  bool number() {
    const std::string_view rest = text_.substr(i_);
    const size_t length = scan_number(rest).length;
    i_ += length;
    return length > 0 && is_finite_number(rest.substr(0, length));
  }

  bool string() {
    if (!take('"')) return false;
    while (i_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[i_]);
      if (kPlain[c]) {
        ++i_;
      } else if (c == '"') {
        ++i_;
        return true;
      } else if (c == '\\') {
        if (!escape()) return false;
      } else {
        const size_t length = c < 0x20 ? 0 : utf8_length(text_.substr(i_));
        if (length == 0) return false;
        i_ += length;
      }
    }
    return false;
  }

  bool escape() {
    ++i_;
    if (take('u')) {
      const unsigned first = hex4();
      if (first > 0xFFFF || (first >= 0xDC00 && first <= 0xDFFF)) return false;
      if (first < 0xD800 || first > 0xDBFF) return true;
      if (!take('\\') || !take('u')) return false;
      const unsigned second = hex4();
      return second >= 0xDC00 && second <= 0xDFFF;
    }
    const char c = ahead();
    if (c == '\0' || std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) return false;
    ++i_;
    return true;
  }

  // Four hexadecimal digits, or something above 0xFFFF.
  unsigned hex4() {
    unsigned value = 0;
    for (int n = 0; n < 4; ++n, ++i_) {
      const char c = ahead();
      unsigned digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<unsigned>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        digit = static_cast<unsigned>((c | 0x20) - 'a') + 10;
      } else {
        return 0x10000;
      }
      value = value * 16 + digit;
    }
    return value;
  }

  std::string_view text_;
  size_t i_ = 0;
  size_t depth_ = 0;
  std::bitset<kMaxDepth> in_map_;
};

}  // namespace

bool is_embeddable_json(std::string_view text) {
  return JsonChecker(text).check();
}

}  // namespace waltrack
