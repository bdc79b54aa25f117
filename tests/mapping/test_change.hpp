#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/change.hpp"
#include "model/table.hpp"

namespace waltrack {

inline Column column(std::string name, ValueKind kind, bool key = false) {
  Column column;
  column.name = std::move(name);
  column.type.kind = kind;
  column.key = key;
  switch (kind) {
    case ValueKind::int8:
      column.type.name = "bigint";
      break;
    case ValueKind::boolean:
      column.type.name = "boolean";
      break;
    case ValueKind::array:
      column.type.name = "text[]";
      break;
    default:
      break;
  }
  return column;
}

// public.users, with a column of every kind that binds in its own way.
inline Table users_table(ReplicaIdentity identity = ReplicaIdentity::key) {
  Table table;
  table.schema = "public";
  table.name = "users";
  table.replica_identity = identity;
  table.columns = {
      column("id", ValueKind::int8, true),      column("email", ValueKind::text),
      column("name", ValueKind::text),          column("plan", ValueKind::text),
      column("role", ValueKind::text),          column("verified", ValueKind::boolean),
      column("is_test", ValueKind::boolean),    column("order", ValueKind::text),
      column("Full Name", ValueKind::text),     column("Case", ValueKind::text),
      column("case", ValueKind::text),          column("seats", ValueKind::int4),
      column("big", ValueKind::int8),           column("fee", ValueKind::numeric),
      column("score", ValueKind::float8),       column("created_at", ValueKind::timestamptz),
      column("local_at", ValueKind::timestamp), column("born", ValueKind::date),
      column("prefs", ValueKind::json),         column("tags", ValueKind::array),
      column("avatar", ValueKind::bytea),       column("city", ValueKind::text),
      column("device_id", ValueKind::text),
  };
  return table;
}

using Values = std::map<std::string, std::optional<std::string>>;

inline const std::string kUnavailable = "\x01unavailable";

// One change of a table. Columns that are not named are null; kUnavailable is that.
class TestChange {
 public:
  TestChange(const Table& table, Op op) {
    change_.op = op;
    change_.table = &table;
    if (op == Op::backfill) {                         // it has no place in the log
      transaction_.clock_us = 1'795'437'000'000'000;  // 2026-11-23T12:30:00Z
      return;
    }
    change_.lsn = Lsn{0x16'B374'D848};
    change_.ordinal = 3;
    transaction_.xid = 731;
    transaction_.commit_time_us = 1'795'437'453'098'093;  // 2026-11-23T12:37:33.098093Z
    transaction_.commit_lsn = Lsn{0x16'B374'D900};
  }
  TestChange(const TestChange&) = delete;

  TestChange& now(const Values& values) {
    change_.new_row = fill(new_, values, Value::null());
    return *this;
  }
  TestChange& before(const Values& values) {
    change_.old_row = fill(old_, values, Value::null());
    return *this;
  }
  // The old row as it comes without REPLICA IDENTITY FULL.
  TestChange& before_key_only(const Values& values) {
    change_.old_row = fill(old_, values, Value{});
    return *this;
  }
  TestChange& key(std::string_view key) {
    change_.key = key;
    return *this;
  }
  TestChange& tell_all() {
    change_.tell_all = true;
    return *this;
  }
  TestChange& clock(int64_t clock_us) {
    transaction_.clock_us = clock_us;
    return *this;
  }
  TestChange& at(int64_t commit_time_us, uint64_t commit_lsn) {
    transaction_.commit_time_us = commit_time_us;
    transaction_.commit_lsn = Lsn{commit_lsn};
    return *this;
  }

  const Change& change() const { return change_; }
  const Transaction& transaction() const { return transaction_; }

 private:
  std::span<const Value> fill(std::vector<Value>& row, const Values& values, Value otherwise) {
    row.assign(change_.table->columns.size(), otherwise);
    for (const auto& [name, text] : values) {
      size_t index = change_.table->find_column(name).value();
      if (!text) {
        row[index] = Value::null();
      } else if (*text == kUnavailable) {
        row[index] = Value{};
      } else {
        row[index] = Value::present(texts_.emplace_back(*text));
      }
    }
    return row;
  }

  Change change_;
  Transaction transaction_;
  std::vector<Value> new_;
  std::vector<Value> old_;
  std::deque<std::string> texts_;
};

}  // namespace waltrack
