#pragma once

#include <cstdint>
#include <string>

#include "model/lsn.hpp"
#include "model/timeline_history.hpp"
#include "postgres/pg_connection.hpp"

namespace waltrack {

// Which server this is, by its own word (IDENTIFY_SYSTEM).
struct ServerIdentity {
  uint64_t system_identifier = 0;  // made by initdb; shared by a primary and its standbys
  TimelineHistory history;         // a new timeline with every promotion
  bool standby = false;            // it follows another server
  Lsn position;                    // how far its WAL is flushed; on a standby, replayed
  std::string database;
  int version = 0;  // 150020
};

// Asks over a connection in replication mode.
ServerIdentity read_server_identity(PgConnection& replication);

// Asks over a connection of its own.
ServerIdentity read_server_identity(const std::string& url);

}  // namespace waltrack
