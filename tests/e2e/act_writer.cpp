#include "e2e/act_writer.hpp"

#include <algorithm>

#include "e2e/e2e_fixture.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr int kLastTries = 250;  // once it is stopped, 20 ms each
constexpr int kUsers = 8;        // of each writer, beside those that come and go
constexpr size_t kVisitors = 4;  // of each writer at a time
constexpr size_t kPets = 200;    // of each writer, that may still change their user

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

}  // namespace

const char* const Acts::kMapping = R"yaml(
table: public.acts
user_id: user_id
track:
  - event: Act Done
    properties: { id: id, body: body }
---
table: public.pets
user_id: user_id
track:
  - event: Pet Taken
    properties: { id: id }
  - event: Pet Moved
    on: update
    properties: { id: id, from: old.user_id }
---
table: public.links
alias: { previous_id: previous_id, user_id: user_id }
---
table: public.logins
user_id: user_id
anonymous_id: visitor
identify:
  traits: { id: id }
---
table: public.stock
user_id: user_id
track:
  - event: Stock Counted
    on: [update, backfill]
    properties: { id: id, told: told, op: event.op }
)yaml";

void Acts::prepare(const PostgresServer& server, int writers) {
  server.exec(
      "CREATE TABLE acts (id bigint PRIMARY KEY, user_id text, body text);"
      "CREATE TABLE pets (id bigint PRIMARY KEY, user_id text);"
      "ALTER TABLE pets REPLICA IDENTITY FULL;"
      "CREATE TABLE links (id bigint PRIMARY KEY, previous_id text, user_id text);"
      "CREATE TABLE logins (id bigint PRIMARY KEY, user_id text, visitor text);"
      "CREATE TABLE stock (id int PRIMARY KEY, user_id text, told int NOT NULL DEFAULT 0);"
      "INSERT INTO stock SELECT n, 's' || n FROM generate_series(0, " +
      std::to_string(kStock - 1) +
      ") n;"
      "CREATE TABLE marks (writer int PRIMARY KEY, mark bigint NOT NULL);"
      "INSERT INTO marks SELECT n, 0 FROM generate_series(0, " +
      std::to_string(writers - 1) + ") n");
}

