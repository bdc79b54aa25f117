#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "postgres/pg_connection.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// Postgres decodes on a standby from this version on.
inline constexpr int kStandbyDecodes = 160000;

// Whether the server follows another one, so that nothing can be written on it.
bool is_standby(PgConnection& connection);

// What a standby needs of its primary while a slot is made on it: the primary's word on which
// transactions run, several times over. A primary gives it by itself only every 15 seconds, and
// only while it is written to. Without a primary_url a person is told what to run there. Keeps a
// connection to the primary as long as it lives. Belongs to one thread.
class StandbySnapshots {
 public:
  explicit StandbySnapshots(const SourceSettings& settings) : settings_(settings) {}

  // Asks the primary for one, or tells what to run on it; what keeps it from helping is told once
  // in the log, and never thrown: the primary may well do it by itself.
  void ask();

 private:
  void tell(const std::string& reason);

  const SourceSettings& settings_;
  std::unique_ptr<PgConnection> primary_;
  bool told_ = false;
};

// Makes the publication as it has to be, where that can be done: on this server, or, when it is a
// standby, on the primary of primary_url, and then waits until it has come over. Throws an Error
// with the SQL for a person where waltrack can't do it. Returns whether anything was changed.
bool see_to_publication(PgConnection& connection, const SourceSettings& settings);

}  // namespace waltrack
