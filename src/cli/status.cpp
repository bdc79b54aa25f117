#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.hpp"
#include "base/terminal_text.hpp"
#include "cli/backfill_status.hpp"
#include "cli/command.hpp"
#include "cli/figures_status.hpp"
#include "cli/health.hpp"
#include "cli/load.hpp"
#include "cli/moment_text.hpp"
#include "cli/source_status.hpp"
#include "state/state_status.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Looks into the state file only: it works while `waltrack run` runs, and when it does not.\n"
    "\n"
    "Examples:\n"
    "  waltrack status\n"
    "  waltrack status --json | jq .checkpoint.lsn\n"
    "  waltrack status --health       0 if the run does its work; for a container's health check";

std::string ago(int64_t us) {
  return age_text(us, SystemClock().utc_us());
}

nlohmann::ordered_json position_json(const EventPosition& position) {
  return {{"commit_lsn", position.commit_lsn.text()},
          {"lsn", position.lsn.text()},
          {"table", position.table},
          {"ordinal", position.ordinal},
          {"rule", position.rule}};
}

nlohmann::ordered_json set_json(const MappingSummary& set, int64_t since_us) {
  return {{"files", set.files},
          {"rules", set.rules},
          {"fingerprint", set.fingerprint},
          {"since", moment_text(since_us)}};
}

nlohmann::ordered_json mappings_json(const MappingState& mappings) {
  nlohmann::ordered_json json = {{"live", set_json(mappings.live.set, mappings.live.since_us)}};
  if (const auto& pending = mappings.pending) {
    json["pending"] = set_json(pending->set, pending->since_us);
    json["pending"]["reason"] = pending->reason;
  }
  if (const auto& invalid = mappings.invalid) {
    json["invalid"] = {{"since", moment_text(invalid->since_us)}, {"faults", invalid->faults}};
  }
  if (const auto& unchecked = mappings.unchecked) {
    json["unchecked"] = {{"since", moment_text(unchecked->since_us)},
                         {"reason", unchecked->reason}};
  }
  json["lacking"] = mappings.lacking;
  json["shadow"] = nlohmann::ordered_json::array();
  for (const ShadowRule& rule : mappings.shadow) {
    json["shadow"].push_back({{"table", rule.table},
                              {"rule", rule.rule},
                              {"events", rule.events},
                              {"failures", rule.failures},
                              {"last_failure", rule.last_failure}});
  }
  return json;
}

nlohmann::ordered_json status_json(const StateStatus& status) {
  nlohmann::ordered_json json = {{"state_file", status.path},
                                 {"running", status.running},
                                 {"pid", status.pid},
                                 {"silent_s", status.silent_s},
                                 {"created_at", moment_text(status.created_at_us)},
                                 {"destination_id", status.destination_id}};
  if (status.source) {
    json["source"] = {{"system_identifier", std::to_string(status.source->system_identifier)},
                      {"database", status.source->database},
                      {"slot", status.source->slot},
                      {"plugin", status.source->plugin}};
  }
  if (status.source_state) json["stream"] = source_json(*status.source_state, moment_text);
  if (status.checkpoint) {
    json["checkpoint"] = {{"lsn", status.checkpoint->checkpoint.lsn.text()},
                          {"saved_at", moment_text(status.checkpoint->saved_at_us)}};
    if (const auto& within = status.checkpoint->checkpoint.within) {
      json["checkpoint"]["within"] = position_json(*within);
    }
  }
  if (status.condition) {
    json["delivery"] = {{"condition", status.condition->text},
                        {"since", moment_text(status.condition->since_us)}};
  }
  if (status.figures) json["figures"] = figures_json(*status.figures);
  if (status.mappings) json["mappings"] = mappings_json(*status.mappings);
  json["backfills"] = backfills_json(status.backfills);
  json["backfill_requests"] = requests_json(status.backfill_requests);
  json["dead_letters"] = {{"count", status.dead_letter_count},
                          {"newest", nlohmann::ordered_json::array()}};
  for (const state::StoredDeadLetter& stored : status.newest_dead_letters) {
    nlohmann::ordered_json letter = position_json(stored.letter.position);
    if (stored.letter.position.kind == MessageKind::backfill) {
      letter["commit_lsn"] = letter["lsn"] = letter["ordinal"] = nullptr;
    }
    letter["number"] = stored.number;
    letter["op"] = stored.letter.op;
    letter["message_id"] = stored.letter.message_id;
    letter["reason"] = stored.letter.reason;
    letter["detail"] = stored.letter.detail;
    letter["stored_at"] = moment_text(stored.stored_at_us);
    json["dead_letters"]["newest"].push_back(std::move(letter));
  }
  return json;
}

void print_line(const char* name, const std::string& value) {
  std::printf("%-14s %s\n", name, value.c_str());
}

std::string set_text(const MappingSummary& set) {
  return std::to_string(set.files) + (set.files == 1 ? " file, " : " files, ") +
         std::to_string(set.rules) + (set.rules == 1 ? " rule" : " rules") + " (" +
         set.fingerprint + ")";
}

void print_indented(std::string text) {
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 3)
    text.replace(at, 1, "\n  ");
  std::printf("  %s\n", text.c_str());
}

