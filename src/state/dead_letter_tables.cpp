#include "state/dead_letter_tables.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "state/state_tables.hpp"

namespace waltrack::state {
namespace {

constexpr const char* kTable = R"sql(
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

// The one of the later columns that is added last.
constexpr const char* kLastColumn = "last_at_us";

int bind_position(SQLite::Statement& statement, const EventPosition& position) {
  statement.bind(1, position.commit_lsn.text());
  statement.bind(2, static_cast<int>(position.kind));
  statement.bind(3, position.lsn.text());
  statement.bind(4, position.table);
  statement.bind(5, static_cast<int64_t>(position.ordinal));
  statement.bind(6, position.rule);
  return 7;
}

// " where …", to be bound by bind_filter().
std::string condition_of(const DeadLetterFilter& filter) {
  std::string text;
  const auto add = [&](const std::string& part) {
    text += (text.empty() ? " where " : " and ") + part;
  };
  if (!filter.numbers.empty()) {
    std::string list;
    for (const int64_t number : filter.numbers)
      list += (list.empty() ? "" : ",") + std::to_string(number);
    add("number in (" + list + ")");
  }
  if (!filter.table.empty()) add("(table_name = ? or substr(table_name, -length(?)) = ?)");
  // A rule is its call, a slash and its name.
  if (!filter.rule.empty()) add("(rule = ? or substr(rule, instr(rule, '/') + 1) = ?)");
  if (!filter.reason.empty()) add("reason = ?");
  if (filter.since_us) add("stored_at_us >= ?");
  if (filter.before_us) add("stored_at_us < ?");
  if (filter.below) add("number < ?");
  return text;
}

int bind_filter(SQLite::Statement& statement, const DeadLetterFilter& filter) {
  int at = 1;
  if (!filter.table.empty()) {
    statement.bind(at++, filter.table);
    statement.bind(at++, "." + filter.table);
    statement.bind(at++, "." + filter.table);
  }
  if (!filter.rule.empty()) {
    statement.bind(at++, filter.rule);
    statement.bind(at++, filter.rule);
  }
  if (!filter.reason.empty()) statement.bind(at++, filter.reason);
  if (filter.since_us) statement.bind(at++, *filter.since_us);
  if (filter.before_us) statement.bind(at++, *filter.before_us);
  if (filter.below) statement.bind(at++, *filter.below);
  return at;
}

std::string selection(SQLite::Database& database) {
  std::string text =
      "select number, commit_lsn, kind, lsn, table_name, ordinal, rule, commit_time_us, op, "
      "message_id, reason, detail, payload, stored_at_us, attempts, ";
  text += has_column(database, "dead_letters", kLastColumn) ? "answer, row_key, last_at_us"
                                                            : "'', '', 0";
  return text + " from dead_letters";
}

StoredDeadLetter letter_of(SQLite::Statement& row) {
  StoredDeadLetter stored;
  stored.number = row.getColumn(0).getInt64();
  DeadLetter& letter = stored.letter;
  letter.position.commit_lsn = lsn_of(row.getColumn(1));
  letter.position.kind = static_cast<MessageKind>(row.getColumn(2).getInt());
  letter.position.lsn = lsn_of(row.getColumn(3));
  letter.position.table = row.getColumn(4).getString();
  letter.position.ordinal = row.getColumn(5).getUInt();
  letter.position.rule = row.getColumn(6).getString();
  letter.commit_time_us = row.getColumn(7).getInt64();
  letter.op = row.getColumn(8).getString();
  letter.message_id = row.getColumn(9).getString();
  letter.reason = row.getColumn(10).getString();
  letter.detail = row.getColumn(11).getString();
  letter.payload = row.getColumn(12).getString();
  stored.stored_at_us = row.getColumn(13).getInt64();
  stored.attempts = row.getColumn(14).getInt();
  letter.answer = row.getColumn(15).getString();
  letter.row_key = row.getColumn(16).getString();
  stored.last_at_us = row.getColumn(17).getInt64();
  return stored;
}

}  // namespace

void make_dead_letter_table(SQLite::Database& database) {
  database.exec(kTable);
}

void add_missing_dead_letter_columns(SQLite::Database& database) {
  for (const char* column : {"answer text not null default ''", "row_key text not null default ''",
                             "last_at_us integer not null default 0"}) {
    const std::string text = column;
    const std::string name = text.substr(0, text.find(' '));
    if (has_column(database, "dead_letters", name.c_str())) continue;
    database.exec("alter table dead_letters add column " + text);
  }
}

void write_dead_letters(SQLite::Database& database, std::span<const DeadLetter> letters,
                        bool keep_payload, int64_t now_us) {
  SQLite::Statement insert(
      database,
      "insert into dead_letters (commit_lsn, kind, lsn, table_name, ordinal, rule, commit_time_us, "
      "op, message_id, reason, detail, payload, stored_at_us, answer, row_key, last_at_us) "
      "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      // The same row again; or, after a failover that lost something, another one in its place.
      "on conflict do update set attempts = attempts + 1, commit_time_us = "
      "excluded.commit_time_us, "
      "op = excluded.op, message_id = excluded.message_id, reason = excluded.reason, "
      "detail = excluded.detail, payload = excluded.payload, answer = excluded.answer, "
      "row_key = excluded.row_key, last_at_us = excluded.last_at_us");
  for (const DeadLetter& letter : letters) {
    int at = bind_position(insert, letter.position);
    insert.bind(at++, letter.commit_time_us);
    insert.bind(at++, letter.op);
    insert.bind(at++, letter.message_id);
    insert.bind(at++, letter.reason);
    insert.bind(at++, letter.detail);
    insert.bind(at++, keep_payload ? letter.payload : std::string());
    insert.bind(at++, now_us);
    insert.bind(at++, keep_payload ? letter.answer : std::string());
    insert.bind(at++, letter.row_key);
    insert.bind(at++, now_us);
    insert.exec();
    insert.reset();
  }
}

bool has_dead_letter(SQLite::Database& database, const EventPosition& position) {
  SQLite::Statement query(
      database,
      "select 1 from dead_letters where commit_lsn = ? and kind = ? and lsn = ? and "
      "table_name = ? and ordinal = ? and rule = ?");
  bind_position(query, position);
  return query.executeStep();
}

int64_t count_dead_letters(SQLite::Database& database, const DeadLetterFilter& filter) {
  SQLite::Statement query(database, "select count(*) from dead_letters" + condition_of(filter));
  bind_filter(query, filter);
  query.executeStep();
  return query.getColumn(0).getInt64();
}

std::vector<StoredDeadLetter> read_dead_letters(SQLite::Database& database, size_t limit,
                                                const DeadLetterFilter& filter) {
  SQLite::Statement query(
      database, selection(database) + condition_of(filter) + " order by number desc limit ?");
  query.bind(bind_filter(query, filter), static_cast<int64_t>(limit));
  std::vector<StoredDeadLetter> letters;
  while (query.executeStep())
    letters.push_back(letter_of(query));
  return letters;
}

std::optional<StoredDeadLetter> read_dead_letter(SQLite::Database& database, int64_t number) {
  SQLite::Statement query(database, selection(database) + " where number = ?");
  query.bind(1, number);
  if (!query.executeStep()) return std::nullopt;
  return letter_of(query);
}

std::vector<DeadLetterPlace> read_dead_letter_places(SQLite::Database& database,
                                                     const DeadLetterFilter& filter) {
  SQLite::Statement query(database,
                          "select number, commit_lsn, kind, lsn, ordinal from dead_letters" +
                              condition_of(filter) + " order by number");
  bind_filter(query, filter);
  std::vector<DeadLetterPlace> places;
  while (query.executeStep()) {
    places.push_back({query.getColumn(0).getInt64(), lsn_of(query.getColumn(1)),
                      static_cast<MessageKind>(query.getColumn(2).getInt()),
                      lsn_of(query.getColumn(3)), query.getColumn(4).getUInt()});
  }
  return places;
}

size_t remove_dead_letters(SQLite::Database& database, std::span<const int64_t> numbers) {
  SQLite::Statement remove(database, "delete from dead_letters where number = ?");
  size_t removed = 0;
  for (const int64_t number : numbers) {
    remove.bind(1, number);
    removed += static_cast<size_t>(remove.exec());
    remove.reset();
  }
  return removed;
}

void count_refusal(SQLite::Database& database, int64_t number, const std::string& detail,
                   const std::string& answer, int64_t now_us) {
  SQLite::Statement update(database,
                           "update dead_letters set attempts = attempts + 1, reason = 'refused', "
                           "detail = ?, answer = ?, last_at_us = ? where number = ?");
  update.bind(1, detail);
  update.bind(2, answer);
  update.bind(3, now_us);
  update.bind(4, number);
  update.exec();
}

}  // namespace waltrack::state
