#include "mapping/sql_spelling.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "mapping/sql_calls.hpp"

namespace waltrack {
namespace {

using Tokens = std::span<const SqlToken>;

struct Spelling {
  std::string_view word;
  std::string_view hint;
};

constexpr auto kFunctions = std::to_array<Spelling>({
    {"age", "write julianday(a) - julianday(b) for days, unixepoch(a) - unixepoch(b) for seconds"},
    {"all", "ask for a row that is not so: not exists (select 1 from json_each(x) where …)"},
    {"any", "write contains(array, x)"},
    {"array_agg", "write (select json_group_array(value) from json_each(x))"},
    {"array_contains", "write contains(array, x)"},
    {"array_length", "write json_array_length(x)"},
    {"array_position", "write (select key + 1 from json_each(array) where value = x)"},
    {"array_to_string", "write (select group_concat(value, ', ') from json_each(x))"},
    {"bool_and", "write bool(min(x))"},
    {"bool_or", "write bool(max(x))"},
    {"btrim", "write trim(x, characters)"},
    {"cardinality", "write json_array_length(x)"},
    {"char_length", "write length(x)"},
    {"character_length", "write length(x)"},
    {"clock_timestamp", "write now(), which is the commit time"},
    {"concat_ws", "write concat(a, ', ', b), in which null counts as ''"},
    {"date_add", "write iso8601(datetime(x, '+1 day'))"},
    {"date_diff", "write julianday(a) - julianday(b) for days"},
    {"date_part", "write cast(strftime('%Y', x) as integer)"},
    {"date_sub", "write iso8601(datetime(x, '-1 day'))"},
    {"dateadd", "write iso8601(datetime(x, '+1 day'))"},
    {"datediff", "write julianday(a) - julianday(b) for days"},
    {"decode", "the bytes of a bytea column are a blob; hex(x) shows them"},
    {"digest", "write sha256(x)"},
    {"encode", "write hex(x)"},
    {"extract", "write cast(strftime('%Y', x) as integer), or unixepoch(x)"},
    {"gen_random_uuid", "an expression gives the same at every retry; each event has a messageId"},
    {"getdate", "write now(), which is the commit time"},
    {"greatest", "write max(a, b), which is null where one of them is"},
    {"if", "write iif(condition, a, b)"},
    {"initcap", "write upper(substr(x, 1, 1)) || lower(substr(x, 2))"},
    {"isnull", "write x is null, or coalesce(x, otherwise)"},
    {"json_agg", "write (select json_group_array(value) from json_each(x))"},
    {"json_array_elements", "write (select … from json_each(x)), whose column is value"},
    {"json_array_elements_text", "write (select … from json_each(x)), whose column is value"},
    {"json_build_array", "write json_array(a, b)"},
    {"json_build_object", "write json_object('key', x)"},
    {"json_extract_path", "write x -> '$.a.b'"},
    {"json_extract_path_text", "write x ->> '$.a.b'"},
    {"json_typeof", "write json_type(x)"},
    {"jsonb_agg", "write (select json_group_array(value) from json_each(x))"},
    {"jsonb_array_elements", "write (select … from json_each(x)), whose column is value"},
    {"jsonb_array_elements_text", "write (select … from json_each(x)), whose column is value"},
    {"jsonb_array_length", "write json_array_length(x)"},
    {"jsonb_build_array", "write json_array(a, b)"},
    {"jsonb_build_object", "write json_object('key', x)"},
    {"jsonb_extract_path", "write x -> '$.a.b'"},
    {"jsonb_extract_path_text", "write x ->> '$.a.b'"},
    {"jsonb_insert", "write json_insert(x, '$.a', value)"},
    {"jsonb_object_keys", "write (select … from json_each(x)), whose column is key"},
    {"jsonb_set", "write json_set(x, '$.a', value)"},
    {"jsonb_strip_nulls", "write json_patch('{}', x)"},
    {"jsonb_typeof", "write json_type(x)"},
    {"least", "write min(a, b), which is null where one of them is"},
    {"left", "write substr(x, 1, n)"},
    {"len", "write length(x)"},
    {"lpad", "write printf('%10s', x)"},
    {"md5", "write sha256(x)"},
    {"nvl", "write coalesce(a, b)"},
    {"octet_length", "write length(cast(x as blob))"},
    {"position", "write instr(text, part)"},
    {"regexp_like", "write x regexp pattern"},
    {"regexp_match", "write regexp_extract(x, pattern)"},
    {"regexp_matches", "write regexp_extract(x, pattern)"},
    {"regexp_substr", "write regexp_extract(x, pattern)"},
    {"right", "write substr(x, -n)"},
    {"rpad", "write printf('%-10s', x)"},
    {"starts_with", "write x glob 'start*'"},
    {"string_agg", "write (select group_concat(value, ', ') from json_each(x))"},
    {"strpos", "write instr(text, part)"},
    {"to_char", "write strftime('%Y-%m-%d', x) for a time, printf('%.2f', x) for a number"},
    {"to_date", "write date(x)"},
    {"to_json", "write json_quote(x)"},
    {"to_jsonb", "write json_quote(x)"},
    {"to_number", "write cast(x as real)"},
    {"to_timestamp", "write iso8601(x), which takes seconds, or iso8601(x, 'ms')"},
    {"transaction_timestamp", "write now(), which is the commit time"},
    {"unnest", "write (select … from json_each(x)), whose column is value"},
    {"uuid_generate_v4", "an expression gives the same at every retry; each event has a messageId"},
});

// Types to which SQLite's cast() gives a number, whatever their names.
constexpr auto kCasts = std::to_array<Spelling>({
    {"bool", "write bool(x), or $type: boolean"},
    {"boolean", "write bool(x), or $type: boolean"},
    {"date", "write date(x)"},
    {"interval", "write it as a modifier, as in iso8601(datetime(x, '-1 day'))"},
    {"json", "write json(x), or $type: json"},
    {"jsonb", "write json(x), or $type: json"},
    {"time", "write time(x)"},
    {"timestamp", "write iso8601(x), or $type: datetime"},
    {"timestamptz", "write iso8601(x), or $type: datetime"},
    {"uuid", "leave it out: a uuid is its text"},
});

// The other types that people cast to.
constexpr auto kPlainCasts = std::to_array<Spelling>({
    {"bigint", "write cast(x as integer), or $type: integer"},
    {"bytea", "write cast(x as blob)"},
    {"char", "write cast(x as text), or $type: string"},
    {"citext", "write lower(x)"},
    {"decimal", "write cast(x as real), or $type: number"},
    {"double", "write cast(x as real), or $type: number"},
    {"float", "write cast(x as real), or $type: number"},
    {"float4", "write cast(x as real), or $type: number"},
    {"float8", "write cast(x as real), or $type: number"},
    {"int", "write cast(x as integer), or $type: integer"},
    {"int4", "write cast(x as integer), or $type: integer"},
    {"int8", "write cast(x as integer), or $type: integer"},
    {"integer", "write cast(x as integer), or $type: integer"},
    {"numeric", "write cast(x as real), or $type: number"},
    {"real", "write cast(x as real), or $type: number"},
    {"smallint", "write cast(x as integer), or $type: integer"},
});

template <size_t kCount>
const Spelling* find(const std::array<Spelling, kCount>& known, const SqlToken& word) {
  auto at = std::find_if(known.begin(), known.end(),
                         [&](const Spelling& one) { return word.is_word(one.word); });
  return at == known.end() ? nullptr : &*at;
}

SqlFault fault(const SqlToken& at, std::string_view what, std::string_view hint) {
  return {at.offset, "SQLite has no " + std::string(what), std::string(hint)};
}

bool is_word(Tokens tokens, size_t i, std::string_view word) {
  return i < tokens.size() && tokens[i].is_word(word);
}
bool is_sign(Tokens tokens, size_t i, std::string_view sign) {
  return i < tokens.size() && tokens[i].is_sign(sign);
}
bool is_text(Tokens tokens, size_t i) {
  return i < tokens.size() && tokens[i].kind == SqlToken::Kind::text;
}
bool touches(Tokens tokens, size_t i) {
  return i > 0 && tokens[i - 1].offset + tokens[i - 1].text.size() == tokens[i].offset;
}

// The name, literal or nothing better than "x" that stands before this token.
std::string operand_before(Tokens tokens, size_t i) {
  if (i == 0 || tokens[i - 1].is_sign(")") || !ends_operand(tokens[i - 1])) return "x";
  std::string text(tokens[i - 1].text);
  if (i > 2 && tokens[i - 2].is_sign(".")) text = std::string(tokens[i - 3].text) + "." + text;
  return text;
}

// The hint with "x" filled in.
std::string with_operand(std::string_view hint, const std::string& operand) {
  std::string text(hint);
  if (size_t at = text.find("(x"); at != std::string::npos) text.replace(at + 1, 1, operand);
  return text;
}

std::optional<SqlFault> cast_operator(Tokens tokens, size_t i) {
  std::string_view hint = "write cast(x as text), or $type: string";
  if (i + 1 < tokens.size()) {
    const Spelling* known = find(kCasts, tokens[i + 1]);
    if (known == nullptr) known = find(kPlainCasts, tokens[i + 1]);
    if (known != nullptr) hint = known->hint;
  }
  return fault(tokens[i], "::", with_operand(hint, operand_before(tokens, i)));
}

// cast(… as boolean) and its like: a number to SQLite.
std::optional<SqlFault> misread_cast(Tokens tokens, size_t i) {
  std::optional<SqlCall> call = call_at(tokens, i);
  if (!call || !call->is("cast") || call->arguments.size() != 1) return std::nullopt;
  Tokens argument = call->arguments[0];
  int depth = 0;
  for (size_t k = 0; k + 1 < argument.size(); ++k) {
    if (argument[k].is_sign("(")) ++depth;
    if (argument[k].is_sign(")")) --depth;
    if (depth != 0 || !argument[k].is_word("as")) continue;
    const Spelling* known = find(kCasts, argument[k + 1]);
    if (known == nullptr) return std::nullopt;
    return fault(argument[k + 1], "type " + std::string(argument[k + 1].text),
                 with_operand(known->hint, k == 1 ? std::string(argument[0].text) : "x"));
  }
  return std::nullopt;
}

std::optional<SqlFault> match_operator(Tokens tokens, size_t i) {
  const bool negated = tokens[i].is_sign("!");
  size_t tilde = negated ? i + 1 : i;
  bool binary = i > 0 && ends_operand(tokens[i - 1]);
  if (!binary || !is_sign(tokens, tilde, "~")) return std::nullopt;
  const bool like = is_sign(tokens, tilde + 1, "~");
  const bool any_case = is_sign(tokens, tilde + (like ? 2 : 1), "*");
  std::string sign = std::string(negated ? "!~" : "~") + (like ? "~" : "") + (any_case ? "*" : "");
  std::string hint = "write " + operand_before(tokens, i) + (negated ? " not" : "") +
                     (like ? " like pattern" : " regexp ") +
                     (like       ? ""
                      : any_case ? "'(?i)pattern'"
                                 : "'pattern'");
  return fault(tokens[i], sign, hint);
}

std::optional<SqlFault> foreign_sign(Tokens tokens, size_t i) {
  const SqlToken& token = tokens[i];
  const std::string operand = operand_before(tokens, i);
  if (auto found = match_operator(tokens, i)) return found;
  if (token.is_sign("#") && is_sign(tokens, i + 1, ">>")) {
    return fault(token, "#>>", "write " + operand + " ->> '$.a.b'");
  }
  if (token.is_sign("#") && is_sign(tokens, i + 1, ">")) {
    return fault(token, "#>", "write " + operand + " -> '$.a.b'");
  }
  if (token.is_sign("@") && is_sign(tokens, i + 1, ">")) {
    return fault(token, "@>",
                 "write contains(" + operand + ", item) for an array, " + operand +
                     " ->> 'key' = value for an object");
  }
  if (token.is_sign("<") && is_sign(tokens, i + 1, "@")) {
    return fault(token, "<@", "write contains(array, " + operand + ")");
  }
  if (token.is_sign("&") && is_sign(tokens, i + 1, "&") && touches(tokens, i + 1)) {
    return fault(token, "&&", "write and");
  }
  if (token.is_sign("^")) return fault(token, "^", "write pow(a, b)");
  return std::nullopt;
}

std::optional<SqlFault> foreign_brackets(Tokens tokens, size_t i) {
  const SqlToken& token = tokens[i];
  bool brackets = token.kind == SqlToken::Kind::quoted_name && token.text.front() == '[';
  if (!brackets || i == 0 || !ends_operand(tokens[i - 1])) return std::nullopt;
  if (tokens[i - 1].is_word("array")) {
    return fault(tokens[i - 1], "array[…]", "write json_array(a, b)");
  }
  std::string index = token.name();
  int number = 0;
  auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), number);
  bool counted = error == std::errc{} && end == index.data() + index.size() && number > 0;
  return fault(token, token.text,
               "write " + operand_before(tokens, i) + " ->> " +
                   (counted ? std::to_string(number - 1) : "n") + ", which counts from 0");
}

