#include "postgres/server_identity.hpp"

#include <charconv>

namespace waltrack {

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
  identity.timeline = static_cast<uint32_t>(answer.integer(0, 1));
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
