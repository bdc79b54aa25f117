#include "postgres/preflight_role.hpp"

#include <vector>

#include "postgres/pg_quote.hpp"
#include "postgres/server_identity.hpp"

namespace waltrack {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::vector<std::string> quoted_parts(const std::string& message) {
  std::vector<std::string> parts;
  for (size_t at = 0; (at = message.find('"', at)) != std::string::npos;) {
    const size_t end = message.find('"', at + 1);
    if (end == std::string::npos) break;
    parts.push_back(message.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return parts;
}

// pg_hba.conf has no escape for a quote in a name: nobody can write such a line.
std::string hba_name(const std::string& name) {
  return "\"" + name + "\"";
}

bool is_pooler(const Error& error, std::string_view url) {
  // A pooler takes a few start parameters only, and `replication` is seldom one of them.
  return contains(error.what(), "startup parameter") || contains(url, "-pooler.") ||
         contains(url, ".pooler.supabase.");
}

Fix direct_connection() {
  return fix_by_text(
      "give source.url the address of the server itself: replication does not go through a "
      "connection pooler (PgBouncer, Supavisor, Neon's \"-pooler\" host)");
}

Finding finding(std::string code, const Error& error, Fix fix) {
  return {Severity::error, std::move(code), error.what(), error.where(), std::move(fix)};
}

}  // namespace

std::string hba_line(const std::string& message) {
  const std::vector<std::string> parts = quoted_parts(message);
  if (parts.size() < 3) return "host <database> <role> <this machine's address>/32 scram-sha-256";
  const char* bits = contains(parts[0], ":") ? "/128" : "/32";
  const bool local = parts[0] == "[local]";
  return (local ? "local  " : "host  ") + hba_name(parts[2]) + "  " + hba_name(parts[1]) + "  " +
         (local ? "" : parts[0] + bits + "  ") + "scram-sha-256";
}

Finding unreachable(const std::string& key, const std::string& url, const Error& error) {
  if (is_pooler(error, url)) {
    Finding pooler = finding("pooler", error, direct_connection());
    pooler.what += " (a connection pooler answers there)";
    return pooler;
  }
  const auto* failure = dynamic_cast<const PgError*>(&error);
  const std::string state = failure == nullptr ? "" : failure->sqlstate();
  if (state.starts_with("28") && contains(error.what(), "pg_hba.conf")) {
    return finding("pg_hba", error,
                   fix_by_text("add this line to the server's pg_hba.conf, above all others that "
                               "fit, and reload it (SELECT pg_reload_conf();):\n" +
                               hba_line(error.what())));
  }
  if (state.starts_with("28")) return finding("login", error, fix_by_text(error.hint()));
  if (state == "3D000") return finding("database_missing", error, fix_by_text(error.hint()));
  if (state == "42501" && failure != nullptr) {
    Finding told = finding("grant_connect", error, fix_by_text(error.hint()));
    const std::vector<std::string> parts = quoted_parts(error.what());
    if (key == "source.url" && parts.size() == 1) {
      told.fix = fix_by_sql("GRANT CONNECT ON DATABASE " + quote_identifier(parts[0]) + " TO " +
                            quote_identifier(failure->role()));
    }
    return told;
  }
  if (state == "53300") return finding("connections_full", error, fix_by_text(error.hint()));
  return finding("connection", error, fix_by_text(error.hint()));
}

void check_role(Inspection& look) {
  const std::string& role = look.connection.role();
  const PgResult row = look.connection.query(
      "SELECT rolsuper, rolreplication OR rolsuper OR EXISTS (SELECT 1 FROM pg_roles r WHERE "
      "r.rolname = 'rds_replication' AND pg_has_role(current_user, r.oid, 'MEMBER')) FROM pg_roles "
      "WHERE rolname = current_user");
  if (row.boolean(0, 0)) {
    Fix fix = fix_by_text(
        "let waltrack log in as a role of its own, with LOGIN and REPLICATION only; `waltrack "
        "init` and sql/setup.sql write what it needs");
    fix.choice = true;
    look.warning("role_superuser",
                 "role " + role +
                     " is a superuser: far more than waltrack needs, and whoever gets "
                     "hold of source.url owns the server",
                 std::move(fix));
  }
  if (!row.boolean(0, 1)) {
    look.may_make_slots = false;
    Fix fix = look.writing(replication_grant(look.hosting, role));
    if (look.hosting == Hosting::neon) {
      fix.text = "where that is refused: a role that is made in the Neon console may replicate";
    }
    look.error("role_replication", "role " + role + " may not replicate", std::move(fix));
    return;
  }
  try {
    PgConnection replication = PgConnection::open_beside(
        look.connection, look.settings.url, PgMode::replication, std::chrono::seconds(10));
    read_server_identity(replication);
  } catch (const PgError& error) {
    look.may_make_slots = false;
    if (error.sqlstate() == "53300" && contains(error.what(), "max_wal_senders")) {
      return;  // told by check_room()
    }
    Finding told = unreachable("source.url", look.settings.url, error);
    if (told.code == "connection") {
      told.code = "replication_connection";
      told.what = "a plain connection can be made, one for replication can't: " + told.what;
    }
    look.findings.push_back(std::move(told));
  }
}

}  // namespace waltrack