void print_mappings(const MappingState& mappings, bool running) {
  print_line("mappings", (running ? "" : "at the end: ") + set_text(mappings.live.set) +
                             ", live since " + ago(mappings.live.since_us));
  if (const auto& pending = mappings.pending) {
    print_line("  pending", set_text(pending->set) + ", waiting since " + ago(pending->since_us) +
                                (pending->reason.empty() ? "" : ": " + pending->reason));
  }
  if (const auto& invalid = mappings.invalid) {
    print_line("  invalid", "the files have faults since " + ago(invalid->since_us) +
                                "; the set above stays at work");
    for (const std::string& fault : invalid->faults)
      print_indented(fault);
  }
  if (const auto& unchecked = mappings.unchecked) {
    print_line("  unchecked",
               "changed files could not be checked since " + ago(unchecked->since_us) + ":");
    print_indented(unchecked->reason);
  }
  for (const std::string& one : mappings.lacking) {
    print_line("  lacking", "the source does not deliver all that is mapped:");
    print_indented(one);
  }
  for (const ShadowRule& rule : mappings.shadow) {
    print_line("  shadow",
               rule.table + " " + rule.rule + ": " + std::to_string(rule.events) +
                   " events not sent" +
                   (rule.failures == 0 ? ""
                                       : ", " + std::to_string(rule.failures) +
                                             " failures, the last " + rule.last_failure));
  }
}

// What follows is as old, then.
std::string silence_text(const StateStatus& status) {
  if (status.silent_s == 0) return {};
  return ", but it has stored nothing for " + std::to_string(status.silent_s) + " s: see its log";
}

void print_status(const StateStatus& status) {
  print_line("state file", status.path);
  print_line("run", !status.running ? "not running"
                    : status.pid == 0
                        ? "running"
                        : "running, pid " + std::to_string(status.pid) + silence_text(status));
  if (status.source) {
    print_line("source", "database " + status.source->database + ", slot " + status.source->slot +
                             " (" + status.source->plugin + "), system " +
                             std::to_string(status.source->system_identifier));
  } else {
    print_line("source", "none yet: `waltrack run` has not reached a server with this file");
  }
  if (status.source_state) {
    for (const auto& [name, text] : source_lines(*status.source_state, status.running, ago))
      print_line(name.c_str(), text);
  }
  print_line("destination id", status.destination_id);
  if (status.checkpoint) {
    std::string text =
        status.checkpoint->checkpoint.lsn.text() + ", saved " + ago(status.checkpoint->saved_at_us);
    if (status.checkpoint->checkpoint.within) {
      text +=
          ", inside the transaction at " + status.checkpoint->checkpoint.within->commit_lsn.text();
    }
    print_line("checkpoint", text);
  }
  if (status.condition) {
    print_line("delivery", (status.running ? "" : "at the end: ") + status.condition->text +
                               ", since " + ago(status.condition->since_us));
  }
  if (status.figures) {
    const int64_t now_us = SystemClock().utc_us();
    for (const auto& [name, text] : figure_lines(*status.figures, status.running, now_us))
      print_line(name.c_str(), text);
  }
  if (status.mappings) print_mappings(*status.mappings, status.running);
  for (const std::string& line : backfill_lines(status, SystemClock().utc_us()))
    print_line("backfill", line);
  print_line("dead letters",
             std::to_string(status.dead_letter_count) +
                 (status.dead_letter_count == 0 ? "" : ", see `waltrack dead list`"));
  for (const state::StoredDeadLetter& stored : status.newest_dead_letters) {
    const DeadLetter& letter = stored.letter;
    const std::string row = letter.position.kind == MessageKind::backfill
                                ? "a row that existed already"
                                : "row at " + letter.position.lsn.text();
    std::printf("  #%lld %s %s %s: %s%s%s (%s)\n", static_cast<long long>(stored.number),
                letter.position.table.c_str(), letter.op.c_str(), letter.position.rule.c_str(),
                letter.reason.c_str(), letter.detail.empty() ? "" : ", ", letter.detail.c_str(),
                row.c_str());
  }
}

// The exit code of --health. That there is no state file yet is a finding, too.
int tell_health(const std::string& state_path, bool as_json) {
  std::optional<std::string> ill;
  try {
    ill = illness(read_state_status(state_path, 0));
  } catch (const Error& error) {
    ill = error.where().empty() ? error.what() : error.where() + ": " + error.what();
  }
  if (as_json) {
    nlohmann::ordered_json json = {{"healthy", !ill}};
    if (ill) json["reason"] = *ill;
    std::printf("%s\n",
                json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    std::printf("%s\n", ill ? printable(*ill).c_str() : "healthy");
  }
  return ill ? 1 : 0;
}

}  // namespace

void register_status(CLI::App& app, Action& action) {
  auto options = std::make_shared<CommonOptions>();
  auto health = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("status", "where the last run stands");
  command->footer(kExamples);
  add_config_option(*command, *options);
  command->add_flag("--json", options->json, "print JSON");
  command->add_flag("--health", *health,
                    "say in one line whether a run works with this file; exit code 0 or 1");
  command->callback([&action, options, health] {
    action = [options, health] {
      const std::string path = load_state_path(options->config_path);
      if (*health) return tell_health(path, options->json);
      const StateStatus status = read_state_status(path);
      if (options->json) {
        std::printf("%s\n", status_json(status)
                                .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
                                .c_str());
      } else {
        print_status(status);
      }
      return 0;
    };
  });
}

}  // namespace waltrack
