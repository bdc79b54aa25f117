#include "postgres/preflight_plugin.hpp"

#include <optional>

#include "postgres/output_plugin_list.hpp"
#include "postgres/plugin_choice.hpp"

namespace waltrack {
namespace {

constexpr const char* kDefaultList = "pgoutput, test_decoding";
constexpr const char* kNotQuoted = "(no quotes around the list: they would make one name of it)";

// Keeps what the list has; a role that may not see it leaves that to the script.
Fix allow_fix(Inspection& look, std::string_view plugin) {
  const std::optional<OutputPluginList> seen = read_output_plugin_list(look.connection);
  const OutputPluginList list = seen ? *seen : OutputPluginList::parse(kDefaultList);
  Fix fix =
      setting_fix(look.hosting, "output_plugin_libraries", list.with(plugin), Fix::After::reload);
  if (fix.sql.empty()) return fix;
  fix.text = kNotQuoted;
  if (!seen) {
    fix.text +=
        "\n(the value replaces the list, which this role may not see: as a superuser SHOW "
        "output_plugin_libraries; and keep what else stands there. --fix-sql does)";
  }
  fix.sql[0].script =
      "SELECT 'ALTER SYSTEM SET output_plugin_libraries = ' || string_agg(quote_ident(name), ', ' "
      "ORDER BY place)\n"
      "  FROM (SELECT name, min(place) AS place\n"
      "          FROM regexp_split_to_table(replace(current_setting('output_plugin_libraries'), "
      "'\"', '')\n"
      "                 || ', " +
      std::string(plugin) +
      "', '\\s*,\\s*') WITH ORDINALITY AS listed (name, place)\n"
      "         WHERE name <> '' GROUP BY name) AS kept \\gexec";
  return fix;
}

Fix install_fix(Inspection& look) {
  const std::string major = std::to_string(look.connection.server_version() / 10000);
  if (look.hosting != Hosting::own) {
    return fix_by_text("use source.plugin: pgoutput, which every server has");
  }
  return fix_by_text("on the server: apt-get install postgresql-" + major +
                     "-wal2json (Debian), or use source.plugin: pgoutput, which every server has");
}

void tell_quoted_list(Inspection& look) {
  Fix fix = allow_fix(look, plugin_name(look.plugin));
  look.error("plugin_list_quoted",
             "the server refuses every output plugin, pgoutput too: output_plugin_libraries "
             "was set as one quoted string, which is taken for the name of one plugin",
             std::move(fix));
}

// As a finding, when it is about the plugin.
bool tell_refusal(Inspection& look, const PgError& error, Plugin plugin) {
  const std::string name(plugin_name(plugin));
  if (error.sqlstate() == "58P01") {
    look.error("plugin_missing", "the server has no output plugin " + name, install_fix(look));
    return true;
  }
  const bool names_it = std::string_view(error.what()).find(name) != std::string_view::npos;
  if (error.sqlstate() != "42501" || !names_it) return false;
  Fix fix = allow_fix(look, name);
  if (plugin == Plugin::wal2json) {
    fix.text += (fix.text.empty() ? "" : "\n") +
                std::string("or use source.plugin: pgoutput with a new slot");
  }
  look.error("plugin_refused", "the server does not allow the output plugin " + name,
             std::move(fix));
  return true;
}

void tell_reasons(Inspection& look, const PluginDecision& decision) {
  for (const PluginReason& reason : decision.against_wal2json) {
    if (reason.fix.empty()) continue;
    const bool refused = reason.kind == PluginReason::Kind::not_allowed;
    Fix fix = refused ? allow_fix(look, "wal2json") : install_fix(look);
    fix.choice = true;
    look.warning(refused ? "plugin_refused" : "plugin_missing",
                 reason.what + "; the slot will be made with pgoutput", std::move(fix));
  }
}

bool pgoutput_is_refused(Inspection& look) {
  try {
    try_plugin(look.connection, look.settings.url, Plugin::pgoutput);
    return false;
  } catch (const PgError& error) {
    if (error.sqlstate() != "42501" ||
        std::string_view(error.what()).find("pgoutput") == std::string_view::npos) {
      throw;
    }
    return true;
  }
}

}  // namespace

void check_plugin(Inspection& look) {
  SourceSettings settings = look.settings;
  if (look.slot) {
    settings.plugin =
        look.plugin == Plugin::wal2json ? PluginChoice::wal2json : PluginChoice::pgoutput;
  } else {
    look.plugin = settings.plugin == PluginChoice::pgoutput ? Plugin::pgoutput : Plugin::wal2json;
  }
  const std::optional<OutputPluginList> list = read_output_plugin_list(look.connection);
  if (list && list->is_one_quoted_name()) return tell_quoted_list(look);
  const PluginTrial trial = look.may_make_slots ? PluginTrial::temporary_slot : PluginTrial::none;
  std::optional<PgError> refusal;
  PluginDecision decision;
  try {
    decision = decide_plugin(look.connection, settings, trial);
    look.plugin = decision.plugin;
  } catch (const PgError& error) {
    refusal = error;
  }
  const bool lacks_wal2json = refusal || !decision.against_wal2json.empty();
  const bool may_try = trial == PluginTrial::temporary_slot;
  // It is on the list by default, and nobody takes it off on purpose.
  if (may_try && (lacks_wal2json || look.plugin == Plugin::pgoutput) && pgoutput_is_refused(look)) {
    return tell_quoted_list(look);
  }
  if (refusal && !tell_refusal(look, *refusal, Plugin::wal2json)) throw PgError(*refusal);
  if (!refusal && look.plugin == Plugin::pgoutput) tell_reasons(look, decision);
}

}  // namespace waltrack
