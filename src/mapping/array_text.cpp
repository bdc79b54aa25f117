#include "mapping/array_text.hpp"

#include "mapping/quoted_text.hpp"

namespace waltrack {
namespace {

constexpr size_t kMaxDepth = 6;  // Postgres' MAXDIM

size_t skip_integer(std::string_view text, size_t i) {
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  const size_t digits = i;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9')
    ++i;
  return i == digits ? std::string_view::npos : i;
}

bool is_null_word(std::string_view text) {
  return text.size() == 4 && (text[0] | 0x20) == 'n' && (text[1] | 0x20) == 'u' &&
         (text[2] | 0x20) == 'l' && (text[3] | 0x20) == 'l';
}

}  // namespace

ArrayText::ArrayText(std::string_view text, char delimiter, std::string& scratch)
    : rest_(text), delimiter_(delimiter), scratch_(scratch) {
  malformed_ = !skip_bounds();
}

bool ArrayText::skip_bounds() {
  if (!rest_.starts_with('[')) return true;
  size_t i = 0;
  while (i < rest_.size() && rest_[i] == '[') {
    i = skip_integer(rest_, i + 1);
    if (i == std::string_view::npos || i >= rest_.size() || rest_[i] != ':') return false;
    i = skip_integer(rest_, i + 1);
    if (i == std::string_view::npos || i >= rest_.size() || rest_[i] != ']') return false;
    ++i;
  }
  if (i >= rest_.size() || rest_[i] != '=') return false;
  rest_.remove_prefix(i + 1);
  return true;
}

ArrayText::Piece ArrayText::next() {
  if (malformed_) return Piece::malformed;
  if (rest_.empty()) return started_ && depth_ == 0 ? Piece::end : Piece::malformed;
  if (started_ && depth_ == 0) return Piece::malformed;
  if (depth_ > 0 && rest_[0] == '}') return close();
  if (started_ && !first_) {
    if (rest_[0] != delimiter_) return Piece::malformed;
    rest_.remove_prefix(1);
  }
  return value();
}

ArrayText::Piece ArrayText::close() {
  rest_.remove_prefix(1);
  --depth_;
  first_ = false;
  return Piece::close;
}

ArrayText::Piece ArrayText::value() {
  if (rest_.empty()) return Piece::malformed;
  if (rest_[0] == '{') {
    if (depth_ == kMaxDepth) return Piece::malformed;
    rest_.remove_prefix(1);
    ++depth_;
    started_ = true;
    first_ = true;
    return Piece::open;
  }
  if (!started_) return Piece::malformed;
  first_ = false;
  return rest_[0] == '"' ? quoted() : bare();
}

ArrayText::Piece ArrayText::quoted() {
  const bool whole = take_quoted(rest_, QuoteEscape::backslash, element_, scratch_);
  return whole ? Piece::element : Piece::malformed;
}

// array_out() quotes whatever has a blank, a quote, a backslash, a brace or the delimiter in it.
ArrayText::Piece ArrayText::bare() {
  size_t end = 0;
  while (end < rest_.size() && rest_[end] != delimiter_ && rest_[end] != '}') {
    if (rest_[end] == '"' || rest_[end] == '\\' || rest_[end] == '{') return Piece::malformed;
    ++end;
  }
  if (end == 0 || end == rest_.size()) return Piece::malformed;
  element_ = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return is_null_word(element_) ? Piece::null : Piece::element;
}

}  // namespace waltrack
