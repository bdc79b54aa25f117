#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>

#include "e2e/e2e_fixture.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {

// Numbered notes, for tests of servers that fail: what is in the table in the end, on whichever
// server, is what must have arrived. A note's mapping is Notes::kMapping.
class NoteBook {
 public:
  // Makes the table.
  static void prepare(const PostgresServer& server);

  // All notes on the server.
  static std::set<int64_t> on(const PostgresServer& server);
  // All notes that a receiver knows. Fails the test when one came under two ids, or twice.
  static std::set<int64_t> at(const TestReceiver& receiver);
};

// Writes notes in small transactions until it is stopped, has written all, or the server fails.
class NoteWriter {
 public:
  NoteWriter(const PostgresServer& server, int64_t first, int64_t count);
  ~NoteWriter();

  int64_t written() const { return written_; }  // the next number
  void wait() { thread_.join(); }

 private:
  std::atomic<int64_t> written_;
  std::jthread thread_;
};

// Whether the receiver gets all notes that are on the server; the test fails when it gets others or
// one of them twice.
[[nodiscard]] bool all_notes_arrive(const PostgresServer& server, const TestReceiver& receiver);

}  // namespace waltrack
