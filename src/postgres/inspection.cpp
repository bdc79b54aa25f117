#include "postgres/inspection.hpp"

#include <charconv>
#include <libpq-fe.h>

namespace waltrack {

Inspection::Inspection(const SourceSettings& source_settings, const Clock& our_clock)
    : settings(source_settings),
      clock(our_clock),
      connection(PgConnection::open(settings.url, PgMode::plain)),
      hosting(read_hosting(connection)),
      in_recovery(connection.query("SELECT pg_is_in_recovery()").boolean(0, 0)) {}

void Inspection::add_error(const char* code, const Error& error) {
  findings.push_back(
      {Severity::error, code, error.what(), error.where(), fix_by_text(error.hint())});
}

bool Inspection::gone() const {
  return PQstatus(connection.raw()) != CONNECTION_OK;
}

std::string Inspection::place(const std::string& where) const {
  const std::string& server = connection.context().where;
  return where.empty() ? server : server + ", " + where;
}

std::optional<std::string> Inspection::setting(const std::string& name) {
  const PgResult rows = connection.query("SELECT setting FROM pg_settings WHERE name = $1", {name});
  if (rows.rows() == 0) return std::nullopt;
  return rows.string(0, 0);
}

int64_t Inspection::number_setting(const std::string& name) {
  const std::string text = setting(name).value_or("-1");
  int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace waltrack
