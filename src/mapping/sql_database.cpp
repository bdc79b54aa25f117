#include "mapping/sql_database.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <sqlite3.h>

#include "base/error.hpp"
#include "base/iso8601.hpp"
#include "mapping/sql_time_functions.hpp"
#include "mapping/sql_tokens.hpp"
#include "mapping/sql_value.hpp"

namespace waltrack {
namespace {

// The progress handler is asked every so many steps: in between few values of the greatest length
// can be made.
constexpr int kStepStride = 100;
constexpr int kStepsBetweenClocks = 1000;
constexpr unsigned kJsonSubtype = 'J';
// What SQLite says when it is asked for a time in the machine's zone: see refuse_local_time().
constexpr std::string_view kNoLocalTime = "local time unavailable";

bool is_allowed_function(std::string_view name) {
  std::span<const std::string_view> allowed = allowed_functions();
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](std::string_view known) { return equal_ignoring_case(known, name); });
}

std::string_view view(const char* text) {
  return text == nullptr ? "" : std::string_view(text);
}

const char* append_value(std::string& out, sqlite3_value* value, ResultForm form) {
  unsigned subtype = sqlite3_value_subtype(value);
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      if (subtype == kBooleanSubtype && form == ResultForm::automatic) form = ResultForm::truth;
      return append_integer(out, sqlite3_value_int64(value), form);
    case SQLITE_FLOAT:
      return append_real(out, sqlite3_value_double(value), form);
    case SQLITE_TEXT:
      return subtype == kJsonSubtype ? append_json(out, text_of(value), form)
                                     : append_text(out, text_of(value), form);
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
      return append_blob(out, {bytes, static_cast<size_t>(sqlite3_value_bytes(value))}, form);
    }
    default:
      return append_null(out, form);
  }
}

// true, false or nothing for null; `fault` when it is neither.
std::optional<bool> truth_of(sqlite3_value* value, bool& fault) {
  static constexpr auto kTrue =
      std::to_array<std::string_view>({"t", "true", "y", "yes", "on", "1"});
  static constexpr auto kFalse =
      std::to_array<std::string_view>({"f", "false", "n", "no", "off", "0"});
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
      return std::nullopt;
    case SQLITE_INTEGER:
      return sqlite3_value_int64(value) != 0;
    case SQLITE_FLOAT:
      return sqlite3_value_double(value) != 0;
    case SQLITE_TEXT: {
      std::string_view text = text_of(value);
      auto is = [&](std::string_view word) { return equal_ignoring_case(word, text); };
      if (std::any_of(kTrue.begin(), kTrue.end(), is)) return true;
      if (std::any_of(kFalse.begin(), kFalse.end(), is)) return false;
      break;
    }
    default:
      break;
  }
  fault = true;
  return std::nullopt;
}

// Some of SQLite's messages quote a path or a text, which may be a row's.
void keep_fixed_words(std::string& message) {
  size_t cut = std::min({message.find(" near "), message.find(": "), message.find('\''),
                         message.find('"'), message.size()});
  message.resize(cut);
}

}  // namespace

struct SqlCallbacks {
  static SqlDatabase& self(void* pointer) { return *static_cast<SqlDatabase*>(pointer); }

