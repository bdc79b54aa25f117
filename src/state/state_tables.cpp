#include "state/state_tables.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sqlite3.h>

#include "state/backfill_tables.hpp"
#include "state/mapping_state_json.hpp"
#include "state/source_state_json.hpp"

namespace waltrack::state {
namespace {

// "wtrk", in the file's header: tells a state file from any other SQLite database.
constexpr int kApplicationId = 0x7774726b;

// LSNs and the system identifier are text: SQLite's integers are signed, and people read these.
constexpr const char* kTables = R"sql(
create table origin (
  only integer primary key check (only = 1),
  created_at_us integer not null,
  destination_id text not null
);
create table source (
  only integer primary key check (only = 1),
  system_identifier text not null,
  database text not null,
  slot text not null,
  plugin text not null
);
create table checkpoint (
  only integer primary key check (only = 1),
  lsn text not null,
  within_commit_lsn text,
  within_kind integer,
  within_lsn text,
  within_table text,
  within_ordinal integer,
  within_rule text,
  saved_at_us integer not null
);
create table condition (
  only integer primary key check (only = 1),
  text text not null,
  since_us integer not null
);
create table dead_letters (
  number integer primary key autoincrement,
  commit_lsn text not null,
  kind integer not null,
  lsn text not null,
  table_name text not null,
  ordinal integer not null,
  rule text not null,
  commit_time_us integer not null,
  op text not null,
  message_id text not null,
  reason text not null,
  detail text not null,
  payload text not null,
  stored_at_us integer not null,
  attempts integer not null default 1,
  unique (commit_lsn, kind, lsn, table_name, ordinal, rule)
);
)sql";

// Came later. Files of this version may lack it until they are opened for writing.
constexpr const char* kMappingsTable = R"sql(
create table if not exists mappings (
  only integer primary key check (only = 1),
  state text not null
);
)sql";

constexpr const char* kSourceStateTable = R"sql(
create table if not exists source_state (
  only integer primary key check (only = 1),
  state text not null
);
)sql";

bool has_column(SQLite::Database& database, const char* table, const char* column) {
  SQLite::Statement query(database, "select 1 from pragma_table_info(?) where name = ?");
  query.bind(1, table);
  query.bind(2, column);
  return query.executeStep();
}

Lsn lsn_of(const SQLite::Column& column) {
  const std::optional<Lsn> lsn = Lsn::parse(column.getString());
  if (!lsn) {
    throw Error(ErrorKind::failure, "the state file is damaged: a position in it cannot be read",
                {}, "restore it from a copy, or see docs/how-it-works.md on losing it");
  }
  return *lsn;
}

Error not_ours(const std::string& path) {
  return Error(ErrorKind::usage, "this is not a waltrack state file", path,
               "`state:` must name a file of its own; it is made when it is not there");
}

}  // namespace

bool has_no_tables(SQLite::Database& database) {
  return database.execAndGet("select count(*) from sqlite_master").getInt() == 0 &&
         database.execAndGet("pragma application_id").getInt() == 0;
}

void make_tables(SQLite::Database& database, const std::string& path, int64_t now_us) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  database.exec(kTables);
  add_missing_tables(database);
  SQLite::Statement origin(
      database, "insert into origin (only, created_at_us, destination_id) values (1, ?, '')");
  origin.bind(1, now_us);
  origin.exec();
  database.exec("pragma application_id = " + std::to_string(kApplicationId));
  database.exec("pragma user_version = " + std::to_string(kSchemaVersion));
  transaction.commit();
  check_tables(database, path);
}

void add_missing_tables(SQLite::Database& database) {
  if (!database.tableExists("mappings")) database.exec(kMappingsTable);
  if (!database.tableExists("source_state")) database.exec(kSourceStateTable);
  add_missing_backfill_tables(database);
  if (!has_column(database, "origin", "spool")) {
    database.exec("alter table origin add column spool text not null default ''");
  }
  if (!has_column(database, "source", "timeline")) {
    database.exec("alter table source add column timeline integer not null default 0");
    database.exec("alter table source add column from_standby integer not null default 0");
  }
}

void check_tables(SQLite::Database& database, const std::string& path) {
  if (database.execAndGet("pragma application_id").getInt() != kApplicationId) {
    throw not_ours(path);
  }
  const int version = database.execAndGet("pragma user_version").getInt();
  if (version > kSchemaVersion) {
    throw Error(ErrorKind::failure,
                "a newer waltrack wrote this state file (its version is " +
                    std::to_string(version) + ", this program knows " +
                    std::to_string(kSchemaVersion) + ")",
                path, "run that newer waltrack; its state cannot be taken back to an older one");
  }
  if (version < kSchemaVersion) throw not_ours(path);
}

std::optional<SourceIdentity> read_source(SQLite::Database& database) {
  SQLite::Statement query(
      database, has_column(database, "source", "timeline")
                    ? "select system_identifier, database, slot, plugin, timeline, "
                      "from_standby from source"
                    : "select system_identifier, database, slot, plugin, 0, 0 from source");
  if (!query.executeStep()) return std::nullopt;
  SourceIdentity source;
  source.system_identifier = std::strtoull(query.getColumn(0).getText(), nullptr, 10);
  source.database = query.getColumn(1).getString();
  source.slot = query.getColumn(2).getString();
  source.plugin = query.getColumn(3).getString();
  source.origin = {query.getColumn(4).getUInt(), query.getColumn(5).getInt() != 0};
  return source;
}

