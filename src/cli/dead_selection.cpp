#include "cli/dead_selection.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "cli/moment_text.hpp"

namespace waltrack {
namespace {

std::optional<int64_t> moment_of(const std::string& text, const char* option, int64_t now_us) {
  if (text.empty()) return std::nullopt;
  const std::optional<int64_t> moment = parse_moment(text, now_us);
  if (!moment) {
    throw Error(ErrorKind::usage, "'" + text + "' is no time", option,
                "for example 2026-01-31, \"2026-01-31 18:05\" (UTC), or 2h, 7d for how long ago");
  }
  return moment;
}

}  // namespace

void add_selection_options(CLI::App& command, DeadSelection& selection) {
  command.add_option("number", selection.numbers, "the numbers that `waltrack dead list` shows");
  command.add_option("--table", selection.table, "only of this table");
  command.add_option("--rule", selection.rule, "only of this rule, such as 'Order Placed'");
  command.add_option("--reason", selection.reason, "only with this reason, such as refused");
  command.add_option("--since", selection.since,
                     "only those stored then or later: a date, a time, or 2h, 7d for ago");
  command.add_option("--before", selection.before, "only those stored earlier, likewise");
}

void add_all_option(CLI::App& command, DeadSelection& selection) {
  command.add_flag("--all", selection.all, "all there are");
}

int64_t letter_number(const std::string& text) {
  const std::string_view digits = std::string_view(text).substr(text.starts_with('#') ? 1 : 0);
  int64_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc() || end != digits.data() + digits.size() || number < 1) {
    throw Error(ErrorKind::usage, "'" + text + "' is no number of a dead letter", {},
                "see waltrack dead list");
  }
  return number;
}

state::DeadLetterFilter filter_of(const DeadSelection& selection, int64_t now_us) {
  state::DeadLetterFilter filter;
  for (const std::string& text : selection.numbers)
    filter.numbers.push_back(letter_number(text));
  filter.table = selection.table;
  filter.rule = selection.rule;
  filter.reason = selection.reason;
  filter.since_us = moment_of(selection.since, "--since", now_us);
  filter.before_us = moment_of(selection.before, "--before", now_us);
  return filter;
}

void require_found(const state::DeadLetterFilter& filter, const std::vector<int64_t>& found) {
  for (const int64_t number : filter.numbers) {
    if (std::find(found.begin(), found.end(), number) != found.end()) continue;
    throw Error(ErrorKind::failure,
                "there is no dead letter #" + std::to_string(number) + " as it is asked for", {},
                "see waltrack dead list; nothing was done");
  }
}

void require_selection(const DeadSelection& selection, const std::string& command) {
  if (selection.all && !selection.is_empty()) {
    throw Error(ErrorKind::usage, "--all does not go with a selection", {},
                "leave out one of the two");
  }
  if (!selection.all && selection.is_empty()) {
    throw Error(ErrorKind::usage, "it takes numbers or a filter", {},
                command + " --all, if all are meant");
  }
}

}  // namespace waltrack
