#include "postgres/hosting.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

struct Administrator {
  std::string_view role;
  Hosting hosting;
};
// Some make the roles of others, too: the first that is there counts.
constexpr std::array kAdministrators = {
    Administrator{"rds_superuser", Hosting::rds},
    Administrator{"cloudsqlsuperuser", Hosting::cloud_sql},
    Administrator{"azure_pg_admin", Hosting::azure},
    Administrator{"supabase_admin", Hosting::supabase},
    Administrator{"neon_superuser", Hosting::neon},
};

std::string place_of_settings(Hosting hosting) {
  switch (hosting) {
    case Hosting::rds:
      return "in the instance's (Aurora: the cluster's) parameter group";
    case Hosting::cloud_sql:
      return "as a database flag of the instance";
    case Hosting::azure:
      return "among the server parameters";
    case Hosting::supabase:
      return "with the Supabase CLI (supabase postgres-config update)";
    case Hosting::neon:
      return "through Neon's support";
    case Hosting::own:
      break;
  }
  return "in postgresql.conf";
}

Fix outside_of_sql(std::string text, Fix::After after) {
  Fix fix;
  fix.after = after;
  fix.text = std::move(text);
  return fix;
}

}  // namespace

Hosting read_hosting(PgConnection& connection) {
  const PgResult roles = connection.query(
      "SELECT rolname FROM pg_roles WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', "
      "'azure_pg_admin', 'supabase_admin', 'neon_superuser')");
  for (const Administrator& one : kAdministrators) {
    for (int i = 0; i < roles.rows(); ++i) {
      if (roles.text(i, 0) == one.role) return one.hosting;
    }
  }
  return Hosting::own;
}

Fix setting_fix(Hosting hosting, const std::string& name, const std::string& value,
                Fix::After after) {
  if (hosting != Hosting::own) {
    return outside_of_sql("set " + name + " = " + value + " " + place_of_settings(hosting), after);
  }
  Fix fix = fix_by_sql("ALTER SYSTEM SET " + name + " = " + value);
  fix.after = after;
  return fix;
}

Fix wal_level_fix(Hosting hosting) {
  constexpr Fix::After kRestart = Fix::After::restart;
  switch (hosting) {
    case Hosting::rds:
      return outside_of_sql(
          "set rds.logical_replication = 1 " + place_of_settings(hosting) + ", and reboot it",
          kRestart);
    case Hosting::cloud_sql:
      return outside_of_sql("set cloudsql.logical_decoding = on " + place_of_settings(hosting),
                            kRestart);
    case Hosting::neon:
      return outside_of_sql(
          "enable logical replication in the project's settings in the Neon console; it restarts "
          "the computes by itself",
          Fix::After::nothing);
    case Hosting::azure:
    case Hosting::supabase:
    case Hosting::own:
      break;
  }
  return setting_fix(hosting, "wal_level", "logical", kRestart);
}

std::string replication_grant(Hosting hosting, const std::string& role) {
  const std::string name = quote_identifier(role);
  return hosting == Hosting::rds ? "GRANT rds_replication TO " + name
                                 : "ALTER ROLE " + name + " REPLICATION";
}

}  // namespace waltrack
