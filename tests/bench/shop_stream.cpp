#include "bench/shop_stream.hpp"

#include <fmt/format.h>
#include <utility>

#include "postgres/pgoutput_message.hpp"
#include "postgres/postgres_source.hpp"

namespace waltrack {
namespace {

constexpr size_t kRowsPerUser = 5;  // the other four are orders
constexpr uint32_t kXid = 750;
constexpr uint64_t kRecordBytes = 0x98;  // between two rows in the log

enum : uint32_t { kInt8 = 20, kText = 25, kTimestamptz = 1184, kNumeric = 1700 };

struct Field {
  const char* name;
  uint32_t type;
  std::string text;
};

constexpr const char* kNames[] = {"Ada Lovelace", "Grace Hopper", "Zoë Müller", "Linus Ek",
                                  "Barbara Liskov"};
constexpr const char* kPlans[] = {"free", "pro", "team"};
constexpr const char* kProducts[] = {"Espresso machine", "Coffee grinder", "Kettle",
                                     "Filter papers", "Crème brûlée torch"};
constexpr const char* kCurrencies[] = {"EUR", "USD", "GBP"};

struct ShopTable {
  uint32_t oid;
  const char* name;
  std::vector<Field> (*row)(size_t n, bool changed);
};

// n seconds after a midnight, on the same day.
std::string created_at(size_t n) {
  return fmt::format("2024-01-01 {:02}:{:02}:{:02}.123456+00", n / 3600 % 24, n / 60 % 60, n % 60);
}

std::vector<Field> user(size_t n, bool changed) {
  return {{"id", kInt8, std::to_string(n / kRowsPerUser + 1)},
          {"email", kText, "User" + std::to_string(n) + "@example.com"},
          {"name", kText, kNames[n % 7 % 5]},
          {"plan", kText, std::string(kPlans[n % 3]) + (changed ? "+" : "")},
          {"created_at", kTimestamptz, created_at(n)}};
}

std::vector<Field> order(size_t n, bool changed) {
  return {{"id", kInt8, std::to_string(n)},
          {"user_id", kInt8, std::to_string(1 + n * 7919 % 100'000)},
          {"product", kText, kProducts[n % 7 % 5]},
          {"amount", kNumeric, fmt::format("{}.{:02}", n / 100 + (changed ? 1 : 0), n % 100)},
          {"currency", kText, kCurrencies[n % 3]},
          {"created_at", kTimestamptz, created_at(n)}};
}

constexpr ShopTable kTables[] = {{1, "users", user}, {2, "orders", order}};

const ShopTable& table_of(size_t n) {
  return kTables[n % kRowsPerUser == 0 ? 0 : 1];
}

std::string wal2json_fields(const std::vector<Field>& row) {
  std::string json;
  for (const Field& field : row) {
    const bool bare = field.type == kInt8 || field.type == kNumeric;
    json += json.empty() ? "[" : ",";
    json += R"({"name":")" + std::string(field.name) + R"(","typeoid":)" +
            std::to_string(field.type) + R"(,"value":)" +
            (bare ? field.text : '"' + field.text + '"') + "}";
  }
  return json + "]";
}

std::string wal2json_head(const char* action, Lsn lsn) {
  return R"({"action":")" + std::string(action) + R"(","xid":)" + std::to_string(kXid) +
         R"(,"timestamp":"2026-11-23 14:38:32.421002+00","lsn":")" + lsn.text() + '"';
}

std::string wal2json_row(const ShopTable& table, size_t n, ShopRows rows, Lsn lsn) {
  const bool update = rows == ShopRows::updates;
  std::string text = wal2json_head(update ? "U" : "I", lsn);
  text += R"(,"schema":"public","table":")" + std::string(table.name) + R"(","columns":)" +
          wal2json_fields(table.row(n, update));
  if (update) text += R"(,"identity":)" + wal2json_fields(table.row(n, false));
  return text + "}";
}

std::string wal2json_bound(const char* action, Lsn commit, Lsn end) {
  return wal2json_head(action, commit) + R"(,"nextlsn":")" + end.text() + R"("})";
}

std::string pgoutput_relation(const ShopTable& table) {
  const std::vector<Field> columns = table.row(0, false);
  PgoutputMessage message('R');
  std::move(message).u32(table.oid).name("public").name(table.name).letter('f');
  std::move(message).u16(columns.size());
  for (const Field& column : columns)
    std::move(message).u8(1).name(column.name).u32(column.type).u32(0xffffffff);
  return message;
}

void add_tuple(PgoutputMessage& message, char kind, const std::vector<Field>& row) {
  std::move(message).letter(kind).u16(row.size());
  for (const Field& field : row)
    std::move(message).letter('t').u32(field.text.size()).bytes(field.text);
}

std::string pgoutput_row(const ShopTable& table, size_t n, ShopRows rows) {
  const bool update = rows == ShopRows::updates;
  PgoutputMessage message(update ? 'U' : 'I');
  std::move(message).u32(table.oid);
  if (update) add_tuple(message, 'O', table.row(n, false));
  add_tuple(message, 'N', table.row(n, update));
  return message;
}

}  // namespace

ShopStream::ShopStream(Plugin plugin, ShopRows rows, size_t transactions) : plugin_(plugin) {
  const bool json = plugin == Plugin::wal2json;
  for (size_t transaction = 0; transaction < transactions; ++transaction) {
    const Lsn commit{lsn_.value + (kTransactionRows + 1) * kRecordBytes};
    const Lsn end{commit.value + kRecordBytes};
    add(json ? wal2json_bound("B", commit, end) : PgoutputMessage::begin(commit.value, 0, kXid));
    for (size_t i = 0; i < kTransactionRows; ++i) {
      const ShopTable& table = table_of(rows_);
      add(json ? wal2json_row(table, rows_, rows, lsn_) : pgoutput_row(table, rows_, rows));
      ++rows_;
    }
    add(json ? wal2json_bound("C", commit, end) : PgoutputMessage::commit(commit.value, end.value));
  }
}

std::unique_ptr<Decoder> ShopStream::decoder() {
  std::unique_ptr<Decoder> decoder = make_decoder(plugin_, catalog_, {});
  if (plugin_ == Plugin::wal2json) return decoder;
  StreamItem none;
  for (const ShopTable& table : kTables) {
    decoder->feed(pgoutput_relation(table), lsn_);
    while (decoder->next(none)) {
    }
  }
  return decoder;
}

size_t ShopStream::bytes() const {
  size_t bytes = 0;
  for (const ShopMessage& message : messages_)
    bytes += message.text.size();
  return bytes;
}

void ShopStream::add(std::string text) {
  messages_.push_back({lsn_, std::move(text)});
  lsn_.value += kRecordBytes;
}

}  // namespace waltrack
