#pragma once

#include <cstdint>
#include <string>

#include "e2e/expected_events.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {

// One table `notes` and a mapping that tells each inserted note once: the least that shows whether
// events arrive, once and in order, for tests that are about something else. Notes are numbered
// through and go to the users 0 … 9 in turn.
class Notes {
 public:
  static constexpr const char* kMapping = R"yaml(
table: public.notes
user_id: user_id
track:
  - event: Note Added
    properties:
      number: number
)yaml";

  // Makes the table.
  explicit Notes(const PostgresServer& server, std::string database = "postgres");

  void write(int notes);         // in one transaction
  void write_singly(int notes);  // each in its own

  const EventLists& expected() const { return expected_; }
  uint64_t count() const { return expected_.size(); }

 private:
  std::string insert(int notes);

  const PostgresServer& server_;
  const std::string database_;
  EventLists expected_;
};

}  // namespace waltrack
