#include "postgres/server_readiness.hpp"

#include "postgres/plugin_choice.hpp"
#include "postgres/publication.hpp"

namespace waltrack {

ServerReadiness read_server_readiness(PgConnection& connection, const std::string& role,
                                      const std::string& publication) {
  ServerReadiness facts;
  facts.version = connection.server_version();
  facts.database = connection.database();
  facts.wal_level = connection.query("SHOW wal_level").string(0, 0);
  facts.max_slot_wal_keep_size = connection.query("SHOW max_slot_wal_keep_size").string(0, 0);
  const PgResult libraries =
      connection.query("SELECT setting FROM pg_settings WHERE name = 'output_plugin_libraries'");
  facts.knows_output_plugin_libraries = libraries.rows() == 1;
  if (facts.knows_output_plugin_libraries) facts.output_plugin_libraries = libraries.string(0, 0);
  facts.allows_wal2json = wal2json_is_allowed(connection);
  facts.is_rds =
      connection.query("SELECT 1 FROM pg_roles WHERE rolname = 'rds_replication'").rows() == 1;

  facts.role = role;
  const PgResult found = connection.query(
      "SELECT rolcanlogin, rolreplication OR rolsuper OR EXISTS (SELECT 1 FROM pg_roles r WHERE "
      "r.rolname = 'rds_replication' AND pg_has_role(m.oid, r.oid, 'MEMBER')) "
      "FROM pg_roles m WHERE rolname = $1",
      {role});
  facts.role_exists = found.rows() == 1;
  if (facts.role_exists) {
    facts.role_may_log_in = found.boolean(0, 0);
    facts.role_may_replicate = found.boolean(0, 1);
  }

  facts.publication = publication;
  const PublicationState state = read_publication(connection, publication);
  facts.publication_exists = state.exists;
  facts.publication_via_root = state.via_root;
  return facts;
}

bool role_administers(PgConnection& connection) {
  return connection
      .query("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
      .boolean(0, 0);
}

}  // namespace waltrack
