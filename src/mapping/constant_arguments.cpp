#include "mapping/constant_arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "mapping/sql_calls.hpp"
#include "mapping/sql_regexp.hpp"
#include "mapping/sql_time_functions.hpp"

namespace waltrack {
namespace {

using Argument = std::span<const SqlToken>;

std::string list(std::span<const std::string_view> words) {
  std::string text;
  for (std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

// Where the character at this byte of a text literal's content stands in the expression.
size_t place_in_literal(const SqlToken& literal, size_t content_byte) {
  size_t at = 1;
  for (size_t i = 0; i < content_byte && at + 1 < literal.text.size(); ++i) {
    if (literal.text[at] == '\'') ++at;
    ++at;
  }
  return literal.offset + at;
}

std::optional<SqlFault> check_pattern(Argument argument) {
  std::optional<std::string> pattern = constant_text(argument);
  if (!pattern) return std::nullopt;
  std::optional<RegexpFault> fault = find_regexp_fault(*pattern);
  if (!fault) return std::nullopt;
  return SqlFault{place_in_literal(argument[0], fault->offset),
                  "an invalid regular expression: " + fault->reason,
                  "the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"};
}

std::optional<SqlFault> check_references(Argument pattern_argument, Argument argument) {
  std::optional<std::string> replacement = constant_text(argument);
  std::optional<std::string> pattern = constant_text(pattern_argument);
  if (!replacement) return std::nullopt;
  std::optional<int> highest = highest_reference(*replacement);
  if (!highest) {
    return SqlFault{argument[0].offset, "a \\ in a replacement that refers to nothing",
                    "write \\0 for all that matched, \\1 to \\9 for a group, \\\\ for a backslash"};
  }
  if (!pattern || *highest <= count_regexp_groups(*pattern)) return std::nullopt;
  return SqlFault{argument[0].offset, "the pattern has no group \\" + std::to_string(*highest),
                  "a group is a part of the pattern in parentheses; \\0 is all that matched"};
}

std::optional<SqlFault> check_group(Argument pattern_argument, Argument argument) {
  std::optional<std::string> pattern = constant_text(pattern_argument);
  if (!pattern || argument.size() != 1 || argument[0].kind != SqlToken::Kind::number) {
    return std::nullopt;
  }
  std::string_view digits = argument[0].text;
  int group = 0;
  auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), group);
  int groups = count_regexp_groups(*pattern);
  bool whole = fault == std::errc{} && end == digits.data() + digits.size();
  if (whole && group <= groups) return std::nullopt;
  return SqlFault{argument[0].offset, "the pattern has no group " + std::string(digits),
                  "it has " + std::to_string(groups) + "; 0 is all that matched"};
}

std::optional<SqlFault> check_unit(Argument argument, std::span<const std::string_view> units) {
  std::optional<std::string> unit = constant_text(argument);
  if (!unit) return std::nullopt;
  bool known = std::any_of(units.begin(), units.end(),
                           [&](std::string_view one) { return equal_ignoring_case(one, *unit); });
  if (known) return std::nullopt;
  return SqlFault{argument[0].offset, "unknown unit '" + *unit + "'", "known: " + list(units)};
}

std::optional<SqlFault> check_modifier(Argument argument) {
  std::optional<std::string> modifier = constant_text(argument);
  if (!modifier) return std::nullopt;
  if (!equal_ignoring_case(*modifier, "localtime") && !equal_ignoring_case(*modifier, "utc")) {
    return std::nullopt;
  }
  return SqlFault{argument[0].offset, "'" + *modifier + "' depends on the time zone of the machine",
                  "times are in UTC here; a fixed offset is a modifier like '+02:00'"};
}

std::optional<SqlFault> check_call(const SqlCall& call) {
  static constexpr auto kClocks = std::to_array<std::string_view>(
      {"date", "time", "datetime", "julianday", "unixepoch", "strftime"});
  const auto& arguments = call.arguments;
  std::optional<SqlFault> fault;
  if (call.is("regexp") && arguments.size() == 2) return check_pattern(arguments[0]);
  if (call.is("regexp_extract") && arguments.size() >= 2) {
    fault = check_pattern(arguments[1]);
    if (!fault && arguments.size() == 3) fault = check_group(arguments[1], arguments[2]);
  } else if (call.is("regexp_replace") && arguments.size() == 3) {
    fault = check_pattern(arguments[1]);
    if (!fault) fault = check_references(arguments[1], arguments[2]);
  } else if (call.is("date_trunc") && arguments.size() == 2) {
    fault = check_unit(arguments[0], truncation_units());
  } else if (call.is("iso8601") && arguments.size() == 2) {
    fault = check_unit(arguments[1], epoch_units());
  } else if (call.is_any(kClocks)) {
    for (size_t i = 1; i < arguments.size() && !fault; ++i)
      fault = check_modifier(arguments[i]);
  }
  return fault;
}

}  // namespace

std::optional<SqlFault> find_bad_constant(const SqlTokens& split) {
  std::span<const SqlToken> tokens = split.tokens;
  for (size_t i = 0; i < tokens.size(); ++i) {
    std::optional<SqlFault> fault;
    if (std::optional<SqlCall> call = call_at(tokens, i)) {
      fault = check_call(*call);
    } else if (tokens[i].is_word("regexp") && i + 1 < tokens.size()) {
      // x regexp 'pattern', where nothing is joined to the pattern.
      bool joined = i + 2 < tokens.size() && tokens[i + 2].is_sign("||");
      if (!joined) fault = check_pattern(tokens.subspan(i + 1, 1));
    }
    if (fault) return fault;
  }
  return std::nullopt;
}

}  // namespace waltrack
