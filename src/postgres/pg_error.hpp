#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace waltrack {

// What the server (or libpq) said.
struct PgFailure {
  std::string sqlstate;  // empty: it came from libpq, not from the server
  std::string message;   // the primary message, one line
  std::string detail;    // may be empty
};

// Who asked, and where.
struct PgContext {
  std::string where;  // "postgres at 127.0.0.1:5432, database shop"
  std::string role;
};

// An Error that knows its SQLSTATE.
class PgError final : public Error {
 public:
  PgError(ErrorKind kind, PgFailure failure, const PgContext& context, std::string hint);

  const std::string& sqlstate() const { return sqlstate_; }
  const std::string& role() const { return role_; }

 private:
  std::string sqlstate_;
  std::string role_;
};

// The one place that decides what a failure of Postgres means: whether it passes by itself
// (transient), is the configuration's fault (usage) or ends the run (failure), and what mends it.
PgError pg_error(PgFailure failure, const PgContext& context);

// Reads libpq's text of a failed connection attempt, made with PQERRORS_VERBOSE: there is no other
// way to the SQLSTATE. Of several attempts the last counts.
PgFailure parse_connect_failure(std::string_view text);

}  // namespace waltrack
