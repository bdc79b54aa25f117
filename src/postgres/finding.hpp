#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"

namespace waltrack {

// Where a statement is to be run.
enum class FixServer {
  source,   // the server that source.url leads to
  primary,  // the primary that the source, a standby, follows
  standby,  // the standbys of the source, a primary
};

// A statement that mends something, to be run by an administrator in the database of source.url.
struct FixStatement {
  std::string sql;  // for a person to paste, without the semicolon at its end

  // What a script has in its place, with its end, where `sql` would not bear to be run twice, or
  // holds only what this role could see. psql reads it, so it may have meta-commands.
  std::string script;

  FixServer server = FixServer::source;
};

// What mends a finding: the statements, in this order, then `after`.
struct Fix {
  enum class After { nothing, reload, restart };

  std::vector<FixStatement> sql;
  After after = After::nothing;
  FixServer after_on = FixServer::source;
  std::string text;     // what SQL can't do, or what is to be known; may be empty
  bool choice = false;  // one way of several, or one with a price: nothing to run unread

  // All of it for a person, in lines.
  std::string describe() const;
};

Fix fix_by_text(std::string text);
Fix fix_by_sql(std::string statement, std::string text = {});

// One thing that keeps waltrack from working (error) or from working fully (warning).
struct Finding {
  Severity severity = Severity::error;
  std::string code;  // for programs: "wal_level"; docs/postgres.md lists them all
  std::string what;
  std::string where;
  Fix fix;
};

}  // namespace waltrack
