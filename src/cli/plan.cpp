#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/replace_file.hpp"
#include "cli/command.hpp"
#include "cli/load.hpp"
#include "cli/offline.hpp"
#include "workshop/tracking_plan.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "The events, pages and traits that the mappings can send, as the rules of a Segment tracking "
    "plan:\n"
    "JSON, sorted, the same for the same mappings and columns. Rules of one event are one rule: "
    "it\n"
    "requires what all of them always have. Rules in shadow are in it. An event whose name a row\n"
    "decides, and an alias, are not; the former are told on standard error.\n"
    "Needs no database: columns come from columns.lock.json beside the mappings.\n"
    "\n"
    "Examples:\n"
    "  waltrack plan -o plan.json\n"
    "  waltrack plan | jq -r '.rules[] | select(.type == \"TRACK\").key'\n"
    "  waltrack check --plan plan.json    where mappings and a plan disagree";

struct PlanOptions {
  CommonOptions common;
  std::string out;
};

void write_out(const std::string& path, const std::string& text) {
  if (path.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  if (path.ends_with(".yaml") || path.ends_with(".yml")) {
    throw Error(ErrorKind::usage, "a tracking plan is JSON: this name is a mapping file's", path,
                "name a file that ends in .json");
  }
  if (!replace_file(path, text)) {
    throw Error(ErrorKind::failure, "can't write the tracking plan", path);
  }
}

int plan(const PlanOptions& options) {
  Diagnostics diagnostics;
  const OfflineMappings loaded = load_offline(options.common.config_path, diagnostics);
  const auto mapper = compile_offline(loaded.files, loaded.tables, diagnostics);
  tell(diagnostics, "the mappings");
  const std::vector<RuleOutline> rules = mapper->outlines();
  const TrackingPlan plan = make_tracking_plan(rules);
  for (const Rule* rule : plan.left_out) {
    std::fprintf(stderr, "%s: left out: the row decides the event's name\n",
                 rule->place.text().c_str());
  }
  write_out(options.out, plan.text);
  return 0;
}

}  // namespace

void register_plan(CLI::App& app, Action& action) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* command =
      app.add_subcommand("plan", "what the mappings can send, as a Segment tracking plan");
  command->footer(kExamples);
  add_config_option(*command, options->common);
  command->add_flag("--json", options->common.json, "print JSON, which it does anyhow");
  command->add_option("-o,--output", options->out, "a file to write, instead of standard output");
  command->callback([&action, options] { action = [options] { return plan(*options); }; });
}

}  // namespace waltrack
