#pragma once

#include <string>

#include "postgres/finding.hpp"
#include "postgres/pg_connection.hpp"

namespace waltrack {

// Who runs the server. On a managed one settings are changed outside of SQL, under other names.
enum class Hosting { own, rds, cloud_sql, azure, supabase, neon };

// Goes by the administrators' roles that each makes. Throws PgError.
Hosting read_hosting(PgConnection& connection);

// How a setting of the server gets this value, which stands as it would behind `=` in ALTER SYSTEM.
Fix setting_fix(Hosting hosting, const std::string& name, const std::string& value,
                Fix::After after);

// How wal_level becomes logical.
Fix wal_level_fix(Hosting hosting);

// The statement that lets a role replicate.
std::string replication_grant(Hosting hosting, const std::string& role);

}  // namespace waltrack
