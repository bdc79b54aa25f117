#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/assemble.hpp"
#include "cli/command.hpp"
#include "cli/load.hpp"
#include "cli/terminal.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/removal.hpp"
#include "postgres/server_identity.hpp"
#include "state/state_file.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Removes what waltrack made: the replication slot, the publication if the role owns it, and "
    "the\n"
    "checkpoint in the state file, with what it knows of backfills. The server then keeps no WAL "
    "for\n"
    "waltrack any more. What changes from then until the next `waltrack run` is never sent; that "
    "run\n"
    "makes a new slot and begins there.\n"
    "Says what it leaves: dead letters and the destination id in the state file, and what an\n"
    "administrator set up (sql/teardown.sql takes that back).\n"
    "\n"
    "Examples:\n"
    "  waltrack drop                      asks first\n"
    "  waltrack drop --yes                for scripts\n"
    "  waltrack drop --yes && waltrack run\n"
    "                                     begin anew with what changes from now on";

struct DropOptions : CommonOptions {
  bool yes = false;
};

struct Dropped {
  std::vector<Removal> removals;
  std::vector<std::string> left;
};

void confirm(const SourceSettings& settings, const DropOptions& options) {
  if (options.yes) return;
  if (!terminal_can_ask()) {
    throw Error(ErrorKind::usage, "nobody can be asked whether to drop slot " + settings.slot, {},
                "waltrack drop --yes");
  }
  std::fprintf(stderr,
               "This drops slot %s and publication %s: what changes from now until the next "
               "`waltrack run` is never sent.\nDrop them? [y/N] ",
               settings.slot.c_str(), settings.publication.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw Error(ErrorKind::failure, "nothing was dropped", {}, {});
  }
}

// The state file is held meanwhile, so that no run of it is under way. Its checkpoint goes last: a
// failure before leaves everything as it can be dropped again.
Removal forget_checkpoint(const std::string& path, StateFile* state,
                          std::vector<std::string>& left) {
  Removal removal{"checkpoint in " + path, Removal::Outcome::was_not_there, {}};
  if (state == nullptr) return removal;
  if (state->checkpoint()) removal.outcome = Removal::Outcome::removed;
  state->forget_source();
  const int64_t letters = state->dead_letter_count();
  left.push_back("the state file " + path + " with its destination id and " +
                 std::to_string(letters) + (letters == 1 ? " dead letter" : " dead letters"));
  return removal;
}

void refuse_another_source(StateFile& state, const SourceSettings& settings) {
  const std::optional<SourceIdentity> identity = state.identity();
  if (!identity) return;
  const ServerIdentity server = read_server_identity(settings.url);
  if (identity->system_identifier == server.system_identifier &&
      identity->database == server.database && identity->slot == settings.slot) {
    return;
  }
  throw Error(ErrorKind::usage,
              "the state file belongs to slot " + identity->slot + " of database " +
                  identity->database + " on server " + std::to_string(identity->system_identifier) +
                  ", the configuration names slot " + settings.slot + " of " + server.database +
                  " on " + std::to_string(server.system_identifier),
              state.path(),
              "correct source.url, source.slot or `state:`, so that they belong together");
}

Dropped drop(const Config& config, const SourceSettings& settings) {
  const SystemClock clock;
  std::optional<StateFile> state;
  if (std::filesystem::exists(config.state)) state.emplace(config.state, clock);
  if (state) refuse_another_source(*state, settings);
  PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
  Dropped dropped;
  dropped.removals.push_back(remove_slot(connection, settings));
  dropped.removals.push_back(remove_publication(connection, settings));
  dropped.removals.push_back(
      forget_checkpoint(config.state, state ? &*state : nullptr, dropped.left));
  dropped.left.push_back("role " + connection.role() +
                         ", its grants, the tables' replica identities and the server's settings: "
                         "sql/teardown.sql takes them back");
  return dropped;
}

const char* outcome_word(Removal::Outcome outcome) {
  switch (outcome) {
    case Removal::Outcome::removed:
      return "removed";
    case Removal::Outcome::was_not_there:
      return "was not there";
    case Removal::Outcome::left:
      break;
  }
  return "left";
}

void print(const Dropped& dropped, bool json) {
  if (json) {
    nlohmann::ordered_json document = {{"removals", nlohmann::ordered_json::array()},
                                       {"left", dropped.left}};
    for (const Removal& removal : dropped.removals) {
      document["removals"].push_back({{"what", removal.what},
                                      {"outcome", outcome_word(removal.outcome)},
                                      {"reason", removal.reason}});
    }
    std::printf("%s\n", document.dump(2).c_str());
    return;
  }
  for (const Removal& removal : dropped.removals) {
    std::printf("%s: %s%s%s\n", removal.what.c_str(), outcome_word(removal.outcome),
                removal.reason.empty() ? "" : ": ", removal.reason.c_str());
  }
  for (const std::string& what : dropped.left)
    std::printf("left: %s\n", what.c_str());
}

}  // namespace

void register_drop(CLI::App& app, Action& action) {
  auto options = std::make_shared<DropOptions>();
  CLI::App* command = app.add_subcommand("drop", "remove the slot and what else waltrack made");
  command->footer(kExamples);
  add_config_option(*command, *options);
  command->add_flag("-y,--yes", options->yes, "do not ask");
  command->add_flag("--json", options->json, "print JSON");
  command->callback([&action, options] {
    action = [options] {
      Loaded loaded;
      loaded.config = load_for_removal(options->config_path);
      const SourceSettings settings = source_settings(loaded);
      confirm(settings, *options);
      print(drop(loaded.config, settings), options->json);
      return 0;
    };
  });
}

}  // namespace waltrack
