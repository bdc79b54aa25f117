#include "postgres/pg_error.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

PgError error(std::string sqlstate, std::string message) {
  return pg_error({std::move(sqlstate), std::move(message), {}},
                  {"postgres at db:5432", "tracker"});
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST(PgError, WhatPassesByItselfIsTransient) {
  const std::pair<const char*, const char*> passing[] = {
      {"55006", "replication slot \"s\" is active for PID 7"},
      {"57P01", "terminating connection due to administrator command"},
      {"57P02", "terminating connection because of crash of another server process"},
      {"57P03", "the database system is shutting down"},
      {"55000", "cannot execute new commands while WAL sender is in stopping mode"},
      {"55000", "cannot use replication slot \"s\" for logical decoding"},
      {"53300", "number of requested standby connections exceeds max_wal_senders (currently 0)"},
      {"40001", "canceling statement due to conflict with recovery"},
      {"08006", "connection failure"},
      {"", "connection to server at \"db\", port 1 failed: Connection refused"},
      {"", "SSL SYSCALL error: EOF detected"},
      {"", "server closed the connection unexpectedly"},
  };
  for (const auto& [sqlstate, message] : passing) {
    EXPECT_TRUE(error(sqlstate, message).is_transient()) << message;
  }
}

TEST(PgError, WhatTheConfigurationNamesWronglyIsUsage) {
  const std::pair<const char*, const char*> wrong[] = {
      {"28P01", "password authentication failed for user \"tracker\""},
      {"28000", "no pg_hba.conf entry for host \"10.0.0.1\", user \"tracker\", database \"shop\""},
      {"28000", "role \"tracker\" does not exist"},
      {"3D000", "database \"shop\" does not exist"},
      {"55000", "replication slot \"s\" was not created in this database"},
      {"42602", "replication slot name \"A-B\" contains invalid character"},
      {"", "connection to server at \"db\" failed: fe_sendauth: no password supplied"},
  };
  for (const auto& [sqlstate, message] : wrong) {
    EXPECT_EQ(error(sqlstate, message).kind(), ErrorKind::usage) << message;
    EXPECT_FALSE(error(sqlstate, message).hint().empty()) << message;
  }
}

TEST(PgError, WhatEndsTheRunNamesItsRemedy) {
  const std::tuple<const char*, const char*, const char*> ends[] = {
      {"42704", "replication slot \"s\" does not exist", "waltrack drop"},
      {"55000", "can no longer get changes from replication slot \"s\"", "waltrack drop"},
      {"55000", "can no longer access replication slot \"s\"", "waltrack drop"},
      {"58P01", "requested WAL segment 000000010000000000000001 has already been removed",
       "waltrack drop && waltrack run"},
      {"58P01", "could not access file \"wal2json\": No such file or directory", "install"},
      {"42501", "library \"wal2json\" may not be used as an output plugin",
       "SET output_plugin_libraries = pgoutput, test_decoding, wal2json;"},
      {"55000", "logical decoding requires wal_level >= logical", "wal_level = logical"},
      {"55000", "logical decoding cannot be used while in recovery", "primary"},
      {"53400", "all replication slots are in use", "max_replication_slots"},
      {"42501", "must be superuser or replication role to use replication slots",
       "ALTER ROLE tracker REPLICATION"},
      {"42501", "permission denied to use replication slots", "ALTER ROLE tracker REPLICATION"},
      {"42501", "must be superuser or replication role to start walsender",
       "ALTER ROLE tracker REPLICATION"},
      {"42501", "permission denied to start WAL sender", "rds_replication"},
  };
  for (const auto& [sqlstate, message, remedy] : ends) {
    const PgError failure = error(sqlstate, message);
    EXPECT_EQ(failure.kind(), ErrorKind::failure) << message;
    EXPECT_TRUE(says(failure.hint(), remedy)) << message << "\n" << failure.hint();
  }
}

TEST(PgError, WhatIsUnknownEndsTheRunAndKeepsItsDetail) {
  const PgError failure = pg_error({"XX001", "invalid page", "in block 7"}, {"here", "tracker"});
  EXPECT_EQ(failure.kind(), ErrorKind::failure);
  EXPECT_STREQ(failure.what(), "invalid page (in block 7)");
  EXPECT_EQ(failure.sqlstate(), "XX001");
}

TEST(ConnectFailure, GivesTheServersStateAndMessage) {
  const PgFailure failure = parse_connect_failure(
      "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  3D000: database \"x\" does "
      "not exist\nLOCATION:  InitPostgres, postinit.c:909\n");
  EXPECT_EQ(failure.sqlstate, "3D000");
  EXPECT_EQ(failure.message, "database \"x\" does not exist");
}

TEST(ConnectFailure, TakesTheLastOfSeveralAttemptsInAnyLanguage) {
  const PgFailure failure = parse_connect_failure(
      "connection to server at \"db\" (::1), port 1 failed: Connection refused\n"
      "connection to server at \"db\" (127.0.0.1), port 1 failed: SCHWERWIEGEND:  57P03: das "
      "Datenbanksystem wird heruntergefahren\nDETAIL:  noch dabei\nLOCATION:  a, b.c:1\n");
  EXPECT_EQ(failure.sqlstate, "57P03");
  EXPECT_EQ(failure.message, "das Datenbanksystem wird heruntergefahren");
  EXPECT_EQ(failure.detail, "noch dabei");
}

TEST(ConnectFailure, WithoutAServersWordIsTheFirstLine) {
  const PgFailure failure = parse_connect_failure(
      "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server "
      "running on that host and accepting TCP/IP connections?\n");
  EXPECT_EQ(failure.sqlstate, "");
  EXPECT_EQ(failure.message,
            "connection to server at \"127.0.0.1\", port 1 failed: Connection refused");
  EXPECT_EQ(parse_connect_failure("").message, "the connection failed");
}

}  // namespace waltrack
