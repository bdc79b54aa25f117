#pragma once

#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/mapper.hpp"
#include "mapping/mapping_file.hpp"

namespace waltrack {

// Keeps what a mapper makes.
class FakeSink final : public EventSink {
 public:
  struct Event {
    std::string rule;
    std::string user_id;
    std::string anonymous_id;
    std::string json;
  };
  struct Rejection {
    std::string rule;
    std::string reason;
    std::string detail;
  };

  std::string* open(const Rule& rule, std::string_view user_id,
                    std::string_view anonymous_id) override {
    if (unwanted) return nullptr;
    EXPECT_FALSE(open_);
    open_ = true;
    start_ = buffer.size();
    event_ = {rule.id, std::string(user_id), std::string(anonymous_id), {}};
    return &buffer;
  }
  void close() override {
    EXPECT_TRUE(open_);
    open_ = false;
    event_.json = buffer.substr(start_);
    events.push_back(std::move(event_));
  }
  void abandon() override {
    EXPECT_TRUE(open_);
    open_ = false;
    buffer.resize(start_);
  }
  void reject(const Rule& rule, std::string_view reason, std::string_view detail) override {
    EXPECT_FALSE(open_);
    rejections.push_back({rule.id, std::string(reason), std::string(detail)});
  }

  bool unwanted = false;  // open() refuses, as for events that were delivered before
  std::string buffer = "what is there already,";
  std::vector<Event> events;
  std::vector<Rejection> rejections;

 private:
  bool open_ = false;
  size_t start_ = 0;
  Event event_;
};

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
      std::optional<size_t> index = change_.table->find_column(name);
      EXPECT_TRUE(index.has_value()) << name;
      if (!index) continue;
      if (!text) {
        row[*index] = Value::null();
      } else if (*text == kUnavailable) {
        row[*index] = Value{};
      } else {
        row[*index] = Value::present(texts_.emplace_back(*text));
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

inline MessageIdentity test_identity() {
  return MessageIdentity(7, "shop", "test");
}

// Compiles one mapping file, "m.yaml".
inline std::unique_ptr<Mapper> compile(std::string_view yaml, const std::vector<Table>& catalog,
                                       Diagnostics& diagnostics,
                                       const ExpressionLimits& limits = {}) {
  std::vector<MappingFile> files = {read_mapping_file(yaml, "m.yaml", diagnostics)};
  return compile_mappings(files, catalog, test_identity(), diagnostics, limits);
}

// A mapping over `users` at work.
struct Mapped {
  explicit Mapped(std::string_view yaml, Table users = users_table(),
                  const ExpressionLimits& limits = {})
      : table(std::move(users)) {
    mapper = compile(yaml, {table}, diagnostics, limits);
    EXPECT_TRUE(mapper != nullptr) << diagnostics.text() << yaml;
  }

  Mapped& map(const TestChange& change) {
    if (mapper) mapper->map(change.transaction(), change.change(), sink);
    return *this;
  }
  Mapped& insert(const Values& values) { return map(TestChange(table, Op::insert).now(values)); }
  Mapped& update(const Values& old, const Values& now) {
    return map(TestChange(table, Op::update).before(old).now(now));
  }
  Mapped& remove(const Values& old) { return map(TestChange(table, Op::remove).before(old)); }

  // The only event so far.
  nlohmann::json event() const {
    EXPECT_EQ(sink.events.size(), 1U) << rejections();
    return sink.events.size() == 1 ? nlohmann::json::parse(sink.events[0].json) : nlohmann::json();
  }
  nlohmann::json properties() const { return event()["properties"]; }
  // "rule: reason: detail" of each.
  std::string rejections() const {
    std::string text;
    for (const auto& one : sink.rejections) {
      text += one.rule + ": " + one.reason + ": " + one.detail + "\n";
    }
    return text;
  }

  Table table;
  Diagnostics diagnostics;
  std::unique_ptr<Mapper> mapper;
  FakeSink sink;
};

// A track rule over `users` with these properties (indented by four).
inline std::string track(std::string_view properties, std::string_view more = "") {
  return "table: users\nuser_id: id\ntrack:\n  event: E\n" + std::string(more) + "  properties:\n" +
         std::string(properties);
}

}  // namespace waltrack
