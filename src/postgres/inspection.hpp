#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "postgres/finding.hpp"
#include "postgres/hosting.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/slot.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// One look at a server in the eyes of a run: what is asked, what is known so far, what was found.
// Each kind of findings has a function of its own, see the preflight_….hpp; they run in the order
// of preflight.cpp and leave to the later ones what those need.
class Inspection {
 public:
  Inspection(const SourceSettings& settings, const Clock& clock);  // connects; throws PgError

  // Runs one step; what it throws becomes a finding under that code, and the others go on, unless
  // the connection is gone.
  template <typename Step>
  void attempt(const char* code, Step&& step) {
    if (gone()) return;
    try {
      step(*this);
    } catch (const Error& error) {
      add_error(code, error);
    }
  }

  void error(std::string code, std::string what, Fix fix, const std::string& where = {}) {
    findings.push_back(
        {Severity::error, std::move(code), std::move(what), place(where), std::move(fix)});
  }
  void warning(std::string code, std::string what, Fix fix, const std::string& where = {}) {
    findings.push_back(
        {Severity::warning, std::move(code), std::move(what), place(where), std::move(fix)});
  }
  void add_error(const char* code, const Error& error);
  bool gone() const;

  // "postgres at …, database …, table public.orders".
  std::string place(const std::string& where) const;

  // What can only be written on a primary: roles, grants, tables, publications.
  FixServer writable() const { return in_recovery ? FixServer::primary : FixServer::source; }
  // A statement there, with what a script has in its place.
  Fix writing(std::string sql, std::string script = {}) const {
    Fix fix;
    fix.sql.push_back({std::move(sql), std::move(script), writable()});
    return fix;
  }

  // A setting as this role sees it; nothing where the server has none of that name, or hides it.
  std::optional<std::string> setting(const std::string& name);
  // The same of a number, in the unit of pg_settings; -1 where it is not known.
  int64_t number_setting(const std::string& name);

  const SourceSettings& settings;
  const Clock& clock;
  PgConnection connection;
  const Hosting hosting;
  const bool in_recovery;  // a standby

  bool may_make_slots = true;  // nothing that was found keeps this role from making one
  std::optional<SlotState> slot;
  Plugin plugin = Plugin::wal2json;  // of the slot, or the one that it would get

  std::vector<Finding> findings;
};

}  // namespace waltrack