  static int authorize(void* pointer, int action, const char* first, const char* second,
                       const char*, const char*) {
    SqlDatabase& db = self(pointer);
    if (db.unguarded_) return SQLITE_OK;
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_RECURSIVE:
        return SQLITE_OK;
      case SQLITE_FUNCTION:
        if (is_allowed_function(view(second))) return SQLITE_OK;
        if (db.use_ == SqlDatabase::Use::run &&
            (view(second) == "emit" || view(second) == "integral"))
          return SQLITE_OK;
        return refuse(db, "function " + std::string(view(second)));
      case SQLITE_READ:
        return read(db, view(first), view(second));
      default:
        return refuse(db, "statement");
    }
  }

  static int read(SqlDatabase& db, std::string_view table, std::string_view column) {
    bool scope = std::find(std::begin(kScopeTables), std::end(kScopeTables), table) !=
                 std::end(kScopeTables);
    // A table of which no column is read may be an expression's own `with`.
    bool own = column.empty() && !equal_ignoring_case(table.substr(0, 7), "sqlite_");
    if (!scope && !own && table != "json_each" && table != "json_tree") {
      return refuse(db, "table " + std::string(table));
    }
    if (scope && !column.empty()) db.reads_.push_back({std::string(table), std::string(column)});
    return SQLITE_OK;
  }

  static int refuse(SqlDatabase& db, std::string what) {
    if (db.refused_.empty()) db.refused_ = std::move(what);
    return SQLITE_DENY;
  }

  static int progress(void* pointer) {
    SqlDatabase& db = self(pointer);
    db.exceeded_ = db.find_exceeded();
    return db.exceeded_ == SqlDatabase::Exceeded::nothing ? 0 : 1;
  }

  static void emit(sqlite3_context* context, int count, sqlite3_value** values) {
    EmitTarget* target = self(sqlite3_user_data(context)).target_;
    if (target == nullptr || count < 1) return;
    auto slot = static_cast<size_t>(sqlite3_value_int64(values[0]));
    for (int i = 1; i < count; ++i, ++slot) {
      if (slot >= target->slots.size()) return;
      EmitTarget::Slot& at = target->slots[slot];
      at.begin = target->out->size();
      const char* fault = append_value(*target->out, values[i], target->forms[slot]);
      if (fault != nullptr) return sqlite3_result_error(context, fault, -1);
      at.end = target->out->size();
      bool null = sqlite3_value_type(values[i]) == SQLITE_NULL;
      at.state = null ? EmitTarget::Slot::State::null : EmitTarget::Slot::State::present;
    }
  }

  static void boolean(sqlite3_context* context, int, sqlite3_value** values) {
    bool fault = false;
    std::optional<bool> truth = truth_of(values[0], fault);
    if (fault) return sqlite3_result_error(context, "bool() of what is not a boolean", -1);
    if (!truth) return sqlite3_result_null(context);
    give_truth(context, *truth);
  }

  // The value as it is, unless it is a real: what integers gave that overflowed.
  static void integral(sqlite3_context* context, int, sqlite3_value** values) {
    if (sqlite3_value_type(values[0]) == SQLITE_FLOAT) {
      return sqlite3_result_error(context, "integer overflow", -1);
    }
    sqlite3_result_value(context, values[0]);
  }

  static void now(sqlite3_context* context, int, sqlite3_value**) {
    const std::string& text = self(sqlite3_user_data(context)).now_text_;
    sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
};

SqlDatabase::SqlDatabase(Use use, const ExpressionLimits& limits)
    : use_(use), limits_(limits), steps_left_(limits.steps) {
  try {
    open();
  } catch (...) {
    sqlite3_close_v2(db_);
    throw;
  }
}

SqlDatabase::~SqlDatabase() {
  sqlite3_close_v2(db_);
}

void SqlDatabase::fail(const char* doing) {
  throw Error(ErrorKind::failure, std::string(doing) + ": " + sqlite3_errmsg(db_));
}

