#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/command.hpp"
#include "cli/config_schema.hpp"
#include "mapping/mapping_schema.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Editors complete and check by it: those with a YAML language server read it where a file "
    "begins\n"
    "with the line  # yaml-language-server: $schema=mapping.schema.json\n"
    "\n"
    "Examples:\n"
    "  waltrack schema > mappings/mapping.schema.json\n"
    "  waltrack schema config > waltrack.schema.json";

}  // namespace

void register_schema(CLI::App& app, Action& action) {
  auto which = std::make_shared<std::string>("mapping");
  CLI::App* command =
      app.add_subcommand("schema", "the JSON Schema of mapping files or of the configuration");
  command->footer(kExamples);
  command->add_option("of", *which, "mapping or config")
      ->check(CLI::IsMember({"mapping", "config"}))
      ->capture_default_str();
  command->callback([&action, which] {
    action = [which] {
      const std::string schema = *which == "config" ? config_schema() : mapping_schema();
      std::fwrite(schema.data(), 1, schema.size(), stdout);
      return 0;
    };
  });
}

}  // namespace waltrack
