#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waltrack {

// A word, name, literal or operator of an SQL expression in SQLite's dialect. Views into the text
// that was split.
struct SqlToken {
  enum class Kind : uint8_t { word, quoted_name, text, number, parameter, sign };

  Kind kind = Kind::sign;
  std::string_view text;  // as it stands, quotes included
  size_t offset = 0;      // in bytes

  // Words compare without regard to (ASCII) case.
  bool is_word(std::string_view word) const;
  bool is_sign(std::string_view sign) const { return kind == Kind::sign && text == sign; }
  bool is_name() const { return kind == Kind::word || kind == Kind::quoted_name; }
  // Of a name: without its quotes.
  std::string name() const;
};

struct SqlFault {
  size_t offset = 0;
  std::string message;
  std::string hint;
};

// Comments are left out.
struct SqlTokens {
  std::vector<SqlToken> tokens;
  std::optional<SqlFault> fault;  // an open quote or comment: the tokens end before it
};

SqlTokens split_sql(std::string_view text);

// What makes the text more or less than one expression: parentheses that close nothing, a `;`, a
// parameter. SQLite finds everything else.
std::optional<SqlFault> find_stray_token(const std::vector<SqlToken>& tokens);

// Whether the outermost operator is a comparison or logic, so that 1 and 0 mean true and false. All
// other operators bind tighter, so any of these outside of parentheses and CASE is the outermost.
// The words TRUE and FALSE alone are truth, too.
bool gives_truth(const std::vector<SqlToken>& tokens);

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII, as SQLite's names

}  // namespace waltrack
