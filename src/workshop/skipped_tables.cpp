#include "workshop/skipped_tables.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace waltrack {
namespace {

bool is_in(std::string_view word, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool has_table(std::span<const TableFacts> all, const TableName& name) {
  return std::ranges::any_of(all, [&](const TableFacts& one) { return one.name() == name; });
}

bool is_of_migrations(std::string_view name) {
  return is_in(name, {"schema_migrations",
                      "ar_internal_metadata",
                      "flyway_schema_history",
                      "schema_version",
                      "alembic_version",
                      "knex_migrations",
                      "knex_migrations_lock",
                      "django_migrations",
                      "_prisma_migrations",
                      "migrations",
                      "sequelizemeta",
                      "SequelizeMeta",
                      "SequelizeData",
                      "databasechangelog",
                      "databasechangeloglock",
                      "goose_db_version",
                      "gorp_migrations",
                      "typeorm_metadata",
                      "pgmigrations",
                      "__EFMigrationsHistory",
                      "doctrine_migration_versions",
                      "phinxlog",
                      "__drizzle_migrations",
                      "_sqlx_migrations",
                      "__diesel_schema_migrations",
                      "refinery_schema_history",
                      "atlas_schema_revisions",
                      "sqitch_changes",
                      "data_migrations",
                      "mikro_orm_migrations",
                      "kysely_migration",
                      "kysely_migration_lock"});
}

bool is_of_a_framework(std::string_view name) {
  return is_in(name, {"django_session",
                      "django_content_type",
                      "django_admin_log",
                      "django_site",
                      "auth_permission",
                      "auth_group",
                      "auth_group_permissions",
                      "auth_user_groups",
                      "auth_user_user_permissions",
                      "delayed_jobs",
                      "failed_jobs",
                      "job_batches",
                      "good_jobs",
                      "good_job_batches",
                      "que_jobs",
                      "que_lockers",
                      "oban_jobs",
                      "oban_peers",
                      "cache_locks",
                      "spatial_ref_sys"}) ||
         name.starts_with("solid_queue_") || name.starts_with("solid_cache_") ||
         name.starts_with("solid_cable_") || name.starts_with("active_storage_") ||
         name.starts_with("awsdms_") || name.starts_with("qrtz_");
}

bool is_of_a_platform(std::span<const TableFacts> all, std::string_view schema) {
  if (schema == "auth" || schema == "storage" || schema == "realtime")
    return has_table(all, {"auth", "refresh_tokens"}) && has_table(all, {"auth", "identities"});
  return schema.starts_with("_timescaledb") || schema.starts_with("supabase_") ||
         schema.starts_with("_realtime") ||
         is_in(schema, {"cron", "hdb_catalog", "pgmq", "partman", "pglogical", "repack", "pgagent",
                        "vault", "pgsodium", "graphile_worker", "pgboss", "sqitch", "tiger",
                        "topology", "debezium", "_analytics", "pgbouncer", "net", "drizzle"});
}

}  // namespace

std::string why_skipped(std::span<const TableFacts> all, const TableFacts& table) {
  if (table.of_extension) return "an extension made it";
  if (is_of_a_platform(all, table.table.schema))
    return "its schema belongs to a platform or a tool";
  if (is_of_migrations(table.table.name)) return "it keeps a framework's migrations";
  if (is_of_a_framework(table.table.name)) return "it belongs to a framework";
  if (!table.logged) return "it is unlogged: its changes are not in the write-ahead log";
  return "";
}

}  // namespace waltrack
