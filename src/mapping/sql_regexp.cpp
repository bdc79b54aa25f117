#include "mapping/sql_regexp.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <re2/re2.h>
#include <vector>

#include "base/utf8.hpp"
#include "mapping/cpu_budget.hpp"
#include "mapping/sql_value.hpp"

namespace waltrack {
namespace {

using Piece = re2::StringPiece;

constexpr size_t kPatternBytes = 4'000;
constexpr size_t kPatternsKept = 250;      // by one connection
constexpr int64_t kMemoryBytes = 1 << 20;  // of one pattern and what it has learned
// A replacement looks at a text from each match on; past so many bytes it looks at the clock.
constexpr size_t kBytesBetweenLooks = 64 << 20;
constexpr int64_t kReplaceMs = 1'000;
constexpr size_t kReferences = 10;  // \0 to \9

constexpr const char* kTooLong = "a regular expression of more than 4000 bytes";
constexpr const char* kInvalid = "an invalid regular expression";

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryBytes);
  return options;
}

Piece piece(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view view(const Piece& piece) {
  return {piece.data(), piece.size()};
}

struct Patterns {
  std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> compiled;
  std::string scratch;

  // nullptr, with the error given, when the pattern is not one.
  const re2::RE2* find(sqlite3_context* context, std::string_view pattern) {
    auto known = compiled.find(pattern);
    if (known == compiled.end()) {
      if (pattern.size() > kPatternBytes) {
        give_error(context, kTooLong);
        return nullptr;
      }
      if (compiled.size() >= kPatternsKept) compiled.clear();
      known =
          compiled
              .emplace(std::string(pattern), std::make_unique<re2::RE2>(piece(pattern), options()))
              .first;
    }
    if (known->second->ok()) return known->second.get();
    give_error(context, kInvalid);
    return nullptr;
  }
};

// One for all functions of a connection.
using SharedPatterns = std::shared_ptr<Patterns>;

bool any_null(int count, sqlite3_value** values) {
  return std::any_of(values, values + count, is_null);
}

void regexp(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return sqlite3_result_null(context);
  const re2::RE2* pattern = state_of<SharedPatterns>(context)->find(context, text_of(values[0]));
  if (pattern == nullptr) return;
  give_truth(context, re2::RE2::PartialMatch(piece(text_of(values[1])), *pattern));
}

void regexp_extract(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return sqlite3_result_null(context);
  const re2::RE2* pattern = state_of<SharedPatterns>(context)->find(context, text_of(values[1]));
  if (pattern == nullptr) return;
  const int groups = pattern->NumberOfCapturingGroups();
  int64_t group = std::min(groups, 1);
  if (count == 3) {
    if (sqlite3_value_type(values[2]) != SQLITE_INTEGER) {
      return give_error(context, "regexp_extract() with a group that is not a whole number");
    }
    group = sqlite3_value_int64(values[2]);
  }
  if (group < 0 || group > groups) {
    return give_error(context, "regexp_extract() of a group that the pattern does not have");
  }
  Piece text = piece(text_of(values[0]));
  std::vector<Piece> found(static_cast<size_t>(group) + 1);
  bool matched = pattern->Match(text, 0, text.size(), re2::RE2::UNANCHORED, found.data(),
                                static_cast<int>(found.size()));
  if (!matched || found.back().data() == nullptr) return sqlite3_result_null(context);
  give_text(context, view(found.back()));
}

// Appends the replacement with its references filled in; false when that is more than `limit`.
bool append_replacement(std::string& out, std::string_view replacement,
                        const std::array<Piece, kReferences>& found, size_t limit) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\') {
      out += replacement[i];
    } else if (replacement[++i] == '\\') {
      out += '\\';
    } else {
      out += view(found[static_cast<size_t>(replacement[i] - '0')]);
    }
    if (out.size() > limit) return false;
  }
  return true;
}

enum class Replaced : uint8_t { all, too_long, too_slow };