std::optional<StoredCheckpoint> read_checkpoint(SQLite::Database& database) {
  SQLite::Statement query(database,
                          "select lsn, saved_at_us, within_commit_lsn, within_kind, within_lsn, "
                          "within_table, within_ordinal, within_rule from checkpoint");
  if (!query.executeStep()) return std::nullopt;
  StoredCheckpoint stored;
  stored.checkpoint.lsn = lsn_of(query.getColumn(0));
  stored.saved_at_us = query.getColumn(1).getInt64();
  if (!query.getColumn(2).isNull()) {
    EventPosition& within = stored.checkpoint.within.emplace();
    within.commit_lsn = lsn_of(query.getColumn(2));
    within.kind = static_cast<MessageKind>(query.getColumn(3).getInt());
    within.lsn = lsn_of(query.getColumn(4));
    within.table = query.getColumn(5).getString();
    within.ordinal = query.getColumn(6).getUInt();
    within.rule = query.getColumn(7).getString();
  }
  return stored;
}

std::optional<StoredCondition> read_condition(SQLite::Database& database) {
  SQLite::Statement query(database, "select text, since_us from condition");
  if (!query.executeStep()) return std::nullopt;
  return StoredCondition{query.getColumn(0).getString(), query.getColumn(1).getInt64()};
}

std::optional<MappingState> read_mappings(SQLite::Database& database) {
  if (!database.tableExists("mappings")) return std::nullopt;
  SQLite::Statement query(database, "select state from mappings");
  if (!query.executeStep()) return std::nullopt;
  return read_mapping_state(query.getColumn(0).getString());
}

std::optional<SourceState> read_source_state(SQLite::Database& database) {
  if (!database.tableExists("source_state")) return std::nullopt;
  SQLite::Statement query(database, "select state from source_state");
  if (!query.executeStep()) return std::nullopt;
  return read_source_state(query.getColumn(0).getString());
}

std::string read_destination_id(SQLite::Database& database) {
  return database.execAndGet("select destination_id from origin").getString();
}

int64_t read_created_at_us(SQLite::Database& database) {
  return database.execAndGet("select created_at_us from origin").getInt64();
}

int64_t count_dead_letters(SQLite::Database& database) {
  return database.execAndGet("select count(*) from dead_letters").getInt64();
}

std::vector<StoredDeadLetter> read_dead_letters(SQLite::Database& database, size_t limit) {
  SQLite::Statement query(
      database,
      "select number, commit_lsn, kind, lsn, table_name, ordinal, rule, commit_time_us, op, "
      "message_id, reason, detail, payload, stored_at_us, attempts "
      "from dead_letters order by number desc limit ?");
  query.bind(1, static_cast<int64_t>(limit));
  std::vector<StoredDeadLetter> letters;
  while (query.executeStep()) {
    StoredDeadLetter& stored = letters.emplace_back();
    stored.number = query.getColumn(0).getInt64();
    EventPosition& position = stored.letter.position;
    position.commit_lsn = lsn_of(query.getColumn(1));
    position.kind = static_cast<MessageKind>(query.getColumn(2).getInt());
    position.lsn = lsn_of(query.getColumn(3));
    position.table = query.getColumn(4).getString();
    position.ordinal = query.getColumn(5).getUInt();
    position.rule = query.getColumn(6).getString();
    stored.letter.commit_time_us = query.getColumn(7).getInt64();
    stored.letter.op = query.getColumn(8).getString();
    stored.letter.message_id = query.getColumn(9).getString();
    stored.letter.reason = query.getColumn(10).getString();
    stored.letter.detail = query.getColumn(11).getString();
    stored.letter.payload = query.getColumn(12).getString();
    stored.stored_at_us = query.getColumn(13).getInt64();
    stored.attempts = query.getColumn(14).getInt();
  }
  return letters;
}

Error state_error(const SQLite::Exception& exception, int system_error, const std::string& path,
                  const std::string& doing) {
  const int code = exception.getErrorCode();
  const bool io = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
  if (code == SQLITE_NOTADB) return not_ours(path);
  if (code == SQLITE_FULL ||
      (io && (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG))) {
    return Error(ErrorKind::failure, "cannot " + doing + ": no space left for the state file", path,
                 "free some space and start again; nothing was confirmed that is not stored");
  }
  std::string what = "cannot " + doing + ": " + exception.what();
  if (io && system_error != 0) what.append(" (").append(std::strerror(system_error)).append(")");
  if (code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_CANTOPEN) {
    return Error(ErrorKind::failure, what, path,
                 "be the user that runs waltrack: it must own the state file and be able to write "
                 "to its folder");
  }
  if (code == SQLITE_CORRUPT) {
    return Error(ErrorKind::failure, what, path,
                 "the file is damaged: restore it from a copy, or see docs/how-it-works.md on "
                 "losing it");
  }
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    return Error(ErrorKind::failure, what, path,
                 "another program holds the file open in a transaction; end it and start again");
  }
  return Error(ErrorKind::failure, what, path,
               "check the disk; nothing was confirmed that is not stored");
}

std::string resolve_state_path(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (path.empty()) {
    throw Error(ErrorKind::usage, "the state file has no name", "state",
                "name a file, such as `state: waltrack.db`");
  }
  const fs::path resolved = fs::weakly_canonical(fs::absolute(path), failed);
  if (failed) {
    throw Error(ErrorKind::failure, "cannot reach the state file: " + failed.message(), path,
                "check the folders on its path and their permissions");
  }
  if (fs::is_directory(resolved, failed)) {
    throw Error(
        ErrorKind::usage, "the state file is a folder", path,
        "name a file in it, such as `state: " + (fs::path(path) / "waltrack.db").string() + "`");
  }
  if (!fs::is_directory(resolved.parent_path(), failed)) {
    throw Error(ErrorKind::usage, "the state file's folder does not exist", path,
                "mkdir -p " + resolved.parent_path().string());
  }
  return resolved.string();
}

}  // namespace waltrack::state
