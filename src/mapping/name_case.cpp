#include "mapping/name_case.hpp"

namespace waltrack {
namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_word_character(char c) {
  return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}
char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}
char to_upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 32) : c;
}

void capitalise(std::string& word) {
  if (!word.empty()) word[0] = to_upper(word[0]);
}

}  // namespace

std::vector<std::string> name_words(std::string_view name) {
  std::vector<std::string> words;
  bool open = false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_word_character(c)) {
      open = false;
      continue;
    }
    const bool after_lower = i > 0 && !is_upper(name[i - 1]);
    const bool before_lower = i + 1 < name.size() && is_lower(name[i + 1]);
    if (is_upper(c) && (after_lower || before_lower)) open = false;
    if (!open) words.emplace_back();
    open = true;
    words.back() += to_lower(c);
  }
  return words;
}

std::string in_case(std::string_view name, NameCase name_case) {
  std::vector<std::string> words = name_words(name);
  if (name_case == NameCase::as_is || words.empty()) return std::string(name);
  std::string out;
  for (std::string& word : words) {
    const bool first = out.empty();
    if (name_case == NameCase::title || (name_case == NameCase::camel && !first)) capitalise(word);
    if (!first && name_case == NameCase::snake) out += '_';
    if (!first && name_case == NameCase::title) out += ' ';
    out += word;
  }
  return out;
}

}  // namespace waltrack
