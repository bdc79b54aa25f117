#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.hpp"
#include "base/terminal_text.hpp"
#include "cli/dead.hpp"
#include "cli/dead_selection.hpp"
#include "cli/dead_shelf.hpp"
#include "cli/destination_settings.hpp"
#include "cli/load.hpp"
#include "cli/stop_signal.hpp"
#include "pipeline/letter_replay.hpp"
#include "segment/segment_destination.hpp"
#include "state/dead_letter_file.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Sends their events again, in their order and under the same message ids. What is accepted "
    "goes\n"
    "from the state file at once; what is refused again stays, with the new answer. A letter of "
    "which\n"
    "no event was made has nothing to replay: mend the mapping and backfill the row.\n"
    "It can be stopped at any time, and begun again.\n"
    "\n"
    "Examples:\n"
    "  waltrack dead replay 12\n"
    "  waltrack dead replay --reason refused --since 2026-11-01\n"
    "  waltrack dead replay --all --salt again    new ids, where the receiver knows the old ones\n"
    "\n"
    "Exit code 0 when all are gone, 1 when any stays.";

struct ReplayOptions {
  CommonOptions common;
  LogOptions log;
  DeadSelection selection;
  std::string salt;
  uint32_t timeout_s = 60;
};

Config load_config_to_send(const std::string& config_path) {
  Diagnostics diagnostics;
  Config config = load_config(config_path, diagnostics, process_environment());
  tell_errors(diagnostics, "the configuration");
  return config;
}

const char* why_text(ReplayEnd::Why why) {
  switch (why) {
    case ReplayEnd::Why::done:
      return "done";
    case ReplayEnd::Why::held:
      return "held";
    case ReplayEnd::Why::away:
      return "away";
    case ReplayEnd::Why::stopped:
      break;
  }
  return "stopped";
}

std::string list_text(const std::vector<int64_t>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size() && i < DeadShelf::kMostTold; ++i)
    text += (i == 0 ? "#" : ", #") + std::to_string(numbers[i]);
  return text + (numbers.size() > DeadShelf::kMostTold ? ", …" : "");
}

void print(const ReplayEnd& end, const DeadShelf& shelf) {
  std::printf("%zu accepted and removed\n", shelf.accepted_count());
  if (const auto& refused = shelf.refused_numbers(); !refused.empty()) {
    std::printf("%zu refused again: %s; see `waltrack dead show`\n", refused.size(),
                list_text(refused).c_str());
  }
  if (const size_t count = shelf.eventless_count(); count > 0) {
    std::printf(
        "%zu with nothing to replay: mend the cause (such as the mapping), then make their "
        "events anew:\n",
        count);
    for (const std::string& text : shelf.eventless_texts())
      std::printf("  %s\n", printable(text).c_str());
    if (count > shelf.eventless_texts().size()) {
      std::printf("  … and %zu more\n", count - shelf.eventless_texts().size());
    }
  }
  const size_t unsent = shelf.left() - shelf.refused_numbers().size() - shelf.eventless_count();
  if (unsent > 0) std::printf("%zu left as they were\n", unsent);
  if (end.why == ReplayEnd::Why::held || end.why == ReplayEnd::Why::away) {
    std::printf("stopped early, %s\n", printable(end.trouble).c_str());
  }
  if (end.why == ReplayEnd::Why::stopped) std::printf("stopped by a signal\n");
}

void print_json(const ReplayEnd& end, const DeadShelf& shelf) {
  const nlohmann::ordered_json json = {{"end", why_text(end.why)},
                                       {"trouble", end.trouble},
                                       {"accepted", shelf.accepted_count()},
                                       {"refused", shelf.refused_numbers()},
                                       {"without_event", shelf.eventless_count()},
                                       {"left", shelf.left()}};
  std::printf("%s\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

int replay(const ReplayOptions& options) {
  configure_log(options.log);
  require_selection(options.selection, "waltrack dead replay");
  const int stop_fd = stop_signal_fd();
  const SystemClock clock;
  const state::DeadLetterFilter filter = filter_of(options.selection, clock.utc_us());
  const Config config = load_config_to_send(options.common.config_path);
  DeadLetterFile file(config.state, state::Access::write, clock);
  const std::vector<int64_t> numbers = file.in_order(filter);
  require_found(filter, numbers);
  DeadShelf shelf(file, numbers, options.salt);
  SegmentDestination destination(segment_settings(config), clock);
  ReplaySettings settings;
  settings.lanes = static_cast<size_t>(config.destination.lanes);
  settings.batch = batch_limits();
  settings.patience = std::chrono::seconds(options.timeout_s);
  const ReplayEnd end = replay_letters(shelf, destination, settings, clock, stop_fd);
  if (options.common.json) {
    print_json(end, shelf);
  } else {
    print(end, shelf);
  }
  return shelf.left() == 0 ? 0 : 1;
}

}  // namespace

void register_dead_replay(CLI::App& dead, Action& action) {
  auto options = std::make_shared<ReplayOptions>();
  options->log.level = "warn";
  CLI::App* command = dead.add_subcommand("replay", "send them again");
  command->footer(kExamples);
  add_selection_options(*command, options->selection);
  add_all_option(*command, options->selection);
  command->add_option("--salt", options->salt,
                      "send under new message ids, made of the old ones and this text");
  command
      ->add_option("--timeout", options->timeout_s,
                   "give up when the receiver has taken nothing for so many seconds")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  add_config_option(*command, options->common);
  command->add_flag("--json", options->common.json, "print JSON");
  add_log_options(*command, options->log);
  command->callback([&action, options] { action = [options] { return replay(*options); }; });
}

}  // namespace waltrack
