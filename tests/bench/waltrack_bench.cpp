// What waltrack costs as a whole, beside the limit that the server sets; `script/bench` runs it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "bench/throughput_section.hpp"

namespace waltrack {
namespace {

struct Settings {
  std::string json_file;
  ThroughputSettings throughput;
};

void add_throughput(CLI::App& app, Settings& settings) {
  CLI::App* section = app.add_subcommand("throughput", "Rows a second, beside pg_recvlogical");
  ThroughputSettings& to = settings.throughput;
  section->add_option("--rows", to.rows, "Rows of a workload")->capture_default_str();
  section->add_option("--rounds", to.rounds, "How often each is measured")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  section->add_option("--plugin", to.plugins, "Only this one")
      ->check(CLI::IsMember({"wal2json", "pgoutput"}));
  section->add_option("--workload", to.workload, "Only workloads whose name has this in it");
}

void save(const BenchReport& report, const std::string& json_file) {
  if (json_file.empty()) return;
  std::ofstream file(json_file);
  file << report.json();
  if (!file.flush()) throw std::runtime_error("cannot write " + json_file);
}

int run(int argc, char** argv) {
  Settings settings;
  CLI::App app("Measures waltrack beside the limit that the server sets. Without a section: all.");
  app.require_subcommand(0);
  app.fallthrough();
  app.add_option("--json", settings.json_file, "Write all figures to this file");
  add_throughput(app, settings);
  CLI11_PARSE(app, argc, argv);

  const bool all = app.get_subcommands().empty();
  BenchReport report;
  if (all || app.got_subcommand("throughput")) measure_throughput(settings.throughput, report);
  save(report, settings.json_file);
  return 0;
}

}  // namespace
}  // namespace waltrack

int main(int argc, char** argv) {
  try {
    return waltrack::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "waltrack_bench: %s\n", error.what());
    return 1;
  }
}