ActWriter::ActWriter(const PostgresServer& server, uint64_t seed, int number, int writers)
    : server_(server),
      number_(number),
      writers_(writers),
      random_(seed * 1000 + static_cast<uint64_t>(number)),
      id_(int64_t{1'000'000'000} * (number + 1)),
      told_(static_cast<size_t>(Acts::kStock / writers)),
      thread_([this] { run(); }) {}

void ActWriter::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<ActCommit> ActWriter::commits(size_t from) const {
  const std::lock_guard lock(mutex_);
  return {commits_.begin() + static_cast<std::ptrdiff_t>(from), commits_.end()};
}

std::string ActWriter::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void ActWriter::run() {
  try {
    for (uint64_t mark = 1; !stopping_; ++mark) {
      write(make(), mark);
      std::this_thread::sleep_for(15ms);  // what piles up in a fault must go away again
    }
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    fault_ = error.what();
  }
}

// Until it is committed, and once.
void ActWriter::write(const Transaction& transaction, uint64_t mark) {
  const std::string where = " WHERE writer = " + std::to_string(number_);
  for (int last_tries = kLastTries; last_tries > 0; last_tries -= stopping_ ? 1 : 0) {
    try {
      if (!connection_) connection_.emplace(server_.conninfo());
      pqxx::nontransaction plain(*connection_);
      const auto last = plain.exec1("SELECT mark FROM marks" + where)[0].as<uint64_t>();
      if (last < mark) {
        plain.exec("BEGIN; UPDATE marks SET mark = " + std::to_string(mark) + where + ";" +
                   transaction.sql + "COMMIT");
      }
      const auto end = plain.exec1("SELECT pg_current_wal_lsn()")[0].as<std::string>();
      const std::lock_guard lock(mutex_);
      commits_.push_back({Lsn::parse(end).value(), transaction.events});
      ++count_;
      return;
    } catch (const pqxx::broken_connection&) {
    } catch (const pqxx::sql_error& error) {
      // The server ends, or begins.
      if (!error.sqlstate().starts_with("57P") && !error.sqlstate().starts_with("08")) throw;
    }
    connection_.reset();
    std::this_thread::sleep_for(20ms);
  }
}

ActWriter::Transaction ActWriter::make() {
  Transaction transaction;
  if (dice(60) == 0) {
    insert_acts(transaction, 300);
  } else {
    for (uint64_t left = 1 + dice(5); left > 0; --left)
      add_statement(transaction);
  }
  return transaction;
}

void ActWriter::add_statement(Transaction& transaction) {
  switch (dice(10)) {
    case 0:
      return pets_.empty() || dice(2) == 0 ? take_pet(transaction) : move_pet(transaction);
    case 1:
      return link_users(transaction);
    case 2:
      return log_in(transaction);
    case 3:
    case 4:
      return sell(transaction);
    default:
      return insert_acts(transaction, 1 + static_cast<int>(dice(4)));
  }
}

std::string ActWriter::any_user() {
  if (!visitors_.empty() && dice(3) == 0) return visitors_[dice(visitors_.size())];
  return "w" + std::to_string(number_) + "-" + std::to_string(dice(kUsers));
}

void ActWriter::insert_acts(Transaction& transaction, int rows) {
  transaction.sql += "INSERT INTO acts (id, user_id, body) VALUES ";
  for (int i = 0; i < rows; ++i) {
    const int64_t id = next_id();
    const std::string user = any_user();
    const bool poison = dice(500) == 0;
    const bool nobody = !poison && dice(500) == 0;
    const std::string body = poison ? Acts::kPoison : "act";
    transaction.sql += (i == 0 ? "(" : ", (") + std::to_string(id) + ", " +
                       (nobody ? "null" : quoted(user)) + ", " + quoted(body) + ")";
    transaction.events.push_back({"acted " + std::to_string(id),
                                  {user},
                                  poison || nobody ? ActFate::dead_letter : ActFate::arrives});
  }
  transaction.sql += ";";
}

void ActWriter::take_pet(Transaction& transaction) {
  const int64_t id = next_id();
  const std::string user = any_user();
  transaction.sql += "INSERT INTO pets VALUES (" + std::to_string(id) + ", " + quoted(user) + ");";
  transaction.events.push_back({"taken " + std::to_string(id), {user}});
  pets_.emplace_back(id, user);
  if (pets_.size() > kPets) pets_.erase(pets_.begin());
}

// Each pet once: then its id names its update.
void ActWriter::move_pet(Transaction& transaction) {
  const size_t at = dice(pets_.size());
  const auto [id, from] = pets_[at];
  pets_.erase(pets_.begin() + static_cast<std::ptrdiff_t>(at));
  const std::string to = any_user();
  transaction.sql +=
      "UPDATE pets SET user_id = " + quoted(to) + " WHERE id = " + std::to_string(id) + ";";
  transaction.events.push_back({"moved " + std::to_string(id), {from, to}});
}

// A visitor turns out to be a user; another one comes.
void ActWriter::link_users(Transaction& transaction) {
  const int64_t id = next_id();
  const std::string number = std::to_string(id);
  if (visitors_.size() >= kVisitors) {
    const size_t at = dice(visitors_.size());
    const std::string visitor = visitors_[at];
    const std::string user = "w" + std::to_string(number_) + "-" + std::to_string(dice(kUsers));
    transaction.sql +=
        "INSERT INTO links VALUES (" + number + ", " + quoted(visitor) + ", " + quoted(user) + ");";
    transaction.events.push_back({"linked " + visitor, {visitor, user}});
    visitors_.erase(visitors_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  visitors_.push_back("v" + number);
}

void ActWriter::log_in(Transaction& transaction) {
  if (visitors_.empty()) return insert_acts(transaction, 1);
  const std::string id = std::to_string(next_id());
  const std::string visitor = visitors_[dice(visitors_.size())];
  const std::string user = "w" + std::to_string(number_) + "-" + std::to_string(dice(kUsers));
  transaction.sql +=
      "INSERT INTO logins VALUES (" + id + ", " + quoted(user) + ", " + quoted(visitor) + ");";
  transaction.events.push_back({"came " + id, {user, visitor}});
}

void ActWriter::sell(Transaction& transaction) {
  const size_t at = dice(told_.size());
  const std::string id =
      std::to_string(at * static_cast<size_t>(writers_) + static_cast<size_t>(number_));
  const std::string told = std::to_string(++told_[at]);
  transaction.sql += "UPDATE stock SET told = " + told + " WHERE id = " + id + ";";
  transaction.events.push_back({"stocked " + id + " update " + told, {"s" + id}});
}

}  // namespace waltrack