void SqlDatabase::open() {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(":memory:", &db_, flags, clock_.name()) != SQLITE_OK) {
    fail("cannot open SQLite for expressions");
  }
  for (int setting : {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL,
                      SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION}) {
    sqlite3_db_config(db_, setting, 0, nullptr);
  }
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // What does not fit into a cache stays in memory, where it is counted, and off the disk.
  execute("pragma temp_store = memory");
  // json_each and json_tree register themselves as tables when first named.
  execute("select 1 from json_each('[]'), json_tree('[]')");

  bool check = use_ == Use::check;
  sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, limits_.value_bytes);
  // A statement holds all expressions of a rule, each of which was checked alone before.
  sqlite3_limit(db_, SQLITE_LIMIT_SQL_LENGTH, check ? 100'000 : 10'000'000);
  sqlite3_limit(db_, SQLITE_LIMIT_EXPR_DEPTH, check ? 200 : 220);
  sqlite3_limit(db_, SQLITE_LIMIT_COMPOUND_SELECT, 50);
  sqlite3_limit(db_, SQLITE_LIMIT_VDBE_OP, check ? 25'000 : 1'000'000);
  // A pattern takes time in proportion to its length times the text's.
  sqlite3_limit(db_, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 250);
  sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db_, SQLITE_LIMIT_TRIGGER_DEPTH, 0);
  sqlite3_limit(db_, SQLITE_LIMIT_WORKER_THREADS, 0);

  constexpr int kPure = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  sqlite3_create_function_v2(db_, "bool", 1, kPure, this, SqlCallbacks::boolean, nullptr, nullptr,
                             nullptr);
  sqlite3_create_function_v2(db_, "now", 0, SQLITE_UTF8, this, SqlCallbacks::now, nullptr, nullptr,
                             nullptr);
  sqlite3_create_function_v2(db_, "emit", -1, SQLITE_UTF8 | SQLITE_SUBTYPE, this,
                             SqlCallbacks::emit, nullptr, nullptr, nullptr);
  sqlite3_create_function_v2(db_, "integral", 1, kPure, nullptr, SqlCallbacks::integral, nullptr,
                             nullptr, nullptr);
  add_functions(db_);
  refuse_local_time();
  sqlite3_set_authorizer(db_, SqlCallbacks::authorize, this);
  sqlite3_progress_handler(db_, kStepStride, SqlCallbacks::progress, this);
}

void SqlDatabase::set_now(int64_t utc_us) {
  now_text_.clear();
  append_iso8601_utc(now_text_, utc_us);
  clock_.set_utc_us(utc_us);
}

void SqlDatabase::execute(const std::string& sql) {
  unguarded_ = true;
  int result = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  unguarded_ = false;
  if (result != SQLITE_OK) fail("cannot prepare SQLite for expressions");
}

void SqlDatabase::clear_notes() {
  reads_.clear();
  refused_.clear();
}

// Why the run has to end now. Nearly all runs end before they need a clock, which costs as much as
// a run.
SqlDatabase::Exceeded SqlDatabase::find_exceeded() {
  steps_left_ -= kStepStride;
  if (steps_left_ < 0) return Exceeded::steps;
  if (!measured_) {
    measured_ = true;
    memory_before_ = sqlite3_memory_used();
  }
  if (sqlite3_memory_used() - memory_before_ > limits_.memory_bytes) return Exceeded::memory;
  if (steps_left_ % kStepsBetweenClocks >= kStepStride) return Exceeded::nothing;
  if (timed_) return cpu_.is_spent() ? Exceeded::cpu : Exceeded::nothing;
  timed_ = true;
  cpu_.start(limits_.cpu_ms);
  return Exceeded::nothing;
}

// SQLite's words, or ours where its are too few.
std::string SqlDatabase::words_of(int result) const {
  if (result == SQLITE_TOOBIG) {
    return "a text of more than " + std::to_string(limits_.value_bytes) + " bytes";
  }
  if (result == SQLITE_INTERRUPT && exceeded_ == Exceeded::cpu) {
    return "it ran for more than " + std::to_string(limits_.cpu_ms) + " ms";
  }
  if (result == SQLITE_INTERRUPT && exceeded_ == Exceeded::memory) {
    return "it took more than " + std::to_string(limits_.memory_bytes) + " bytes of memory";
  }
  if (result == SQLITE_INTERRUPT) {
    return "it ran for more than " + std::to_string(limits_.steps) + " steps";
  }
  std::string words = sqlite3_errmsg(db_);
  if (words == kNoLocalTime) return "the local time depends on the machine; times are in UTC here";
  keep_fixed_words(words);
  return words;
}

const char* SqlDatabase::run(sqlite3_stmt* statement, EmitTarget& target) {
  target_ = &target;
  steps_left_ = limits_.steps;
  measured_ = timed_ = false;
  int result = sqlite3_step(statement);
  const char* failure = nullptr;
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    failure_ = words_of(result);
    failure = failure_.c_str();
  }
  sqlite3_reset(statement);
  target_ = nullptr;
  return failure;
}

}  // namespace waltrack
