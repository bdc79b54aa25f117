#include "mapping/sql_tokens.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace waltrack {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) {
  return starts_word(c) || is_digit(c) || c == '$';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  SqlTokens split() {
    while (!result_.fault && skip_blank())
      take();
    return std::move(result_);
  }

 private:
  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  // Skips spaces and comments; false at the end.
  bool skip_blank() {
    while (at_ < text_.size()) {
      if (is_space(text_[at_])) {
        ++at_;
      } else if (text_.substr(at_).starts_with("--")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          result_.fault = SqlFault{at_, "a comment that is not closed", "close it with */"};
          return false;
        }
        at_ = end + 2;
      } else {
        return true;
      }
    }
    return false;
  }

  void take() {
    char c = text_[at_];
    if (c == '\'' || c == '"' || c == '`') {
      take_quoted(c, c == '\'' ? SqlToken::Kind::text : SqlToken::Kind::quoted_name, at_);
    } else if (c == '[') {
      take_quoted(']', SqlToken::Kind::quoted_name, at_);
    } else if ((c == 'x' || c == 'X') && at(at_ + 1) == '\'') {
      take_quoted('\'', SqlToken::Kind::text, at_ + 1);
    } else if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) {
      take_number();
    } else if (starts_word(c)) {
      size_t end = at_ + 1;
      while (continues_word(at(end)))
        ++end;
      add(SqlToken::Kind::word, end);
    } else if (c == '?' || ((c == ':' || c == '@' || c == '$') && continues_word(at(at_ + 1)))) {
      size_t end = at_ + 1;
      while (continues_word(at(end)))
        ++end;
      add(SqlToken::Kind::parameter, end);
    } else {
      take_sign();
    }
  }

  void take_quoted(char close, SqlToken::Kind kind, size_t open) {
    for (size_t i = open + 1; i < text_.size(); ++i) {
      if (text_[i] != close) continue;
      if (close != ']' && at(i + 1) == close) {
        ++i;
      } else {
        return add(kind, i + 1);
      }
    }
    result_.fault = SqlFault{at_, "a quote that is not closed", {}};
  }

  void take_number() {
    size_t end = at_;
    while (continues_word(at(end)) || at(end) == '.' ||
           ((at(end) == '+' || at(end) == '-') && lower(at(end - 1)) == 'e' &&
            lower(at(at_ + 1)) != 'x')) {
      ++end;
    }
    add(SqlToken::Kind::number, end);
  }

  void take_sign() {
    static constexpr std::array<std::string_view, 11> kSigns = {
        "->>", "->", "||", "==", "<>", "!=", "<=", ">=", "<<", ">>", "::"};
    for (std::string_view sign : kSigns) {
      if (text_.substr(at_).starts_with(sign)) return add(SqlToken::Kind::sign, at_ + sign.size());
    }
    add(SqlToken::Kind::sign, at_ + 1);
  }

  void add(SqlToken::Kind kind, size_t end) {
    result_.tokens.push_back({kind, text_.substr(at_, end - at_), at_});
    at_ = end;
  }

  std::string_view text_;
  size_t at_ = 0;
  SqlTokens result_;
};

// Takes off parentheses that enclose the whole.
std::span<const SqlToken> without_outer_parentheses(std::span<const SqlToken> tokens) {
  while (tokens.size() > 2 && tokens.front().is_sign("(") && tokens.back().is_sign(")")) {
    int depth = 0;
    size_t closed = 0;
    for (; closed < tokens.size(); ++closed) {
      if (tokens[closed].is_sign("(")) ++depth;
      if (tokens[closed].is_sign(")") && --depth == 0) break;
    }
    if (closed + 1 != tokens.size()) break;
    tokens = tokens.subspan(1, tokens.size() - 2);
  }
  return tokens;
}

bool is_query(std::span<const SqlToken> tokens) {
  return !tokens.empty() && (tokens.front().is_word("select") || tokens.front().is_word("with") ||
                             tokens.front().is_word("values"));
}

bool is_truth_operator(const SqlToken& token) {
  static constexpr std::array<std::string_view, 8> kSigns = {
      "=", "==", "<>", "!=", "<", "<=", ">", ">="};
  static constexpr std::array<std::string_view, 13> kWords = {
      "is",    "isnull",  "notnull", "in",  "like", "glob",  "regexp",
      "match", "between", "not",     "and", "or",   "exists"};
  if (token.kind == SqlToken::Kind::sign) {
    return std::find(kSigns.begin(), kSigns.end(), token.text) != kSigns.end();
  }
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return token.is_word(word); });
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool SqlToken::is_word(std::string_view word) const {
  return kind == Kind::word && equal_ignoring_case(text, word);
}

std::string SqlToken::name() const {
  if (kind == Kind::word) return std::string(text);
  std::string name;
  char close = text.back();
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    name += text[i];
    if (text[i] == close) ++i;
  }
  return name;
}

SqlTokens split_sql(std::string_view text) {
  return Splitter(text).split();
}

std::optional<SqlFault> find_stray_token(const std::vector<SqlToken>& tokens) {
  int depth = 0;
  for (const SqlToken& token : tokens) {
    if (token.is_sign("(")) ++depth;
    if (token.is_sign(")") && --depth < 0)
      return SqlFault{token.offset, "a ) that closes nothing", {}};
    if (token.is_sign(";")) {
      return SqlFault{token.offset, "a ; in an expression", "a value is one expression"};
    }
    if (token.kind == SqlToken::Kind::parameter) {
      return SqlFault{token.offset, "'" + std::string(token.text) + "' is a parameter of SQL",
                      "name a column, or write a text in single quotes"};
    }
  }
  return std::nullopt;
}

bool gives_truth(const std::vector<SqlToken>& all) {
  std::span<const SqlToken> tokens = without_outer_parentheses(all);
  if (is_query(tokens)) return false;
  if (tokens.size() == 1) return tokens[0].is_word("true") || tokens[0].is_word("false");
  int depth = 0;
  const SqlToken* before = nullptr;
  for (const SqlToken& token : tokens) {
    bool qualified = before != nullptr && before->is_sign(".");
    if (token.is_sign("(") || (token.is_word("case") && !qualified)) {
      ++depth;
    } else if (token.is_sign(")") || (token.is_word("end") && !qualified)) {
      --depth;
    } else if (depth == 0 && !qualified && is_truth_operator(token)) {
      return true;
    }
    before = &token;
  }
  return false;
}

}  // namespace waltrack
