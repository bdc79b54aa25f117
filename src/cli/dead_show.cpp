#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/dead.hpp"
#include "cli/dead_selection.hpp"
#include "cli/dead_text.hpp"
#include "cli/load.hpp"
#include "state/dead_letter_file.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Its event holds values of the row, and so may the receiver's answer.\n"
    "\n"
    "Examples:\n"
    "  waltrack dead show 12\n"
    "  waltrack dead show 12 13 --json | jq .event.properties";

struct ShowOptions : CommonOptions {
  std::vector<std::string> numbers;
};

int show(const ShowOptions& options) {
  const SystemClock clock;
  DeadLetterFile file(load_state_path(options.config_path), state::Access::read, clock);
  bool first = true;
  for (const std::string& text : options.numbers) {
    const std::optional<state::StoredDeadLetter> stored = file.find(letter_number(text));
    if (!stored) {
      throw Error(ErrorKind::failure, "there is no dead letter #" + text, {},
                  "see waltrack dead list; it may have been replayed or dropped");
    }
    if (options.json) {
      std::printf("%s\n", dead_letter_json(*stored)
                              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                              .c_str());
    } else {
      std::printf("%s%s", first ? "" : "\n", dead_letter_text(*stored).c_str());
    }
    first = false;
  }
  return 0;
}

}  // namespace

void register_dead_show(CLI::App& dead, Action& action) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = dead.add_subcommand("show", "all of one, with its event");
  command->footer(kExamples);
  command->add_option("number", options->numbers, "the numbers that `waltrack dead list` shows")
      ->required();
  add_config_option(*command, *options);
  command->add_flag("--json", options->json, "print a line of JSON for each");
  command->callback([&action, options] { action = [options] { return show(*options); }; });
}

}  // namespace waltrack
