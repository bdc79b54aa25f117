#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/clock_vfs.hpp"
#include "mapping/cpu_budget.hpp"
#include "mapping/result_json.hpp"
#include "mapping/sql_functions.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace waltrack {

// What keeps an expression from running away, for one row. A single function cannot be stopped, but
// takes time in proportion to its arguments, and they are bounded.
struct ExpressionLimits {
  int value_bytes = 16'000'000;        // of any text or blob, columns included
  int steps = 1'000'000;               // of SQLite's machine
  int cpu_ms = 1'000;                  // of the thread's processor time
  int64_t memory_bytes = 256'000'000;  // that SQLite takes meanwhile
};

// Where the results of a statement's `emit(first, e…)` go: result i of the call is written to `out`
// in forms[first + i].
struct EmitTarget {
  struct Slot {
    enum class State : uint8_t { unavailable, null, present };
    State state = State::unavailable;
    size_t begin = 0;
    size_t end = 0;
  };

  std::span<const ResultForm> forms;
  std::span<Slot> slots;
  std::string* out = nullptr;
};

// One in-memory SQLite connection that can do nothing but compute: an authorizer allows SELECT, the
// allowed_functions() (bool(x), true, false or null as a boolean, and now(), the commit time as a
// timestamptz column looks, are its own) and json_each / json_tree; no tables but the scope tables
// that expression_checker makes, no writes, no pragmas. Double-quoted strings are off. Belongs to
// one thread.
class SqlDatabase {
 public:
  enum class Use {
    check,  // statements are prepared only, and what they read is noted; `emit` is refused
    run,    // statements run
  };

  explicit SqlDatabase(Use use, const ExpressionLimits& limits = {});
  ~SqlDatabase();
  SqlDatabase(const SqlDatabase&) = delete;
  SqlDatabase& operator=(const SqlDatabase&) = delete;

  sqlite3* handle() { return db_; }

  // What now, now() and current_timestamp give.
  void set_now(int64_t utc_us);

  // Runs statements of ours (the scope tables), without the authorizer.
  void execute(const std::string& sql);

  struct Read {
    std::string table;
    std::string column;
  };
  // What was prepared since the last clear_notes() read, and the first thing that was refused to it
  // ("function random", …).
  const std::vector<Read>& reads() const { return reads_; }
  const std::string& refused() const { return refused_; }
  void clear_notes();

  // Steps `statement` once and resets it; results go to `target`. Gives nullptr, or why it failed:
  // SQLite's words without any value, good until the next call.
  const char* run(sqlite3_stmt* statement, EmitTarget& target);

 private:
  friend struct SqlCallbacks;
  enum class Exceeded : uint8_t { nothing, steps, cpu, memory };

  void open();
  Exceeded find_exceeded();
  std::string words_of(int result) const;
  void fail(const char* doing);

  ClockVfs clock_;
  Use use_;
  std::string now_text_;
  sqlite3* db_ = nullptr;
  const ExpressionLimits limits_;
  int steps_left_ = 0;
  CpuBudget cpu_;
  int64_t memory_before_ = 0;
  bool measured_ = false;  // memory_before_ is of this run
  bool timed_ = false;     // cpu_ is
  Exceeded exceeded_ = Exceeded::nothing;
  bool unguarded_ = false;
  std::vector<Read> reads_;
  std::string refused_;
  EmitTarget* target_ = nullptr;
  std::string failure_;
};

// The tables of a checking database that stand for the scopes.
inline constexpr std::string_view kScopeTables[] = {"row_scope", "old_scope", "changed_scope",
                                                    "event_scope"};

}  // namespace waltrack
