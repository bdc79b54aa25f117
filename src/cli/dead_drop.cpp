#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/dead.hpp"
#include "cli/dead_selection.hpp"
#include "cli/load.hpp"
#include "cli/terminal.hpp"
#include "state/dead_letter_file.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "They are gone for good; what they tell of is never sent. A run that waits for room because "
    "it\n"
    "keeps as many as it may goes on within a second or so.\n"
    "\n"
    "Examples:\n"
    "  waltrack dead drop 12 13                asks first\n"
    "  waltrack dead drop --reason no_user --before 7d --yes\n"
    "  waltrack dead drop --all --yes";

struct DeadDropOptions : CommonOptions {
  DeadSelection selection;
  bool yes = false;
};

std::string letters_text(size_t count) {
  return std::to_string(count) + (count == 1 ? " dead letter" : " dead letters");
}

void confirm(size_t count, const DeadDropOptions& options) {
  if (options.yes) return;
  if (!terminal_can_ask()) {
    throw Error(ErrorKind::usage, "nobody can be asked whether to drop " + letters_text(count), {},
                "waltrack dead drop … --yes");
  }
  std::fprintf(stderr, "This throws %s away for good. Drop? [y/N] ", letters_text(count).c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw Error(ErrorKind::failure, "nothing was dropped", {}, {});
  }
}

int drop(const DeadDropOptions& options) {
  require_selection(options.selection, "waltrack dead drop");
  const SystemClock clock;
  const state::DeadLetterFilter filter = filter_of(options.selection, clock.utc_us());
  DeadLetterFile file(load_state_path(options.config_path), state::Access::write, clock);
  // Those that a run stores while a person thinks are not meant.
  const std::vector<int64_t> numbers = file.in_order(filter);
  require_found(filter, numbers);
  size_t dropped = 0;
  if (!numbers.empty()) {
    confirm(numbers.size(), options);
    dropped = file.remove(numbers);
  }
  const size_t left = file.count({});
  if (options.json) {
    std::printf("%s\n",
                nlohmann::ordered_json{{"dropped", dropped}, {"left", left}}.dump().c_str());
  } else {
    std::printf("dropped %s, %zu left\n", letters_text(dropped).c_str(), left);
  }
  return 0;
}

}  // namespace

void register_dead_drop(CLI::App& dead, Action& action) {
  auto options = std::make_shared<DeadDropOptions>();
  CLI::App* command = dead.add_subcommand("drop", "throw them away");
  command->footer(kExamples);
  add_selection_options(*command, options->selection);
  add_all_option(*command, options->selection);
  command->add_flag("-y,--yes", options->yes, "do not ask");
  add_config_option(*command, *options);
  command->add_flag("--json", options->json, "print JSON");
  command->callback([&action, options] { action = [options] { return drop(*options); }; });
}

}  // namespace waltrack
