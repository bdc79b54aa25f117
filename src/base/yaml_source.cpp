#include "base/yaml_source.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"

namespace waltrack {
namespace {

constexpr size_t kMaxBytes = 4 << 20;

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

}  // namespace

YamlSource::YamlSource(std::string_view text, std::string file) : file_(std::move(file)) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text_.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    text_.push_back(text[i]);
  }
  line_starts_.push_back(0);
  size_t characters = 0;
  for (size_t i = 0; i < text_.size(); ++i) {
    if (i % kBlock == 0) characters_.push_back(characters);
    if (begins_character(text_[i])) ++characters;
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

SourcePlace YamlSource::place(size_t position) const {
  position = std::min(position, text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), position);
  const size_t column = characters_before(position) - characters_before(*(next - 1));
  return {file_, static_cast<int>(next - line_starts_.begin()), static_cast<int>(column) + 1};
}

size_t YamlSource::characters_before(size_t position) const {
  if (position == 0) return 0;
  const size_t block = (position - 1) / kBlock;
  size_t count = characters_[block];
  for (size_t i = block * kBlock; i < position; ++i) {
    if (begins_character(text_[i])) ++count;
  }
  return count;
}

std::optional<Diagnostic> YamlSource::unreadable() const {
  if (text_.size() > kMaxBytes) {
    return Diagnostic{Severity::error,
                      {file_, 0, 0},
                      "the file is larger than 4 MB",
                      "split it into several files"};
  }
  for (size_t i = 0; i < text_.size();) {
    const size_t length = utf8_length(std::string_view(text_).substr(i));
    if (length == 0) {
      return Diagnostic{Severity::error, place(i), "this is not UTF-8", "save the file in UTF-8"};
    }
    const auto c = static_cast<unsigned char>(text_[i]);
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F) {
      return Diagnostic{Severity::error, place(i),
                        c == '\r' ? "a carriage return without a line feed"
                                  : "a control character has no place here",
                        c == '\r' ? "end the lines with a line feed"
                                  : "take it out; in double quotes it can be written as \\x.."};
    }
    i += length;
  }
  return std::nullopt;
}

size_t YamlSource::skip_properties(size_t position, size_t& tag) const {
  tag = npos;
  while (at(position) == '&' || at(position) == '!') {
    if (at(position) == '!') tag = position;
    while (position < text_.size() && !is_blank(text_[position])) {
      if (tag == npos && std::string_view(",[]{}").find(text_[position]) != npos) break;
      ++position;
    }
    for (bool comment = false; position < text_.size(); ++position) {
      if (text_[position] == '#') comment = true;
      if (text_[position] == '\n') comment = false;
      if (!comment && !is_blank(text_[position])) break;
    }
  }
  return position;
}

size_t YamlSource::closing_quote(size_t open) const {
  const char quote = at(open);
  for (size_t i = open + 1; i < text_.size(); ++i) {
    if (quote == '"' && text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      if (quote == '"' || at(i + 1) != '\'') return i;
      ++i;
    }
  }
  return npos;
}

bool YamlSource::begins_value(size_t position) const {
  return position == 0 || is_blank(text_[position - 1]) ||
         std::string_view("[{,:").find(text_[position - 1]) != npos;
}

size_t YamlSource::quoted_text_before(size_t position) const {
  position = std::min(position, text_.size());
  while (position > 0 && is_blank(text_[position - 1]))
    --position;
  if (position == 0 || (text_[position - 1] != '\'' && text_[position - 1] != '"')) return npos;
  const size_t close = position - 1;
  for (size_t i = close - column_bytes(close); i < close; ++i) {
    if (text_[i] != text_[close] || !begins_value(i)) continue;
    const size_t end = closing_quote(i);
    if (end == close) return i;
    if (end == npos || end > close) return npos;
    i = end;
  }
  return npos;
}

size_t YamlSource::next_quote(size_t position) const {
  bool comment = false;
  for (; position < text_.size(); ++position) {
    const char c = text_[position];
    if (c == '\n') comment = false;
    if (c == '#' && begins_value(position)) comment = true;
    if (!comment && (c == '"' || c == '\'') && begins_value(position)) return position;
  }
  return npos;
}

size_t YamlSource::column_bytes(size_t position) const {
  position = std::min(position, text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), position);
  return position - *(next - 1);
}

bool YamlSource::has(size_t position, std::string_view word) const {
  return position <= text_.size() && std::string_view(text_).substr(position).starts_with(word);
}

}  // namespace waltrack
