#include "e2e/people.hpp"

#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

namespace waltrack {
namespace {

constexpr int kWriters = 4;

// What Postgres may do to one of several writers: two wait for each other, or want the same key.
bool is_expected(const pqxx::sql_error& error) {
  return error.sqlstate() == "40P01" || error.sqlstate() == "23505";
}

class Writer {
 public:
  Writer(const PostgresServer& server, uint32_t seed, int keys)
      : connection_(server.connect()), random_(seed), keys_(keys) {}

  void write() {
    pqxx::work transaction(connection_);
    try {
      const int statements = 1 + dice(6);
      for (int i = 0; i < statements; ++i) {
        if (dice(6) == 0) {
          change_in_savepoint(transaction);
        } else {
          change(transaction);
        }
      }
      if (dice(10) == 0) {
        transaction.abort();
      } else {
        transaction.commit();
      }
    } catch (const pqxx::sql_error& error) {
      EXPECT_TRUE(is_expected(error)) << error.what();
    }
  }

 private:
  int dice(int sides) { return static_cast<int>(random_() % static_cast<uint32_t>(sides)); }
  std::string key() { return std::to_string(1 + dice(keys_)); }

  void change_in_savepoint(pqxx::work& transaction) {
    try {
      pqxx::subtransaction inner(transaction, "s");
      change(inner);
      change(inner);
      if (dice(2) == 0) {
        inner.commit();
      } else {
        inner.abort();
      }
    } catch (const pqxx::sql_error& error) {
      // A deadlock ends the outer one as well.
      if (error.sqlstate() != "23505") throw;
    }
  }

  void change(pqxx::transaction_base& transaction) {
    switch (dice(10)) {
      case 0:
      case 1:
        transaction.exec("INSERT INTO people (id) VALUES (" + key() + ") ON CONFLICT DO NOTHING");
        return;
      case 2:
        transaction.exec("DELETE FROM people WHERE id = " + key());
        return;
      case 3:
        transaction.exec("UPDATE people SET id = " + key() +
                         ", version = version + 1, told = told + 1 "
                         "WHERE id = " +
                         key());
        return;
      case 4:
      case 5:
        transaction.exec("UPDATE people SET version = version + 1 WHERE id = " + key());
        return;
      case 6:
        transaction.exec(
            "UPDATE people SET version = version + 1, told = told + 1, "
            "essay = repeat(md5(random()::text), 100) WHERE id = " +
            key());
        return;
      default:
        transaction.exec("UPDATE people SET version = version + 1, told = told + 1 WHERE id = " +
                         key());
    }
  }

  pqxx::connection connection_;
  std::mt19937 random_;
  const int keys_;
};

struct Told {
  int told = -1;
  std::string essay;
  bool inserted = false;
  bool backfilled = false;
  bool deleted = false;
};

// Takes one event into account; says what is wrong with it.
std::string take(const nlohmann::json& event, std::map<std::string, Told>& people) {
  const std::string uid = event.at("userId");
  Told& known = people[uid];
  const std::string name = event.dump();
  if (known.deleted) return "behind the delete: " + name;
  if (event.at("type") == "track") {
    known.deleted = true;
    return {};
  }
  const nlohmann::json& traits = event.at("traits");
  const std::string op = traits.at("op");
  if (traits.at("told") < known.told) {
    return "behind told " + std::to_string(known.told) + ": " + name;
  }
  known.told = traits.at("told");
  if (traits.contains("essay")) known.essay = traits.at("essay");
  known.inserted |= op == "insert";
  known.backfilled |= op == "backfill";
  if (op == "backfill" && !traits.contains("essay")) return "a column is missing: " + name;
  if (known.inserted && known.backfilled) return "an insert and a backfill: " + name;
  return {};
}

}  // namespace

std::string People::mapping(bool full) {
  std::string text = R"yaml(
table: people
backfill: initial
user_id: uid
identify:
  traits: { told: told, op: event.op, essay: sha256(essay) }
)yaml";
  if (full) text += "track:\n  - event: Person Deleted\n    on: delete\n";
  return text;
}

void People::prepare(const PostgresServer& server, int count, bool full) {
  server.exec("DROP TABLE IF EXISTS people");
  server.exec(
      "CREATE TABLE people (id int PRIMARY KEY, uid bigint GENERATED ALWAYS AS IDENTITY, "
      "version int NOT NULL DEFAULT 0, told int NOT NULL DEFAULT 0, essay text NOT NULL DEFAULT "
      "'short')");
  // Long ones lie outside of the row: an update that leaves them alone does not bring them.
  server.exec("ALTER TABLE people ALTER essay SET STORAGE EXTERNAL");
  if (full) server.exec("ALTER TABLE people REPLICA IDENTITY FULL");
  server.exec(
      "INSERT INTO people (id, essay) SELECT n, CASE WHEN n % 200 = 0 THEN "
      "repeat(md5(n::text), 100) ELSE 'short' END FROM generate_series(1, " +
      std::to_string(count) + ") n");
}

std::string People::fault(const PostgresServer& server, const TestReceiver& receiver, int first,
                          bool full) {
  std::map<std::string, Told> people;
  for (const nlohmann::json& event : receiver.events()) {
    const std::string wrong = take(event, people);
    if (!wrong.empty()) return wrong;
  }
  const pqxx::result rows =
      server.query("SELECT uid, told, encode(sha256(essay::bytea), 'hex'), id FROM people");
  for (const auto& row : rows) {
    const Told& known = people[row[0].as<std::string>()];
    const std::string name =
        "uid " + row[0].as<std::string>() + " (id " + row[3].as<std::string>() + ")";
    if (row[0].as<int>() <= first && !known.backfilled) return name + " has no backfill";
    if (known.deleted) return name + " was told to be deleted";
    if (known.told != row[1].as<int>()) return name + " is told as " + std::to_string(known.told);
    if (known.essay != row[2].as<std::string>()) return name + " has another essay";
    people[row[0].as<std::string>()].told = -2;  // is there
  }
  if (!full) return {};
  for (const auto& [uid, known] : people) {
    if (known.told >= 0 && !known.deleted) return "uid " + uid + " is gone, and nobody was told";
  }
  return {};
}

PeopleWriters::PeopleWriters(const PostgresServer& server, uint32_t seed, int keys) {
  for (uint32_t i = 0; i < kWriters; ++i) {
    threads_.emplace_back([this, &server, keys, seed = seed * kWriters + i] {
      Writer writer(server, seed, keys);
      while (!stopping_) {
        writer.write();
        // A stream that lags behind makes each chunk wait, and the test long.
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    });
  }
}

void PeopleWriters::stop() {
  stopping_ = true;
  threads_.clear();
}

}  // namespace waltrack
