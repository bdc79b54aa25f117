#include "cli/check_report.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "cli/terminal.hpp"
#include "workshop/fix_script.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kOfFiles = "file";
constexpr const char* kOfIdentity = "replica_identity";  // a rule reads what is not sent

// Words of servers and names of tables may hold what moves a terminal's cursor; a fix has lines.
std::string shown_lines(const std::string& text, const std::string& indent) {
  std::string out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += (at == 0 ? "" : "\n" + indent) + printable(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string counted(size_t count, const char* word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

const char* server_name(FixServer server) {
  switch (server) {
    case FixServer::primary:
      return "primary";
    case FixServer::standby:
      return "standby";
    case FixServer::source:
      break;
  }
  return "source";
}

Json after_json(Fix::After after) {
  if (after == Fix::After::nothing) return nullptr;
  return after == Fix::After::reload ? "reload" : "restart";
}

Json json_of(const Finding& finding) {
  Json json = {{"severity", finding.severity == Severity::error ? "error" : "warning"},
               {"code", finding.code},
               {"what", finding.what},
               {"where", finding.where},
               {"fix", finding.fix.describe()},
               {"sql", Json::array()},
               {"then", after_json(finding.fix.after)},
               {"choice", finding.fix.choice}};
  for (const FixStatement& statement : finding.fix.sql) {
    json["sql"].push_back(
        {{"server", server_name(statement.server)}, {"statement", statement.sql + ";"}});
  }
  return json;
}

}  // namespace

void CheckReport::add(const Diagnostics& diagnostics) {
  for (const Diagnostic& one : diagnostics.all()) {
    Finding finding{
        one.severity, one.sql.empty() ? kOfFiles : kOfIdentity, one.message, one.place.text(), {}};
    for (const std::string& statement : one.sql)
      finding.fix.sql.push_back({statement, {}, standby_ ? FixServer::primary : FixServer::source});
    // The hint has the statement in words.
    if (one.sql.empty()) finding.fix.text = one.hint;
    findings_.push_back(std::move(finding));
  }
  files_are_wrong_ |= diagnostics.has_errors();
}

void CheckReport::add(std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    source_is_wrong_ |= finding.severity == Severity::error;
    findings_.push_back(std::move(finding));
  }
}

void CheckReport::take_back(const std::string& code) {
  std::erase_if(findings_, [&](const Finding& finding) { return finding.code == code; });
}

void CheckReport::add(const char* code, const Error& error) {
  add({{Severity::error, code, error.what(), error.where(), fix_by_text(error.hint())}});
}

std::vector<Finding> CheckReport::sorted() const {
  std::vector<Finding> sorted = findings_;
  std::stable_partition(sorted.begin(), sorted.end(),
                        [](const Finding& finding) { return finding.severity == Severity::error; });
  return sorted;
}

// The server stands at the top, and a table's name mostly in the words already.
std::string CheckReport::place_of(const Finding& finding) const {
  std::string where = finding.where;
  if (!source_.empty() && where.starts_with(source_)) {
    where.erase(0, source_.size());
    if (where.starts_with(", ")) where.erase(0, 2);
    const size_t name = where.find(' ');
    if (name != std::string::npos &&
        finding.what.find(where.substr(name + 1)) != std::string::npos) {
      where.clear();
    }
  }
  return where.empty() ? "" : shown_lines(where, "  ") + ": ";
}

void CheckReport::print() const {
  const TextLook look = terminal_look();
  if (!source_.empty()) {
    std::printf("%s, as role %s\n", printable(source_).c_str(), printable(role_).c_str());
  }
  size_t errors = 0;
  bool has_sql = false;
  for (const Finding& finding : sorted()) {
    const bool is_error = finding.severity == Severity::error;
    errors += is_error ? 1 : 0;
    has_sql |= !finding.fix.sql.empty();
    const std::string word =
        tinted(look, is_error ? Tint::red : Tint::yellow, is_error ? "error:" : "warning:");
    const std::string code = finding.code == kOfFiles ? "" : " [" + finding.code + "]";
    std::printf("%s %s%s%s\n", word.c_str(), place_of(finding).c_str(),
                shown_lines(finding.what, "  ").c_str(), tinted(look, Tint::dim, code).c_str());
    const std::string fix = finding.fix.describe();
    if (!fix.empty()) std::printf("  fix: %s\n", shown_lines(fix, "       ").c_str());
  }
  if (findings_.empty()) {
    std::printf("everything is fine\n");
  } else {
    std::printf(
        "%s, %s%s\n", counted(errors, "error").c_str(),
        counted(findings_.size() - errors, "warning").c_str(),
        has_sql ? "; `waltrack check --fix-sql` prints what SQL can mend as one script" : "");
  }
  if (const char* said = describe(lock_); *said != '\0') std::printf("%s\n", said);
}

void CheckReport::print_json() const {
  Json json = {{"ok", exit_code() == 0},
               {"database", database_.empty() ? Json(nullptr) : Json(database_)},
               {"columns_lock", outcome_name(lock_)},
               {"findings", Json::array()}};
  for (const Finding& finding : sorted())
    json["findings"].push_back(json_of(finding));
  std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

void CheckReport::print_fix_sql() const {
  std::vector<Finding> findings = sorted();
  // Advice on mappings has nothing to do with the server.
  std::erase_if(findings, [](const Finding& finding) {
    return finding.code == kOfFiles && finding.severity == Severity::warning;
  });
  std::fputs(fix_script(findings, database_, standby_).c_str(), stdout);
}

}  // namespace waltrack
