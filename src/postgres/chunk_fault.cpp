#include "postgres/chunk_fault.hpp"

#include <string>
#include <string_view>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

// Of a value that is not as it has to be.
bool is_of_data(std::string_view sqlstate) {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23");
}

bool is_of_condition(std::string_view sqlstate) {
  return is_of_data(sqlstate) || (sqlstate.starts_with("42") && sqlstate != "42501");
}

// A lock, a snapshot, a transaction that did not last: those of another time may.
bool passes(std::string_view sqlstate) {
  return sqlstate == "55P03" || sqlstate == "72000" || sqlstate.starts_with("25");
}

}  // namespace

Error chunk_fault(const PgError& error, const ChunkRequest& request,
                  std::chrono::milliseconds statement_timeout) {
  const std::string& state = error.sqlstate();
  const std::string leaf =
      request.leaf.name.empty() ? request.plan->table.full_name() : request.leaf.full_name();
  if (state == "57014") {
    return {ErrorKind::transient,
            "reading rows of " + leaf + " was cancelled, or took more than " +
                std::to_string(statement_timeout.count() / 1000) + " s",
            error.where(), "see what keeps the server busy, or holds a lock on the table"};
  }
  if (passes(state)) return {ErrorKind::transient, error.what(), error.where(), error.hint()};
  if (state == "42501") {
    return {ErrorKind::failure, error.what(), error.where(),
            "GRANT SELECT ON " +
                quote_qualified(request.plan->table.schema, request.plan->table.name) + " TO " +
                quote_identifier(error.role()) +
                "; (and of what the condition reads, and of each partition)"};
  }
  if (state == "42P01" &&
      (request.where.empty() ||
       std::string_view(error.what()).find(request.leaf.name) != std::string_view::npos)) {
    return {ErrorKind::failure, leaf + " is there no more: it was dropped or renamed",
            error.where(), "start the backfill anew"};
  }
  if (!request.where.empty() && is_of_condition(state)) {
    return {ErrorKind::failure,
            is_of_data(state) ? "a row's value does not fit the condition (SQLSTATE " + state + ")"
                              : "the condition: " + std::string(error.what()),
            leaf, "it takes one condition in Postgres' SQL, as behind WHERE"};
  }
  if (is_of_data(state)) {
    return {ErrorKind::failure,
            "a value of a row of " + leaf + " can't be read (SQLSTATE " + state + ")",
            error.where(), "the server's log tells which"};
  }
  if (state == "42703") {
    return {ErrorKind::failure, leaf + " has changed: " + error.what(), error.where(),
            "start the backfill anew"};
  }
  return error;
}

Error catalog_fault(const PgError& error) {
  if (error.sqlstate() != "57014") return error;
  return {ErrorKind::transient, "the server took too long to say what the table is", error.where(),
          "see what holds a lock on it, or keeps the server busy"};
}

}  // namespace waltrack
