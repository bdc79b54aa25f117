#include "state/backfill_tables.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <unordered_map>

#include "state/backfill_json.hpp"

namespace waltrack::state {
namespace {

// A key is its columns' texts with a NUL between, which only a blob keeps. `tracked` has the empty
// name where a list is stored: no table has it.
constexpr const char* kBackfillTables = R"sql(
create table if not exists backfills (
  schema_name text not null,
  table_name text not null,
  progress text not null,
  primary key (schema_name, table_name)
) without rowid;
create table if not exists backfill_keys (
  schema_name text not null,
  table_name text not null,
  key blob not null,
  mark text not null,
  primary key (schema_name, table_name, key)
) without rowid;
create table if not exists backfill_requests (
  number integer primary key autoincrement,
  action text not null,
  schema_name text not null,
  table_name text not null,
  condition text not null,
  rows_per_s integer not null,
  requested_at_us integer not null
);
create table if not exists tracked (
  name text primary key
) without rowid;
)sql";

// The one that is made last.
constexpr const char* kLastTable = "tracked";

std::optional<BackfillRequest::Action> action_of(std::string_view name) {
  using Action = BackfillRequest::Action;
  for (const Action action : {Action::start, Action::pause, Action::resume, Action::cancel}) {
    if (backfill_action_name(action) == name) return action;
  }
  return std::nullopt;
}

void bind_table(SQLite::Statement& statement, const TableName& table) {
  statement.bind(1, table.schema);
  statement.bind(2, table.name);
}

void run(SQLite::Statement& statement) {
  statement.exec();
  statement.reset();
}

// One save holds many steps of few tables, and of a table's progress only the last one stands.
void write_progress(SQLite::Database& database, std::span<const BackfillStep> steps) {
  std::unordered_map<std::string, const BackfillProgress*> latest;
  for (const BackfillStep& step : steps) {
    if (step.progress) latest[step.table.schema + '\0' + step.table.name] = &*step.progress;
  }
  if (latest.empty()) return;
  SQLite::Statement replace(database, "replace into backfills values (?, ?, ?)");
  for (const auto& [name, progress] : latest) {
    bind_table(replace, progress->table);
    replace.bind(3, backfill_text(*progress));
    run(replace);
  }
}

void write_marks(SQLite::Database& database, std::span<const BackfillStep> steps) {
  SQLite::Statement forget(database,
                           "delete from backfill_keys where schema_name = ? and table_name = ?");
  SQLite::Statement set(database, "replace into backfill_keys values (?, ?, ?, ?)");
  SQLite::Statement remove(
      database, "delete from backfill_keys where schema_name = ? and table_name = ? and key = ?");
  for (const BackfillStep& step : steps) {
    if (step.forget_marks) {
      bind_table(forget, step.table);
      run(forget);
    }
    for (const auto& [key, mark] : step.marks) {
      SQLite::Statement& statement = mark ? set : remove;
      bind_table(statement, step.table);
      statement.bind(3, static_cast<const void*>(key.text.data()),
                     static_cast<int>(key.text.size()));
      if (mark) statement.bind(4, key_mark_text(*mark));
      run(statement);
    }
  }
}

}  // namespace

void add_missing_backfill_tables(SQLite::Database& database) {
  if (!has_backfill_tables(database)) database.exec(kBackfillTables);
}

bool has_backfill_tables(SQLite::Database& database) {
  return database.tableExists(kLastTable);
}

std::vector<BackfillProgress> read_backfills(SQLite::Database& database) {
  std::vector<BackfillProgress> backfills;
  if (!has_backfill_tables(database)) return backfills;
  SQLite::Statement query(database, "select schema_name, table_name, progress from backfills");
  while (query.executeStep()) {
    backfills.push_back(
        read_backfill({query.getColumn(0).getString(), query.getColumn(1).getString()},
                      query.getColumn(2).getString()));
  }
  return backfills;
}

KeyMarks read_key_marks(SQLite::Database& database, const TableName& table) {
  KeyMarks marks;
  if (!has_backfill_tables(database)) return marks;
  SQLite::Statement query(
      database, "select key, mark from backfill_keys where schema_name = ? and table_name = ?");
  bind_table(query, table);
  while (query.executeStep())
    marks.emplace(RowKey{query.getColumn(0).getString()},
                  read_key_mark(query.getColumn(1).getString()));
  return marks;
}

std::vector<PendingRequest> read_requests(SQLite::Database& database) {
  std::vector<PendingRequest> pending;
  if (!has_backfill_tables(database)) return pending;
  SQLite::Statement query(database,
                          "select number, action, schema_name, table_name, condition, rows_per_s, "
                          "requested_at_us from backfill_requests order by number");
  while (query.executeStep()) {
    // What a later program asks is not for this one.
    const std::optional<BackfillRequest::Action> action = action_of(query.getColumn(1).getString());
    if (!action) continue;
    PendingRequest& found = pending.emplace_back();
    found.request.number = query.getColumn(0).getInt64();
    found.request.action = *action;
    found.request.table = {query.getColumn(2).getString(), query.getColumn(3).getString()};
    found.request.where = query.getColumn(4).getString();
    found.request.rows_per_s = query.getColumn(5).getUInt();
    found.requested_at_us = query.getColumn(6).getInt64();
  }
  return pending;
}

std::optional<std::vector<std::string>> read_tracked(SQLite::Database& database) {
  if (!has_backfill_tables(database)) return std::nullopt;
  std::optional<std::vector<std::string>> tracked;
  SQLite::Statement query(database, "select name from tracked order by name");
  while (query.executeStep()) {
    if (!tracked) tracked.emplace();
    std::string name = query.getColumn(0).getString();
    if (!name.empty()) tracked->push_back(std::move(name));
  }
  return tracked;
}

void write_steps(SQLite::Database& database, std::span<const BackfillStep> steps) {
  if (steps.empty()) return;
  write_progress(database, steps);
  write_marks(database, steps);
  SQLite::Statement take_up(database, "delete from backfill_requests where number = ?");
  SQLite::Statement track(database, "insert or ignore into tracked values (?)");
  for (const BackfillStep& step : steps) {
    if (step.request != 0) {
      take_up.bind(1, step.request);
      run(take_up);
    }
    for (const std::string& name : step.tracked) {
      track.bind(1, name);
      run(track);
    }
  }
}

int64_t write_request(SQLite::Database& database, const BackfillRequest& request, int64_t now_us) {
  SQLite::Statement insert(
      database,
      "insert into backfill_requests (schema_name, table_name, action, condition, "
      "rows_per_s, requested_at_us) values (?, ?, ?, ?, ?, ?)");
  bind_table(insert, request.table);
  insert.bind(3, std::string(backfill_action_name(request.action)));
  insert.bind(4, request.where);
  insert.bind(5, static_cast<int64_t>(request.rows_per_s));
  insert.bind(6, now_us);
  insert.exec();
  return database.getLastInsertRowid();
}

void begin_tracked(SQLite::Database& database) {
  database.exec("insert or ignore into tracked values ('')");
}

void forget_backfills(SQLite::Database& database) {
  for (const char* table : {"backfills", "backfill_keys", "backfill_requests", "tracked"})
    database.exec(std::string("delete from ") + table);
}

}  // namespace waltrack::state
