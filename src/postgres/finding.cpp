#include "postgres/finding.hpp"

#include <utility>

namespace waltrack {
namespace {

const char* place_of(FixServer server) {
  switch (server) {
    case FixServer::primary:
      return "on the primary: ";
    case FixServer::standby:
      return "on each standby: ";
    case FixServer::source:
      break;
  }
  return "";
}

}  // namespace

std::string Fix::describe() const {
  std::string lines;
  const auto add = [&](const std::string& line) {
    lines.append(lines.empty() ? "" : "\n").append(line);
  };
  for (const FixStatement& statement : sql)
    add(place_of(statement.server) + statement.sql + ";");
  if (sql.empty() && !text.empty()) add(text);
  if (after == After::reload && !sql.empty()) {
    add(std::string(place_of(after_on)) + "SELECT pg_reload_conf();");
  }
  if (after == After::restart) add(std::string(place_of(after_on)) + "then restart the server");
  if (!sql.empty() && !text.empty()) add(text);
  return lines;
}

Fix fix_by_text(std::string text) {
  Fix fix;
  fix.text = std::move(text);
  return fix;
}

Fix fix_by_sql(std::string statement, std::string text) {
  Fix fix;
  fix.sql.push_back({std::move(statement), {}});
  fix.text = std::move(text);
  return fix;
}

}  // namespace waltrack
