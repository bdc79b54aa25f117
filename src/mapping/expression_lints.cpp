#include "mapping/expression_lints.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/iso8601.hpp"
#include "mapping/sql_calls.hpp"
#include "mapping/timestamp_text.hpp"

namespace waltrack {
namespace {

using Words = std::span<const std::string_view>;

constexpr auto kComparisons =
    std::to_array<std::string_view>({"=", "==", "<>", "!=", "<", "<=", ">", ">="});
constexpr auto kNullHandlers = std::to_array<std::string_view>({"coalesce", "ifnull", "concat"});
// Functions whose first argument is hardly ever a fixed text.
constexpr auto kOfColumns = std::to_array<std::string_view>(
    {"abs",    "bool",       "coalesce",       "ifnull",         "iso8601", "length", "lower",
     "ltrim",  "nullif",     "regexp_extract", "regexp_replace", "replace", "round",  "rtrim",
     "sha256", "split_part", "substr",         "substring",      "trim",    "upper"});
constexpr auto kClocks = std::to_array<std::string_view>(
    {"now", "current_date", "current_time", "current_timestamp", "date", "time", "datetime",
     "julianday", "strftime", "unixepoch"});

bool is_one_of(const SqlToken& token, Words words) {
  return token.kind == SqlToken::Kind::word &&
         std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return token.is_word(word); });
}

bool is_comparison(const SqlToken& token) {
  return token.kind == SqlToken::Kind::sign &&
         std::find(kComparisons.begin(), kComparisons.end(), token.text) != kComparisons.end();
}

bool is_literal(const SqlToken& token) {
  return token.kind == SqlToken::Kind::text || token.kind == SqlToken::Kind::number;
}

bool is_truth_word(const SqlToken& token) {
  return token.is_word("true") || token.is_word("false") || token.text == "0" || token.text == "1";
}

// A column of the row in the expression, with its scope if it has one.
struct ColumnUse {
  const Column* column = nullptr;
  size_t begin = 0;  // tokens
  size_t end = 0;
  std::string text;

  bool is_boolean() const { return column->type.kind == ValueKind::boolean; }
  bool is_timestamp() const {
    return column->type.kind == ValueKind::timestamp || column->type.kind == ValueKind::timestamptz;
  }
};

class Linter {
 public:
  Linter(const SqlText& sql, const Table& table, ExpressionRole role,
         const CheckedExpression& checked, Diagnostics& diagnostics)
      : sql_(sql),
        table_(table),
        role_(role),
        checked_(checked),
        diagnostics_(diagnostics),
        split_(split_sql(sql.text)),
        tokens_(split_.tokens) {}

