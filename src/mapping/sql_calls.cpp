#include "mapping/sql_calls.hpp"

#include <algorithm>
#include <array>

namespace waltrack {

bool SqlCall::is_any(std::span<const std::string_view> functions) const {
  return std::any_of(functions.begin(), functions.end(),
                     [&](std::string_view function) { return is(function); });
}

std::optional<SqlCall> call_at(std::span<const SqlToken> tokens, size_t name) {
  bool call = name + 1 < tokens.size() && tokens[name].is_name() && tokens[name + 1].is_sign("(");
  bool qualified = name > 0 && tokens[name - 1].is_sign(".");
  if (!call || qualified) return std::nullopt;
  SqlCall found;
  found.name = &tokens[name];
  int depth = 0;
  size_t start = name + 2;
  for (size_t i = name + 1; i < tokens.size(); ++i) {
    if (tokens[i].is_sign("(")) ++depth;
    if (tokens[i].is_sign(")")) --depth;
    bool between = depth == 1 && tokens[i].is_sign(",");
    if (!between && depth > 0) continue;
    if (between || i > start || !found.arguments.empty()) {
      found.arguments.push_back(tokens.subspan(start, i - start));
    }
    start = i + 1;
    if (between) continue;
    found.end = i + 1;
    return found;
  }
  return std::nullopt;
}

std::optional<size_t> opening_of(std::span<const SqlToken> tokens, size_t close) {
  int depth = 0;
  for (size_t i = close + 1; i-- > 0;) {
    if (tokens[i].is_sign(")")) ++depth;
    if (tokens[i].is_sign("(") && --depth == 0) return i;
  }
  return std::nullopt;
}

std::optional<std::string> constant_text(std::span<const SqlToken> tokens) {
  if (tokens.size() != 1 || tokens[0].kind != SqlToken::Kind::text) return std::nullopt;
  if (tokens[0].text.front() != '\'') return std::nullopt;  // x'00ff' is a blob
  return tokens[0].name();
}

bool ends_operand(const SqlToken& token) {
  static constexpr auto kBetween = std::to_array<std::string_view>(
      {"and",     "or",   "not",  "is",     "in",   "like",   "glob",  "regexp", "match",
       "between", "case", "when", "then",   "else", "select", "where", "from",   "distinct",
       "escape",  "by",   "on",   "having", "as",   "union",  "all",   "limit"});
  if (token.kind == SqlToken::Kind::sign) return token.text == ")";
  if (token.kind != SqlToken::Kind::word) return true;
  return std::none_of(kBetween.begin(), kBetween.end(),
                      [&](std::string_view word) { return token.is_word(word); });
}

}  // namespace waltrack
