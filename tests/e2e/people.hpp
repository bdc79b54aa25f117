#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "e2e/e2e_fixture.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {

// A table of people whom several writers change all the time, and a mapping that tells them: what a
// backfill has to get right. A person's uid stays when the row's key changes; `told` grows with
// each change that events tell, `version` with each change.
class People {
 public:
  // `full`: with REPLICA IDENTITY FULL; then deletes are told, too, and updates that change nothing
  // of what is told are not.
  static std::string mapping(bool full);

  // Makes the table anew, with so many people.
  static void prepare(const PostgresServer& server, int count, bool full);

  // What is wrong with what the receiver has; empty: nothing. All is delivered and nobody writes
  // any more. `first`: how many people there were when the backfill began.
  static std::string fault(const PostgresServer& server, const TestReceiver& receiver, int first,
                           bool full);
};

// Four threads that insert, update and delete people, change keys, and use savepoints and
// rollbacks, by the dice of one seed, until they are stopped.
class PeopleWriters {
 public:
  PeopleWriters(const PostgresServer& server, uint32_t seed, int keys);
  ~PeopleWriters() { stop(); }
  void stop();

 private:
  std::atomic<bool> stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace waltrack
