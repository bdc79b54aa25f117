#include "postgres/pg_error.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace waltrack {
namespace {

struct Remedy {
  std::string_view sqlstate;  // a whole one, a class of two characters, or empty (libpq's own)
  std::string_view part;      // of the message; empty matches all
  ErrorKind kind;
  std::string_view hint;  // {role} stands for the role's name
};

constexpr ErrorKind kFailure = ErrorKind::failure;
constexpr ErrorKind kUsage = ErrorKind::usage;
constexpr ErrorKind kTransient = ErrorKind::transient;

constexpr std::string_view kStartAnew =
    "the changes since the checkpoint are gone from the server; begin anew with what changes from "
    "now on: waltrack drop && waltrack run";
constexpr std::string_view kGrantReplication =
    "ALTER ROLE {role} REPLICATION;  (on Amazon RDS: GRANT rds_replication TO {role};)";
constexpr std::string_view kCheckAddress =
    "check host and port in source.url, and that the server runs and listens there";

// The first row that fits counts. Parts of messages are only asked where one SQLSTATE means several
// things, and are names and settings where possible: servers translate the rest.
constexpr Remedy kRemedies[] = {
    // The slot.
    {"55006", "is active for PID", kTransient,
     "somebody else reads this slot; it is free when they end. Who: SELECT s.active_pid, "
     "a.application_name, a.client_addr FROM pg_replication_slots s JOIN pg_stat_activity a ON "
     "a.pid = s.active_pid;"},
    {"55006", "", kTransient, ""},
    {"42704", "publication", kFailure,
     "the slot needs it, and can't use one that is made later; begin anew with what changes from "
     "now "
     "on: waltrack drop && waltrack run"},
    {"42704", "replication slot", kFailure, kStartAnew},
    {"55000", "can no longer get changes", kFailure,
     "the server dropped WAL that the slot needed (max_slot_wal_keep_size); begin anew with what "
     "changes from now on: waltrack drop && waltrack run"},
    {"55000", "can no longer access", kFailure,
     "the server invalidated the slot; begin anew with what changes from now on: waltrack drop && "
     "waltrack run"},
    {"55000", "was not created in this database", kUsage,
     "connect to the slot's database in source.url, or name another source.slot"},
    {"55000", "stopping mode", kTransient, ""},
    {"55000", "wal_level", kFailure,
     "ALTER SYSTEM SET wal_level = logical;  then restart the server"},
    {"55000", "while in recovery", kFailure,
     "this server is a standby that can't decode (Postgres 16 can): stream from the primary"},
    {"55000", "cannot use replication slot", kTransient,
     "the slot is a copy that this standby keeps; it can be read once the standby is promoted"},
    {"55000", "publication", kFailure, ""},
    {"53400", "", kFailure,
     "raise max_replication_slots (needs a restart), or drop a slot that nobody needs: SELECT "
     "slot_name, active, restart_lsn FROM pg_replication_slots;"},
    {"42602", "", kUsage, "a slot's name has only the letters a-z, digits and underscores"},
    // The plugin.
    {"58P01", "WAL segment", kFailure, kStartAnew},
    {"58P01", "", kFailure,
     "install the plugin on the server (Debian: apt-get install postgresql-<version>-wal2json), or "
     "use source.plugin: pgoutput"},
    {"42501", "output plugin", kFailure,
     "ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, wal2json;  SELECT "
     "pg_reload_conf();  (no quotes around the list; keep what else it names), or use "
     "source.plugin: pgoutput with a new "
     "slot"},
    // The encoding.
    {"0A000", "conversion between", kUsage,
     "waltrack reads UTF8: a database in this encoding can't be followed"},
    {"22P05", "", kFailure,
     "a row holds a character that UTF8 does not have, so that the server can't send it; begin "
     "anew "
     "behind it: waltrack drop && waltrack run"},
    {"22023", "is unknown", kFailure, "the server's wal2json is too old: install 2.5 or newer"},
    // The role.
    {"42501", "replication slot", kFailure, kGrantReplication},
    {"42501", "walsender", kFailure, kGrantReplication},
    {"42501", "WAL sender", kFailure, kGrantReplication},
    {"42501", "for database", kFailure, "GRANT CONNECT ON DATABASE … TO {role};"},
    {"28000", "pg_hba.conf", kUsage,
     "add a line for this role and address to the server's pg_hba.conf, and reload it: host "
     "<database> {role} <address>/32 scram-sha-256"},
    {"28", "", kUsage, "check user and password in source.url (or PGUSER, PGPASSWORD)"},
    {"", "no password supplied", kUsage, "put the password into source.url or into PGPASSWORD"},
    {"3D000", "", kUsage, "check the database's name at the end of source.url"},
    {"57P04", "", kFailure, "the database was dropped"},
    // The server comes and goes.
    {"57P03", "", kTransient, "the server is starting or stopping: wait"},
    {"57", "", kTransient, ""},
    {"40", "", kTransient, ""},
    {"53300", "", kTransient,
     "all connections are taken: raise max_wal_senders or max_connections (each needs a restart)"},
    {"53", "", kTransient, "the server is short of resources: look at its log and its disk"},
    {"08", "", kTransient, ""},
    // libpq's own.
    {"", "does not support SSL", kUsage,
     "check sslmode and the certificate settings in source.url"},
    {"", "certificate", kUsage, "check sslmode and the certificate settings in source.url"},
    {"", "could not translate host name", kTransient, "check the host in source.url"},
    {"", "Connection refused", kTransient, kCheckAddress},
    {"", "No such file or directory", kTransient, kCheckAddress},
    {"", "timeout", kTransient, kCheckAddress},
    {"", "", kTransient, ""},
};

bool fits(const Remedy& remedy, const PgFailure& failure) {
  const bool same_state = remedy.sqlstate.size() == 2
                              ? failure.sqlstate.starts_with(remedy.sqlstate)
                              : failure.sqlstate == remedy.sqlstate;
  return same_state && failure.message.find(remedy.part) != std::string::npos;
}

std::string fill_in(std::string_view hint, const std::string& role) {
  constexpr std::string_view kMark = "{role}";
  std::string filled(hint);
  for (size_t at = 0; (at = filled.find(kMark, at)) != std::string::npos; at += role.size()) {
    filled.replace(at, kMark.size(), role);
  }
  return filled;
}

bool is_sqlstate(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isdigit(c) || (c >= 'A' && c <= 'Z');
         });
}

