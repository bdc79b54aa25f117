#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "model/lsn.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {

// What may become of the event of an act.
enum class ActFate { arrives, dead_letter };

// An event that a committed transaction must have caused.
struct ActEvent {
  std::string key;                 // what it tells, and of which row
  std::vector<std::string> names;  // the identities that it names: more than one makes a fence
  ActFate fate = ActFate::arrives;
};

// A committed transaction.
struct ActCommit {
  Lsn end;  // the log's end as it was after the commit: at or behind the transaction's own
  std::vector<ActEvent> events;
};

// Tables and mapping of the crash suite: acts, some of which can never be sent; pets, whose users
// change; links, which are aliases; logins, which name both ids; and stock, which is there already
// and is backfilled while it changes.
struct Acts {
  static constexpr const char* kPoison = "poison-pill";  // a receiver that refuses it is needed
  static constexpr int kStock = 4000;                    // rows

  static const char* const kMapping;
  // Makes the tables, with the stock; for so many writers.
  static void prepare(const PostgresServer& server, int writers);
};

// One of several threads that write acts until stopped. Every user belongs to one writer, so its
// commits tell the order in which a user's events must arrive. A server that goes away is waited
// for; a commit whose answer was lost is looked up. Make it after Acts::prepare().
class ActWriter {
 public:
  ActWriter(const PostgresServer& server, uint64_t seed, int number, int writers);
  ~ActWriter() { stop(); }

  void stop();
  uint64_t commit_count() const { return count_; }
  // Hands over the commits from number `from` on, in their order.
  std::vector<ActCommit> commits(size_t from) const;
  // What ended the thread before its time; empty: nothing.
  std::string fault() const;

 private:
  struct Transaction {
    std::string sql;
    std::vector<ActEvent> events;
  };

  void run();
  void write(const Transaction& transaction, uint64_t mark);
  Transaction make();
  void add_statement(Transaction& transaction);
  void insert_acts(Transaction& transaction, int rows);
  void take_pet(Transaction& transaction);
  void move_pet(Transaction& transaction);
  void link_users(Transaction& transaction);
  void log_in(Transaction& transaction);
  void sell(Transaction& transaction);
  uint64_t dice(uint64_t sides) { return random_() % sides; }
  std::string any_user();
  int64_t next_id() { return ++id_; }

  const PostgresServer& server_;
  const int number_;
  const int writers_;

  // The thread's own.
  std::optional<pqxx::connection> connection_;
  std::mt19937_64 random_;
  int64_t id_;
  std::vector<std::string> visitors_;                  // names of its users that no alias took yet
  std::vector<std::pair<int64_t, std::string>> pets_;  // and whose they are
  std::vector<int> told_;                              // of its part of the stock

  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> count_ = 0;
  mutable std::mutex mutex_;  // guards these
  std::vector<ActCommit> commits_;
  std::string fault_;

  std::thread thread_;
};

}  // namespace waltrack