Replaced replace_all(std::string& out, const re2::RE2& pattern, Piece text,
                     std::string_view replacement, int groups, size_t limit) {
  std::array<Piece, kReferences> found;
  CpuBudget budget;
  budget.start(kReplaceMs);
  size_t looked_at = 0;
  size_t at = 0;
  size_t last_end = std::string_view::npos;
  while (at <= text.size()) {
    looked_at += text.size() - at;
    if (looked_at > kBytesBetweenLooks) {
      looked_at = 0;
      if (budget.is_spent()) return Replaced::too_slow;
    }
    if (!pattern.Match(text, at, text.size(), re2::RE2::UNANCHORED, found.data(), groups + 1))
      break;
    const auto begin = static_cast<size_t>(found[0].data() - text.data());
    out += view(text).substr(at, begin - at);
    at = begin;
    if (found[0].empty() && begin == last_end) {
      // An empty match right behind the last one is none: go on by a character.
      const size_t length = std::max<size_t>(utf8_length(view(text).substr(at)), 1);
      out += view(text).substr(at, length);
      at += length;
    } else {
      if (!append_replacement(out, replacement, found, limit)) return Replaced::too_long;
      at += found[0].size();
      last_end = at;
    }
    if (out.size() > limit) return Replaced::too_long;
  }
  if (at < text.size()) out += view(text).substr(at);
  return Replaced::all;
}

void regexp_replace(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return sqlite3_result_null(context);
  Patterns& patterns = *state_of<SharedPatterns>(context);
  const re2::RE2* pattern = patterns.find(context, text_of(values[1]));
  if (pattern == nullptr) return;
  std::string_view replacement = text_of(values[2]);
  std::optional<int> highest = highest_reference(replacement);
  if (!highest || *highest > pattern->NumberOfCapturingGroups()) {
    return give_error(context, "regexp_replace() with a reference to no group of the pattern");
  }
  std::string& out = patterns.scratch;
  out.clear();
  // SQLite's empty text may be nowhere, which RE2 takes for no text.
  std::string_view text = text_of(values[0]);
  if (text.data() == nullptr) text = "";
  switch (replace_all(out, *pattern, piece(text), replacement, *highest, length_limit(context))) {
    case Replaced::all:
      return give_text(context, out);
    case Replaced::too_long:
      return give_too_long(context);
    case Replaced::too_slow:
      return give_error(context, "regexp_replace() took too long");
  }
}

}  // namespace

void add_regexp_functions(sqlite3* db) {
  auto patterns = std::make_shared<Patterns>();
  add_function(db, "regexp", 2, regexp, patterns);
  add_function(db, "regexp_extract", 2, regexp_extract, patterns);
  add_function(db, "regexp_extract", 3, regexp_extract, patterns);
  add_function(db, "regexp_replace", 3, regexp_replace, patterns);
}

std::optional<RegexpFault> find_regexp_fault(std::string_view pattern) {
  if (pattern.size() > kPatternBytes) return RegexpFault{kTooLong, 0};
  re2::RE2 compiled(piece(pattern), options());
  if (compiled.ok()) return std::nullopt;
  // The part that it means is told as text; the last of several alike is a guess as good as any.
  size_t at = compiled.error_arg().empty() ? 0 : pattern.find(compiled.error_arg());
  return RegexpFault{compiled.error(), at == std::string_view::npos ? 0 : at};
}

int count_regexp_groups(std::string_view pattern) {
  return re2::RE2(piece(pattern), options()).NumberOfCapturingGroups();
}

std::optional<int> highest_reference(std::string_view replacement) {
  int highest = 0;
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\') continue;
    if (++i == replacement.size()) return std::nullopt;
    if (replacement[i] == '\\') continue;
    if (replacement[i] < '0' || replacement[i] > '9') return std::nullopt;
    highest = std::max(highest, replacement[i] - '0');
  }
  return highest;
}

}  // namespace waltrack
