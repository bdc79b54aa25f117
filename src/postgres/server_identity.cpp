#include "postgres/server_identity.hpp"

#include <charconv>

#include "base/log.hpp"

namespace waltrack {
namespace {

// A history that can't be read has no ancestors: who needs one of them will say so.
TimelineHistory read_history(PgConnection& replication, uint32_t timeline) {
  if (timeline <= 1) return TimelineHistory(timeline);
  try {
    const PgResult file = replication.query("TIMELINE_HISTORY " + std::to_string(timeline));
    return TimelineHistory::parse(timeline, file.text(0, 1)).value_or(TimelineHistory(timeline));
  } catch (const PgError& error) {
    if (error.is_transient()) throw;
    log::warn("the history of the server's timeline can't be read", {{"reason", error.describe()}});
    return TimelineHistory(timeline);
  }
}

}  // namespace

ServerIdentity read_server_identity(PgConnection& replication) {
  const PgResult answer = replication.query("IDENTIFY_SYSTEM");
  ServerIdentity identity;
  const std::string_view digits = answer.text(0, 0);
  std::from_chars(digits.data(), digits.data() + digits.size(), identity.system_identifier);
  const auto position = Lsn::parse(answer.text(0, 2));
  if (answer.rows() != 1 || identity.system_identifier == 0 || !position) {
    throw Error(ErrorKind::failure, "the server's answer to IDENTIFY_SYSTEM is not understood",
                replication.context().where);
  }
  identity.history = read_history(replication, static_cast<uint32_t>(answer.integer(0, 1)));
  identity.standby = replication.query("SELECT pg_is_in_recovery()").boolean(0, 0);
  identity.position = *position;
  identity.database = answer.string(0, 3);
  identity.version = replication.server_version();
  return identity;
}

ServerIdentity read_server_identity(const std::string& url) {
  PgConnection replication = PgConnection::open(url, PgMode::replication);
  return read_server_identity(replication);
}

}  // namespace waltrack
