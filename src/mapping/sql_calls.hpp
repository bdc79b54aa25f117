#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/sql_tokens.hpp"

namespace waltrack {

// A call of a function, as its tokens tell it.
struct SqlCall {
  const SqlToken* name = nullptr;
  std::vector<std::span<const SqlToken>> arguments;  // none for f()
  size_t end = 0;                                    // the index behind its )

  bool is(std::string_view function) const { return equal_ignoring_case(name->text, function); }
  bool is_any(std::span<const std::string_view> functions) const;
};

// The call whose name stands at this index, or nothing. Views into `tokens`.
std::optional<SqlCall> call_at(std::span<const SqlToken> tokens, size_t name);

// The index of the ( that the ) at `close` closes, or nothing.
std::optional<size_t> opening_of(std::span<const SqlToken> tokens, size_t close);

// What a text literal holds, where the tokens are nothing but one.
std::optional<std::string> constant_text(std::span<const SqlToken> tokens);

// Whether an operand can end with this token: a name, a literal or a ). Keywords that stand between
// operands are none.
bool ends_operand(const SqlToken& token);

}  // namespace waltrack
