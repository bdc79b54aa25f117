#include "bench/bench_database.hpp"

#include <stdexcept>
#include <string_view>

#include "support/wait_until.hpp"

namespace waltrack {
namespace {

constexpr const char* kBaseSlot = "bench_base";

constexpr const char* kTables = R"sql(
CREATE TABLE users (id bigint PRIMARY KEY, email text, name text, plan text, created_at timestamptz);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, product text, amount numeric(10,2),
                     currency text, created_at timestamptz);
)sql";

// One user to four orders, one after the other, as an application would.
constexpr const char* kInserts = R"sql(
CREATE PROCEDURE insert_rows(row_count bigint, per_transaction bigint) LANGUAGE plpgsql AS $$
DECLARE
  begin_at constant timestamptz := '2024-01-01 00:00:00.123456+00';
  names constant text[] := '{Ada Lovelace,Grace Hopper,Zoë Müller,Linus Ek,Barbara Liskov}';
  plans constant text[] := '{free,pro,team}';
  products constant text[] := '{Espresso machine,Coffee grinder,Kettle,Filter papers,Crème brûlée torch}';
  currencies constant text[] := '{EUR,USD,GBP}';
BEGIN
  FOR n IN 0 .. row_count - 1 LOOP
    IF n % 5 = 0 THEN
      INSERT INTO users VALUES (n / 5 + 1, 'User' || n || '@example.com', names[1 + n % 7 % 5],
        plans[1 + n % 3], begin_at + n * interval '1 second');
    ELSE
      INSERT INTO orders VALUES (n, 1 + n::bigint * 7919 % (row_count / 5 + 1), products[1 + n % 7 % 5],
        n % 100000 / 100.0, currencies[1 + n % 3], begin_at + n * interval '1 second');
    END IF;
    IF (n + 1) % per_transaction = 0 THEN COMMIT; END IF;
  END LOOP;
END $$
)sql";

constexpr const char* kUpdates = R"sql(
CREATE PROCEDURE update_rows(row_count bigint, per_transaction bigint) LANGUAGE plpgsql AS $$
BEGIN
  FOR n IN 0 .. row_count - 1 LOOP
    IF n % 5 = 0 THEN
      UPDATE users SET plan = plan || '+' WHERE id = n / 5 + 1;
    ELSE
      UPDATE orders SET amount = amount + 1 WHERE id = n;
    END IF;
    IF (n + 1) % per_transaction = 0 THEN COMMIT; END IF;
  END LOOP;
END $$
)sql";

std::string call(const char* procedure, uint64_t rows, uint64_t rows_per_transaction) {
  return std::string("CALL ") + procedure + "(" + std::to_string(rows) + ", " +
         std::to_string(rows_per_transaction) + ")";
}

// Takes the text between two of `quote` off `text`, and what is before it.
std::string take_quoted(std::string_view& text, char quote) {
  std::string taken;
  text.remove_prefix(std::min(text.size(), text.find(quote)) + 1);
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == quote && !text.substr(at + 1).starts_with(quote)) {
      text.remove_prefix(at + 1);
      return taken;
    }
    if (text[at] == quote) ++at;
    taken.push_back(text[at]);
  }
  throw std::runtime_error("the server's log has no whole START_REPLICATION");
}

}  // namespace

PostgresOptions bench_postgres_options() {
  PostgresOptions options;
  options.settings = {{"shared_buffers", "1GB"},
                      {"max_wal_size", "8GB"},
                      {"autovacuum", "off"},  // it would work at a time of its own choosing
                      {"log_replication_commands", "on"}};
  return options;
}

BenchDatabase::BenchDatabase() : server_(bench_postgres_options()) {
  for (const char* sql : {kTables, kInserts, kUpdates})
    server_.exec(sql);
  // As waltrack itself would make it, which is too late: a slot that begins before it can't use it.
  server_.exec(
      "CREATE PUBLICATION waltrack FOR TABLE users, orders "
      "WITH (publish_via_partition_root = true)");
}

void BenchDatabase::drop_slot(const std::string& name) const {
  // Its reader may have gone without the server having noticed.
  const bool free = wait_until([&] {
    return server_.value(
               "SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name = '" + name +
               "'") == "0";
  });
  if (!free) throw std::runtime_error("slot " + name + " is still being read");
  server_.exec(
      "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '" +
      name + "'");
}

void BenchDatabase::write(const BenchWorkload& workload) {
  drop_slot(kSlot);
  drop_slot(kBaseSlot);
  const bool updates = workload.kind == BenchWorkload::Kind::updates;
  server_.exec("TRUNCATE users, orders");
  for (const char* table : {"users", "orders"}) {
    server_.exec(std::string("ALTER TABLE ") + table + " REPLICA IDENTITY " +
                 (updates ? "FULL" : "DEFAULT"));
  }
  if (updates) server_.exec(call("insert_rows", workload.rows, 1000));
  server_.exec("CHECKPOINT");
  server_.exec(std::string("SELECT pg_create_logical_replication_slot('") + kBaseSlot +
               "', 'test_decoding')");
  server_.exec(
      call(updates ? "update_rows" : "insert_rows", workload.rows, workload.rows_per_transaction));
  // What is written is where the last commit ends; what is inserted may be a page's header further.
  end_ = Lsn::parse(server_.value("SELECT pg_current_wal_lsn()")).value();
  server_.exec("CHECKPOINT");
}

void BenchDatabase::renew_slot(const std::string& plugin) const {
  drop_slot(kSlot);
  server_.exec(std::string("SELECT pg_copy_logical_replication_slot('") + kBaseSlot + "', '" +
               kSlot + "', false, '" + plugin + "')");
}

StreamOptions BenchDatabase::last_stream_options() const {
  constexpr std::string_view kCommand = "received replication command: START_REPLICATION SLOT ";
  const std::string log = server_.log_text();
  const size_t command = log.rfind(kCommand);
  if (command == std::string::npos) throw std::runtime_error("no slot was read yet");
  std::string_view line = std::string_view(log).substr(command);
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(std::min(line.size(), line.find('(')));
  StreamOptions options;
  while (line.find('"') != std::string_view::npos) {
    std::string name = take_quoted(line, '"');
    options.emplace_back(std::move(name), take_quoted(line, '\''));
  }
  if (options.empty()) {
    throw std::runtime_error("a slot was read without options: " +
                             log.substr(command, log.find('\n', command) - command));
  }
  return options;
}

StreamSize BenchDatabase::stream_size(const std::string& plugin,
                                      const StreamOptions& options) const {
  // A message of wal2json begins with {"action":"I", one of pgoutput with I.
  const std::string kind = "get_byte(data, " + std::to_string(plugin == "wal2json" ? 11 : 0) + ")";
  pqxx::connection connection = server_.connect();
  std::string sql = "SELECT count(*) FILTER (WHERE " + kind +
                    " IN (ascii('I'), ascii('U'))), count(*), coalesce(sum(length(data)), 0) FROM "
                    "pg_logical_slot_peek_binary_changes('" +
                    std::string(kSlot) + "', '" + end_.text() + "', NULL";
  for (const auto& [name, value] : options)
    sql.append(", ").append(connection.quote(name)).append(", ").append(connection.quote(value));
  pqxx::nontransaction transaction(connection);
  const pqxx::row row = transaction.exec1(sql + ")");
  return {.rows = row[0].as<uint64_t>(),
          .messages = row[1].as<uint64_t>(),
          .bytes = row[2].as<uint64_t>()};
}

}  // namespace waltrack
