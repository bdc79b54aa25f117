#include "workshop/fix_script.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "postgres/pg_quote.hpp"
#include "workshop/yaml_text.hpp"

namespace waltrack {
namespace {

constexpr size_t kMostRemark = 1000;

// Names of tables may have line breaks.
std::string remark(const std::string& text) {
  std::string out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += "-- " + comment_text(text.substr(at, end - at), kMostRemark) + "\n";
    at = end + 1;
  }
  return out;
}

std::string script_of(const FixStatement& statement) {
  return statement.script.empty() ? statement.sql + ";" : statement.script;
}

// Roles before what they are granted, settings last: they take a reload or a restart.
int rank(const FixStatement& statement) {
  if (statement.sql.starts_with("ALTER SYSTEM")) return 3;
  if (statement.sql.find("pg_drop_replication_slot") != std::string::npos) return 2;
  return statement.sql.find("PUBLICATION") != std::string::npos ? 1 : 0;
}

class FixScript {
 public:
  FixScript(const std::vector<Finding>& findings, const std::string& database,
            bool source_is_standby)
      : findings_(findings), database_(database), source_is_standby_(source_is_standby) {
    for (const Finding& finding : findings_) {
      for (const FixStatement& statement : finding.fix.sql)
        servers_.insert(statement.server);
    }
  }

  std::string write() {
    write_head();
    for (const FixServer server : {FixServer::primary, FixServer::source, FixServer::standby}) {
      std::string part = part_for(server);
      if (part.empty()) continue;
      out_ += "\n";
      out_ += guard(server) + part + otherwise(server);
    }
    write_rest();
    return std::move(out_);
  }

 private:
  void write_head() {
    out_ =
        "-- What `waltrack check` found and SQL can mend, for psql. Read it, then run it as a\n"
        "-- superuser, or on a managed server as the administrator who owns the tables:\n"
        "--   waltrack check --fix-sql | psql \"$ADMIN_URL\" -v ON_ERROR_STOP=1\n"
        "-- Running it again is harmless. Statements behind -- are choices: nothing does them for "
        "you.\n";
    if (servers_.size() > 1) {
      out_ +=
          "-- Run it on the primary, and then on the standby: it does on each what is for it.\n";
    } else if (!servers_.empty()) {
      out_ += is_for_standby(*servers_.begin()) ? "-- Run it on the standby.\n"
                                                : "-- Run it on the primary.\n";
    }
    out_ += "\\set ON_ERROR_STOP on\n";
    if (!servers_.empty()) out_ += "SET lock_timeout = '5s';\n";
    if (database_.empty() || servers_.empty()) return;
    out_ += do_block("BEGIN\n  IF current_database() <> " + quote_literal(database_) +
                     " THEN\n    RAISE EXCEPTION 'run this in the database %, not in %', " +
                     quote_literal(database_) + ", current_database();\n  END IF;\nEND") +
            ";\n";
  }

  bool is_for_standby(FixServer server) const {
    return server == FixServer::standby || (server == FixServer::source && source_is_standby_);
  }

  std::string guard(FixServer server) const {
    return std::string("SELECT ") + (is_for_standby(server) ? "" : "NOT ") +
           "pg_is_in_recovery() AS is_for_this_server \\gset\n\\if :is_for_this_server\n";
  }

  // Said where it is not: else a script that did nothing would look like one that did all.
  std::string otherwise(FixServer server) const {
    return std::string("\\else\n\\warn 'not done here: this part is for the ") +
           (is_for_standby(server) ? "standby" : "primary") + "'\n\\endif\n";
  }

  std::string part_for(FixServer server) const {
    struct Step {
      int rank;
      const Finding* finding;
      const FixStatement* statement;
    };
    std::vector<Step> steps;
    bool reload = false;
    for (const Finding& finding : findings_) {
      for (const FixStatement& statement : finding.fix.sql) {
        if (statement.server != server) continue;
        steps.push_back({rank(statement), &finding, &statement});
      }
      reload |= !finding.fix.choice && !finding.fix.sql.empty() &&
                finding.fix.after == Fix::After::reload && finding.fix.after_on == server;
    }
    std::stable_sort(steps.begin(), steps.end(),
                     [](const Step& a, const Step& b) { return a.rank < b.rank; });
    std::string part;
    std::set<std::string> done;
    const Finding* last = nullptr;
    for (const Step& step : steps) {
      if (step.finding != last) part += told(*step.finding);
      last = step.finding;
      const std::string script = script_of(*step.statement);
      if (step.finding->fix.choice) {
        part += remark(step.statement->sql + ";");
      } else if (done.insert(script).second) {
        part += script + "\n";
      }
    }
    if (reload) part += "SELECT pg_reload_conf();\n";
    return part;
  }

  static std::string told(const Finding& finding) {
    std::string text = remark((finding.severity == Severity::error ? "error: " : "warning: ") +
                              (finding.where.empty() ? "" : finding.where + ": ") + finding.what);
    if (!finding.fix.text.empty()) text += remark("  " + finding.fix.text);
    return text;
  }

  // What is left to people.
  void write_rest() {
    std::string rest;
    std::string restarts;
    for (const Finding& finding : findings_) {
      if (finding.fix.sql.empty() && !finding.fix.text.empty()) rest += told(finding);
      if (finding.fix.after == Fix::After::restart) {
        restarts += remark("  " + finding.what);
      }
    }
    if (!rest.empty()) out_ += "\n-- To be done without SQL:\n" + rest;
    if (!restarts.empty()) {
      out_ += "\n-- Restart the server for these to take effect:\n" + restarts;
    }
    if (servers_.empty() && rest.empty()) out_ += "\n-- There is nothing to mend.\n";
  }

  const std::vector<Finding>& findings_;
  const std::string& database_;
  std::set<FixServer> servers_;
  const bool source_is_standby_;
  std::string out_;
};

}  // namespace

std::string fix_script(const std::vector<Finding>& findings, const std::string& database,
                       bool source_is_standby) {
  return FixScript(findings, database, source_is_standby).write();
}

}  // namespace waltrack
