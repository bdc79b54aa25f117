#include "base/name_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace waltrack {
namespace {

bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_wordly(char c) {
  return is_small(c) || is_capital(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}
char small(char c) {
  return is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

bool begins_word(std::string_view name, size_t i) {
  if (i == 0 || !is_wordly(name[i - 1])) return true;
  if (!is_capital(name[i])) return false;
  if (!is_capital(name[i - 1])) return true;
  return i + 1 < name.size() && is_small(name[i + 1]);
}

using Pair = std::pair<std::string_view, std::string_view>;
constexpr std::array kIrregular = {
    Pair{"people", "person"},       Pair{"children", "child"},  Pair{"men", "man"},
    Pair{"women", "woman"},         Pair{"indices", "index"},   Pair{"analyses", "analysis"},
    Pair{"movies", "movie"},        Pair{"cookies", "cookie"},  Pair{"series", "series"},
    Pair{"news", "news"},           Pair{"caches", "cache"},    Pair{"headaches", "headache"},
    Pair{"lives", "life"},          Pair{"leaves", "leaf"},     Pair{"shelves", "shelf"},
    Pair{"matrices", "matrix"},     Pair{"vertices", "vertex"}, Pair{"quizzes", "quiz"},
    Pair{"businesses", "business"}, Pair{"gas", "gas"},         Pair{"canvases", "canvas"},
    Pair{"aliases", "alias"},       Pair{"uses", "use"},        Pair{"sms", "sms"},
};

bool ends_with_any(std::string_view word, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return word.ends_with(ending); });
}

}  // namespace

std::vector<std::string> name_words(std::string_view name) {
  std::vector<std::string> words;
  for (size_t i = 0; i < name.size(); ++i) {
    if (!is_wordly(name[i])) continue;
    if (begins_word(name, i)) words.emplace_back();
    words.back().push_back(small(name[i]));
  }
  return words;
}

std::string singular(std::string_view plural) {
  for (const auto& [many, one] : kIrregular) {
    if (plural == many) return std::string(one);
  }
  const auto without = [&](size_t letters) {
    return std::string(plural.substr(0, plural.size() - letters));
  };
  if (plural.size() < 4 || ends_with_any(plural, {"ss", "us", "is"})) return std::string(plural);
  if (plural.ends_with("ies")) return without(3) + "y";
  if (ends_with_any(plural, {"sses", "shes", "ches", "xes", "zes"})) return without(2);
  if (plural.ends_with("uses") && !ends_with_any(plural, {"ouses", "auses"})) return without(2);
  if (plural.ends_with('s')) return without(1);
  return std::string(plural);
}

std::string title_case(const std::vector<std::string>& words) {
  std::string title;
  for (const std::string& word : words) {
    if (!title.empty()) title.push_back(' ');
    title.append(word);
    char& first = title[title.size() - word.size()];
    if (is_small(first)) first = static_cast<char>(first - 'a' + 'A');
  }
  return title;
}

std::string snake_case(const std::vector<std::string>& words) {
  std::string name;
  for (const std::string& word : words) {
    if (!name.empty()) name.push_back('_');
    name.append(word);
  }
  return name;
}

}  // namespace waltrack
