#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/clock.hpp"
#include "cli/dead.hpp"
#include "cli/dead_selection.hpp"
#include "cli/dead_text.hpp"
#include "cli/load.hpp"
#include "cli/terminal.hpp"
#include "state/dead_letter_file.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "The newest first.\n"
    "\n"
    "Examples:\n"
    "  waltrack dead list\n"
    "  waltrack dead list --table orders --since 2h\n"
    "  waltrack dead list --limit 0 --json | jq -r .row_key.id     a line of JSON for each, with "
    "its event";

constexpr size_t kPage = 200;  // a letter may hold 32 kB

struct ListOptions : CommonOptions {
  DeadSelection selection;
  uint64_t limit = 50;  // 0: none
};

// Hands the letters over, the newest first; gives how many there were.
template <typename Use>
uint64_t for_each_letter(DeadLetterFile& file, state::DeadLetterFilter filter, uint64_t limit,
                         Use use) {
  uint64_t told = 0;
  while (limit == 0 || told < limit) {
    const uint64_t wanted = limit == 0 ? kPage : std::min<uint64_t>(kPage, limit - told);
    const std::vector<state::StoredDeadLetter> page = file.newest(filter, wanted);
    for (const state::StoredDeadLetter& stored : page)
      use(stored);
    told += page.size();
    if (page.size() < wanted) break;
    filter.below = page.back().number;
  }
  return told;
}

int list(const ListOptions& options) {
  const SystemClock clock;
  const state::DeadLetterFilter filter = filter_of(options.selection, clock.utc_us());
  DeadLetterFile file(load_state_path(options.config_path), state::Access::read, clock);
  if (options.json) {
    for_each_letter(file, filter, options.limit, [](const state::StoredDeadLetter& stored) {
      std::printf("%s\n", dead_letter_json(stored)
                              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                              .c_str());
    });
    return 0;
  }
  const size_t count = file.count(filter);
  if (count == 0) {
    std::printf("%s\n", options.selection.is_empty() ? "there are no dead letters"
                                                     : "there are no such dead letters");
    return 0;
  }
  std::vector<DeadListRow> rows{dead_list_titles()};
  const uint64_t told = for_each_letter(
      file, filter, options.limit,
      [&](const state::StoredDeadLetter& stored) { rows.push_back(dead_list_row(stored)); });
  std::fputs(dead_list_text(rows, terminal_look()).c_str(), stdout);
  if (told < count) std::printf("… and %zu older (--limit 0 shows all)\n", count - told);
  return 0;
}

}  // namespace

void register_dead_list(CLI::App& dead, Action& action) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = dead.add_subcommand("list", "what there is, and why");
  command->footer(kExamples);
  add_selection_options(*command, options->selection);
  command->add_option("--limit", options->limit, "show so many; 0: all")->capture_default_str();
  add_config_option(*command, *options);
  command->add_flag("--json", options->json, "print a line of JSON for each");
  command->callback([&action, options] { action = [options] { return list(*options); }; });
}

}  // namespace waltrack
