#pragma once

#include <optional>
#include <string>

#include "postgres/pg_connection.hpp"

namespace waltrack {

// How a server stands with a role that is to read its changes, and a publication for it: what an
// administrator may still have to do.
struct ServerReadiness {
  int version = 0;  // 150020
  std::string database;
  std::string wal_level;
  std::string max_slot_wal_keep_size;  // as SHOW tells it; "-1" = without limit
  std::string output_plugin_libraries;
  bool knows_output_plugin_libraries = false;
  bool allows_wal2json = true;
  bool is_rds = false;  // Amazon RDS and Aurora: REPLICATION is handed out as a role

  std::string role;
  bool role_exists = false;
  bool role_may_log_in = false;
  bool role_may_replicate = false;

  std::string publication;
  bool publication_exists = false;
  bool publication_via_root = false;
};

// Throws PgError.
ServerReadiness read_server_readiness(PgConnection& connection, const std::string& role,
                                      const std::string& publication);

// Whether the role of the connection is one that administers: a superuser, or one that may make
// roles. waltrack itself should not log in as such a one.
bool role_administers(PgConnection& connection);

}  // namespace waltrack
