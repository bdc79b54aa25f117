#include "cli/init_dialogue.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <string_view>

namespace waltrack {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// A number from 1 to count, as an index.
std::optional<size_t> read_index(std::string_view text, size_t count) {
  text = trimmed(text);
  size_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = fault == std::errc() && end == text.data() + text.size();
  if (!whole || number < 1 || number > count) return std::nullopt;
  return number - 1;
}

// "3" or "3-5".
bool mark(std::string_view part, std::vector<bool>& marked) {
  const size_t dash = part.find('-');
  const auto first = read_index(part.substr(0, dash), marked.size());
  const auto last =
      dash == std::string_view::npos ? first : read_index(part.substr(dash + 1), marked.size());
  if (!first || !last || *last < *first) return false;
  std::fill(marked.begin() + static_cast<ptrdiff_t>(*first),
            marked.begin() + static_cast<ptrdiff_t>(*last) + 1, true);
  return true;
}

}  // namespace

std::optional<std::string> ask_on_terminal(const std::string& prompt) {
  std::fputs(prompt.c_str(), stdout);
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) {
    std::fputs("\n", stdout);
    return std::nullopt;
  }
  return std::string(trimmed(line));
}

std::optional<std::vector<size_t>> read_choice(const std::string& answer, size_t count) {
  std::string_view rest = trimmed(answer);
  const bool all_but = rest.starts_with('-');
  if (all_but) rest.remove_prefix(1);
  std::vector<bool> marked(count, !all_but && (rest.empty() || rest == "all"));
  if (all_but || !(rest.empty() || rest == "all" || rest == "none")) {
    for (size_t begin = 0; begin <= rest.size();) {
      const size_t end = std::min(rest.find(',', begin), rest.size());
      if (!mark(rest.substr(begin, end - begin), marked)) return std::nullopt;
      begin = end + 1;
    }
  }
  std::vector<size_t> chosen;
  for (size_t i = 0; i < count; ++i) {
    if (marked[i] != all_but) chosen.push_back(i);
  }
  return chosen;
}

std::optional<std::vector<size_t>> ask_choice(const AskLine& ask, const std::string& prompt,
                                              size_t count) {
  while (const std::optional<std::string> answer = ask(prompt)) {
    if (auto chosen = read_choice(*answer, count)) return chosen;
    std::printf("Numbers from 1 to %zu, such as 1,3-5, or -2 for all but 2; all; none.\n", count);
  }
  return std::nullopt;
}

}  // namespace waltrack