std::string_view line_at(std::string_view text, size_t at) {
  return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

PgError::PgError(ErrorKind kind, PgFailure failure, const PgContext& context, std::string hint)
    : Error(
          kind,
          failure.detail.empty() ? failure.message : failure.message + " (" + failure.detail + ")",
          context.where, std::move(hint)),
      sqlstate_(std::move(failure.sqlstate)),
      role_(context.role) {}

PgError pg_error(PgFailure failure, const PgContext& context) {
  for (const Remedy& remedy : kRemedies) {
    if (!fits(remedy, failure)) continue;
    return {remedy.kind, std::move(failure), context, fill_in(remedy.hint, context.role)};
  }
  return {ErrorKind::failure, std::move(failure), context, {}};
}

PgFailure parse_connect_failure(std::string_view text) {
  // "connection to server at "h", port 1 failed: FATAL:  3D000: database "x" does not exist"
  PgFailure failure;
  constexpr std::string_view kGap = ":  ";
  for (size_t at = 0; (at = text.find(kGap, at)) != std::string_view::npos; at += kGap.size()) {
    const std::string_view state = text.substr(at + kGap.size(), 5);
    const size_t message = at + kGap.size() + state.size();
    if (!is_sqlstate(state) || text.substr(message, 2) != ": ") continue;
    failure.sqlstate = state;
    failure.message = line_at(text, message + 2);
    failure.detail.clear();
    const size_t next = text.find('\n', message);
    if (next != std::string_view::npos && text.substr(next + 1).starts_with("DETAIL:  ")) {
      failure.detail = line_at(text, next + 10);
    }
  }
  if (failure.sqlstate.empty()) failure.message = line_at(text, 0);
  if (failure.message.empty()) failure.message = "the connection failed";
  return failure;
}

}  // namespace waltrack