  void run() {
    if (tokens_.empty()) return;
    if (lint_quoted_column()) return;
    lint_constant();
    lint_boolean_coalesce();
    lint_joined_condition();
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (is_comparison(tokens_[i])) lint_comparison(i);
      if (tokens_[i].is_word("in")) lint_in(i);
      if (tokens_[i].is_word("not")) lint_not(i);
      if (tokens_[i].is_word("between")) lint_between(i);
      if (tokens_[i].is_sign("||")) lint_join(i);
    }
  }

 private:
  void warn(size_t token, std::string message, std::string hint) {
    SourcePlace place = sql_.place_at(tokens_[token].offset);
    // A default is compiled for each of its calls.
    for (const Diagnostic& told : diagnostics_.all()) {
      if (told.message == message && told.place.line == place.line &&
          told.place.column == place.column && told.place.file == place.file) {
        return;
      }
    }
    diagnostics_.warning(std::move(place), std::move(message), std::move(hint));
  }

  std::string text_of(size_t begin, size_t end) const {
    size_t from = tokens_[begin].offset;
    return sql_.text.substr(from, tokens_[end - 1].offset + tokens_[end - 1].text.size() - from);
  }

  bool is_sign(size_t i, std::string_view sign) const {
    return i < tokens_.size() && tokens_[i].is_sign(sign);
  }
  bool is_word(size_t i, std::string_view word) const {
    return i < tokens_.size() && tokens_[i].is_word(word);
  }

  // The column whose last token is this one.
  std::optional<ColumnUse> column_before(size_t end) const {
    if (end == 0) return std::nullopt;
    const size_t last = end - 1;
    const SqlToken& token = tokens_[last];
    bool name = token.is_name() && ends_operand(token) && !token.is_word("end");
    if (!name || is_sign(end, "(") || is_sign(end, ".")) return std::nullopt;
    size_t begin = last;
    if (last >= 2 && tokens_[last - 1].is_sign(".")) {
      if (!is_word(last - 2, "new") && !is_word(last - 2, "old")) return std::nullopt;
      begin = last - 2;
    }
    const std::string written = token.name();
    for (const Column& column : table_.columns) {
      if (equal_ignoring_case(column.name, written)) {
        return ColumnUse{&column, begin, end, text_of(begin, end)};
      }
    }
    return std::nullopt;
  }

  std::optional<ColumnUse> column_at(size_t begin) const {
    size_t last = is_sign(begin + 1, ".") ? begin + 2 : begin;
    if (last >= tokens_.size()) return std::nullopt;
    std::optional<ColumnUse> use = column_before(last + 1);
    return use && use->begin == begin ? use : std::nullopt;
  }

  // Whether null is thought of: the column is asked for it, or what is around this token takes it.
  bool thinks_of_null(const ColumnUse& use, size_t token) const {
    for (size_t i = 1; i < tokens_.size(); ++i) {
      if (!is_one_of(tokens_[i], std::to_array<std::string_view>({"is", "isnull", "notnull"}))) {
        continue;
      }
      std::optional<ColumnUse> asked = column_before(i);
      if (asked && asked->column == use.column) return true;
    }
    int depth = 0;
    for (size_t i = token; i-- > 0;) {
      if (tokens_[i].is_sign(")")) ++depth;
      if (!tokens_[i].is_sign("(") || --depth >= 0) continue;
      depth = 0;
      if (i > 0 && is_one_of(tokens_[i - 1], kNullHandlers)) return true;
    }
    return false;
  }

  bool may_be_null(const ColumnUse& use, size_t token) const {
    return use.column->nullable && !thinks_of_null(use, token);
  }

  void lint_constant() {
    if (!checked_.reads.empty()) return;
    bool clock = std::any_of(tokens_.begin(), tokens_.end(),
                             [](const SqlToken& token) { return is_one_of(token, kClocks); });
    if (clock) return;
    std::string hint = "name a column in it; a fixed value is a { $literal: … }";
    if (role_ == ExpressionRole::condition) hint = "compare a column with something";
    if (std::optional<std::string> text = constant_text(tokens_)) {
      hint = "a fixed text is { $literal: " + *text + " }";
    }
    warn(0, "the expression reads no column, so that it is the same for every row", hint);
  }

  // A text that is exactly a column's name, where a column is likelier. True when it is all there
  // is.
  bool lint_quoted_column() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      std::optional<std::string> text = constant_text(tokens_.subspan(i, 1));
      if (!text || !table_.find_column(*text) || !stands_for_column(i)) continue;
      warn(i, "'" + *text + "' is a text here, and a column has this name",
           "without the quotes it is the column; a fixed text is { $literal: " + *text + " }");
      if (tokens_.size() == 1) return true;
    }
    return false;
  }

  bool stands_for_column(size_t i) const {
    if (tokens_.size() == 1) return true;
    if (is_sign(i + 1, "||") || (i > 0 && tokens_[i - 1].is_sign("||"))) return true;
    if (i + 2 < tokens_.size() && is_comparison(tokens_[i + 1]) && is_literal(tokens_[i + 2])) {
      return true;
    }
    bool first = i > 1 && tokens_[i - 1].is_sign("(") && is_one_of(tokens_[i - 2], kOfColumns);
    return first && (is_sign(i + 1, ",") || is_sign(i + 1, ")"));
  }

  void lint_boolean_coalesce() {
    if (role_ != ExpressionRole::value) return;
    std::optional<SqlCall> call = call_at(tokens_, 0);
    if (!call || call->end != tokens_.size()) return;
    if (!call->is("coalesce") && !call->is("ifnull")) return;
    bool column = false;
    for (std::span<const SqlToken> argument : call->arguments) {
      if (argument.size() == 1 && is_truth_word(argument[0])) continue;
      if (argument.empty()) return;
      auto begin = static_cast<size_t>(argument.data() - tokens_.data());
      std::optional<ColumnUse> use = column_at(begin);
      if (!use || use->end != begin + argument.size() || !use->is_boolean()) return;
      column = true;
    }
    if (!column) return;
    warn(0, std::string(call->name->text) + "() of a boolean gives 1 or 0, not true or false",
         "write bool(" + text_of(0, tokens_.size()) + ")");
  }

  // `a = 1 || b = 2` and `a || b`, by which other languages mean "or".
  void lint_joined_condition() {
    if (role_ != ExpressionRole::condition) return;
    int depth = 0;
    int comparisons = 0;
    std::optional<size_t> join;
    for (size_t i = 0; i <= tokens_.size(); ++i) {
      bool between = i < tokens_.size() && depth == 0 &&
                     (tokens_[i].is_word("and") || tokens_[i].is_word("or"));
      if (i == tokens_.size() || between) {
        bool outermost = comparisons == 0 && !checked_.truth;
        if (join && (comparisons > 1 || outermost)) {
          warn(*join, "|| joins texts, and a condition is true or false", "write or");
          return;
        }
        comparisons = 0;
        join.reset();
        continue;
      }
      if (tokens_[i].is_sign("(")) ++depth;
      if (tokens_[i].is_sign(")")) --depth;
      if (depth != 0) continue;
      if (is_comparison(tokens_[i])) ++comparisons;
      if (tokens_[i].is_sign("||") && !join) join = i;
    }
  }

  void lint_comparison(size_t op) {
    if (op == 0 || op + 1 == tokens_.size()) return;
    std::optional<ColumnUse> left = column_before(op);
    std::optional<ColumnUse> right = column_at(op + 1);
    const bool text_left = tokens_[op - 1].kind == SqlToken::Kind::text;
    const bool text_right = tokens_[op + 1].kind == SqlToken::Kind::text;
    if (left && left->is_boolean() && text_right) return warn_boolean_text(op, *left);
    if (right && right->is_boolean() && text_left) return warn_boolean_text(op, *right);
    if (left && left->is_timestamp()) warn_spaced_time(*left, op + 1);
    if (right && right->is_timestamp()) warn_spaced_time(*right, operand_start(op));
    if (!tokens_[op].is_sign("<>") && !tokens_[op].is_sign("!=")) return;
    for (const std::optional<ColumnUse>* use : {&left, &right}) {
      if (!*use || !may_be_null(**use, op)) continue;
      std::string other = "…";
      if (left && is_literal(tokens_[op + 1])) other = tokens_[op + 1].text;
      if (left && right) other = right->text;
      return warn(op,
                  std::string(tokens_[op].text) + " gives null, not true, where " + (*use)->text +
                      " is null",
                  "write " + (left ? left->text : "…") + " is distinct from " +
                      (left || !right ? other : right->text));
    }
  }

  // Where the operand starts that ends before this token: a single token or a call.
  size_t operand_start(size_t end) const {
    if (!tokens_[end - 1].is_sign(")")) return end - 1;
    std::optional<size_t> open = opening_of(tokens_, end - 1);
    return open && *open > 0 ? *open - 1 : end - 1;
  }

  void warn_boolean_text(size_t op, const ColumnUse& use) {
    warn(op, use.text + " is true or false, which no text is equal to",
         "write " + use.text + " is true, or " + use.text + " is false");
  }

  void warn_spaced_time(const ColumnUse& use, size_t other) {
    if (other >= tokens_.size()) return;
    const SqlToken& token = tokens_[other];
    std::string hint = "compare datetime(" + use.text + ") with it";
    if (token.kind == SqlToken::Kind::text) {
      std::string text = token.name();
      bool spaced = text.size() > 11 && text[4] == '-' && text[7] == '-' && text[10] == ' ';
      std::optional<int64_t> us = spaced ? parse_timestamp_us(text) : std::nullopt;
      if (!us) return;
      std::string iso;
      append_iso8601_utc(iso, *us);
      if (use.column->type.kind == ValueKind::timestamp) iso.pop_back();
      hint = "write '" + iso + "'";
    } else if (token.is_word("current_timestamp")) {
      hint = "write now()";
    } else if (!token.is_word("datetime") || !is_sign(other + 1, "(")) {
      return;
    } else if (use.column->type.kind == ValueKind::timestamptz) {
      hint = "write iso8601(datetime(…))";
    }
    warn(other,
         "times are compared as texts, and " + use.text +
             " has a T between date and time where this has a space",
         hint);
  }

  void lint_between(size_t i) {
    size_t column_end = i > 0 && tokens_[i - 1].is_word("not") ? i - 1 : i;
    std::optional<ColumnUse> use = column_before(column_end);
    if (!use || !use->is_timestamp()) return;
    warn_spaced_time(*use, i + 1);
    int depth = 0;
    for (size_t k = i + 1; k < tokens_.size(); ++k) {
      if (tokens_[k].is_sign("(")) ++depth;
      if (tokens_[k].is_sign(")") && --depth < 0) return;
      if (depth == 0 && tokens_[k].is_word("and")) return warn_spaced_time(*use, k + 1);
    }
  }

  void lint_in(size_t i) {
    const bool negated = i > 0 && tokens_[i - 1].is_word("not");
    std::optional<ColumnUse> use = column_before(negated ? i - 1 : i);
    if (!use) return;
    bool text = is_sign(i + 1, "(") && i + 2 < tokens_.size() &&
                tokens_[i + 2].kind == SqlToken::Kind::text;
    if (use->is_boolean() && text) return warn_boolean_text(i, *use);
    if (!negated || !may_be_null(*use, i)) return;
    warn(i - 1, "not in gives null, not true, where " + use->text + " is null",
         "write (" + use->text + " is null or " + use->text + " not in (…))");
  }

  void lint_not(size_t i) {
    if (i > 0 && tokens_[i - 1].is_word("is")) return;
    std::optional<ColumnUse> use = column_at(i + 1);
    if (!use || !may_be_null(*use, i)) return;
    static constexpr auto kEnds =
        std::to_array<std::string_view>({"and", "or", "then", "else", "when", "end"});
    bool alone = use->end == tokens_.size() || is_one_of(tokens_[use->end], kEnds) ||
                 is_sign(use->end, ")") || is_sign(use->end, ",");
    if (!alone) return;
    warn(i, "not gives null, not true, where " + use->text + " is null",
         "write " + use->text + " is not true");
  }

  void lint_join(size_t op) {
    // An id that is null where its part is null is none, which is as it should be.
    if (role_ == ExpressionRole::id || told_of_join_ || op + 1 >= tokens_.size()) return;
    std::optional<ColumnUse> left = column_before(op);
    std::optional<ColumnUse> right = column_at(op + 1);
    for (const std::optional<ColumnUse>* use : {&left, &right}) {
      if (!*use || !may_be_null(**use, op)) continue;
      told_of_join_ = true;
      return warn(
          (*use)->begin, "the whole text is null where " + (*use)->text + " is null",
          "write concat(…, …), in which null counts as '', or coalesce(" + (*use)->text + ", '')");
    }
  }

  const SqlText& sql_;
  const Table& table_;
  const ExpressionRole role_;
  const CheckedExpression& checked_;
  Diagnostics& diagnostics_;
  const SqlTokens split_;
  const std::span<const SqlToken> tokens_;
  bool told_of_join_ = false;
};

}  // namespace

ExpressionRole expression_role(ResultForm form, std::string_view name) {
  if (form == ResultForm::condition) return ExpressionRole::condition;
  if (form == ResultForm::automatic) return ExpressionRole::value;
  if (form != ResultForm::plain) return ExpressionRole::typed_value;
  return name == "timestamp" ? ExpressionRole::time : ExpressionRole::id;
}

void lint_expression(const SqlText& sql, const Table& table, ExpressionRole role,
                     const CheckedExpression& checked, Diagnostics& diagnostics) {
  Linter(sql, table, role, checked, diagnostics).run();
}

}  // namespace waltrack