std::optional<SqlFault> foreign_word(Tokens tokens, size_t i) {
  static constexpr auto kTyped =
      std::to_array<std::string_view>({"timestamp", "timestamptz", "date", "time"});
  const SqlToken& token = tokens[i];
  if (token.kind != SqlToken::Kind::word || (i > 0 && tokens[i - 1].is_sign("."))) {
    return std::nullopt;
  }
  if (token.is_word("ilike") && i > 0) {
    return fault(token, "ilike",
                 "write like, which takes a to z in either case; lower(x) like lower(pattern) does "
                 "so for all letters");
  }
  if (token.is_word("similar") && is_word(tokens, i + 1, "to")) {
    return fault(token, "similar to", "write " + operand_before(tokens, i) + " regexp 'pattern'");
  }
  if (token.is_word("at") && is_word(tokens, i + 1, "time") && is_word(tokens, i + 2, "zone")) {
    return fault(token, "at time zone",
                 "times are in UTC here; a fixed offset is datetime(x, '+02:00')");
  }
  if (token.is_word("interval") && is_text(tokens, i + 1)) {
    return fault(token, "interval", "write iso8601(datetime(now(), '-1 day'))");
  }
  if (token.is_word("e") && is_text(tokens, i + 1) && touches(tokens, i + 1)) {
    return fault(token, "E'…'", "write '…' || char(10) for a new line");
  }
  bool typed = is_text(tokens, i + 1) &&
               std::any_of(kTyped.begin(), kTyped.end(),
                           [&](std::string_view type) { return token.is_word(type); });
  if (typed) {
    return fault(token, std::string(token.text) + " '…'",
                 "write the text alone: '2026-01-02T03:04:05.000000Z'");
  }
  if (!is_sign(tokens, i + 1, "(")) return std::nullopt;
  std::optional<SqlCall> call = call_at(tokens, i);
  if (call && call->is("substring") && call->arguments.size() == 1) {
    return fault(token, "substring(… from …)", "write substr(x, from, length)");
  }
  if (const Spelling* known = find(kFunctions, token)) {
    return fault(token, std::string(token.text) + "()", known->hint);
  }
  if (token.text.size() > 6 && equal_ignoring_case(token.text.substr(0, 6), "jsonb_")) {
    return fault(token, std::string(token.text) + "()",
                 "JSON functions are json_extract, json_set, json_type and so on here");
  }
  return std::nullopt;
}

}  // namespace

std::optional<SqlFault> find_misread_spelling(const SqlTokens& split) {
  Tokens tokens = split.tokens;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].is_sign("::")) return cast_operator(tokens, i);
    if (auto found = misread_cast(tokens, i)) return found;
    bool question = tokens[i].kind == SqlToken::Kind::parameter && tokens[i].text == "?";
    if (question && i > 0 && ends_operand(tokens[i - 1]) && i + 1 < tokens.size()) {
      std::string operand = operand_before(tokens, i);
      return fault(tokens[i], "?",
                   "write json_type(" + operand + ", '$.key') is not null, or contains(" + operand +
                       ", item) for an array");
    }
  }
  return std::nullopt;
}

std::optional<SqlFault> find_foreign_spelling(const SqlTokens& split) {
  Tokens tokens = split.tokens;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (auto found = foreign_sign(tokens, i)) return found;
    if (auto found = foreign_brackets(tokens, i)) return found;
    if (auto found = foreign_word(tokens, i)) return found;
  }
  return std::nullopt;
}

}  // namespace waltrack
