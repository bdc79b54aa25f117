// What waltrack costs as a whole, beside the limit that the server sets; `script/bench` runs it.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "bench/backfill_section.hpp"
#include "bench/latency_section.hpp"
#include "bench/outage_section.hpp"
#include "bench/throughput_section.hpp"

namespace waltrack {
namespace {

struct Settings {
  std::string json_file;
  ThroughputSettings throughput;
  LatencySettings latency;
  OutageSettings outage;
  BackfillBenchSettings backfill;
};

// None at all would be a mistake, and "-5" would be a very large number.
CLI::Range row_count() {
  return CLI::Range(uint64_t{1}, uint64_t{1'000'000'000});
}

void add_plugin(CLI::App& section, std::vector<std::string>& to) {
  section.add_option("--plugin", to, "Only this one")
      ->check(CLI::IsMember({"wal2json", "pgoutput"}));
}

void add_throughput(CLI::App& app, Settings& settings) {
  CLI::App* section = app.add_subcommand("throughput", "Rows a second, beside pg_recvlogical");
  ThroughputSettings& to = settings.throughput;
  section->add_option("--rows", to.rows, "Rows of a workload")
      ->check(row_count())
      ->capture_default_str();
  section->add_option("--rounds", to.rounds, "How often each is measured")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_plugin(*section, to.plugins);
  section->add_option("--workload", to.workload, "Only workloads whose name has this in it");
  section->add_flag("--tls", to.tls, "Through TLS, and without the Node peer");
}

void add_latency(CLI::App& app, Settings& settings) {
  CLI::App* section = app.add_subcommand("latency", "From commit to arrival");
  LatencySettings& to = settings.latency;
  section
      ->add_option("--seconds", to.seconds,
                   "At each rate, the first is left out; p99.9 takes 1,000 transactions")
      ->check(CLI::Range(2, 3600))
      ->capture_default_str();
  section->add_option("--rate", to.rates, "Transactions a second")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  add_plugin(*section, to.plugins);
}

void add_outage(CLI::App& app, Settings& settings) {
  CLI::App* section = app.add_subcommand("outage", "Catching up after the receiver was away");
  OutageSettings& to = settings.outage;
  section->add_option("--rows", to.rows, "Rows that are committed meanwhile")
      ->check(row_count())
      ->capture_default_str();
  section->add_option("--seconds", to.seconds, "How long it is away, at least")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  section->add_option("--rounds", to.rounds, "How often each is measured")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_plugin(*section, to.plugins);
}

void add_backfill(CLI::App& app, Settings& settings) {
  CLI::App* section = app.add_subcommand("backfill", "Rows that are there already, against COPY");
  BackfillBenchSettings& to = settings.backfill;
  section->add_option("--rows", to.rows, "Rows of the table")
      ->check(row_count())
      ->capture_default_str();
  section->add_option("--rounds", to.rounds, "How often it is measured without changes")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

int run(int argc, char** argv) {
  Settings settings;
  CLI::App app("Measures waltrack beside the limit that the server sets. Without a section: all.");
  app.require_subcommand(0);
  app.fallthrough();
  app.add_option("--json", settings.json_file,
                 "Write all figures to this file, each as soon as it is there");
  add_throughput(app, settings);
  add_latency(app, settings);
  add_outage(app, settings);
  add_backfill(app, settings);
  CLI11_PARSE(app, argc, argv);

  BenchReport report(settings.json_file);
  const auto measure = [&](const char* section, auto&& measure_section) {
    if (app.get_subcommands().empty() || app.got_subcommand(section)) measure_section();
  };
  measure("throughput", [&] { measure_throughput(settings.throughput, report); });
  measure("latency", [&] { measure_latency(settings.latency, report); });
  measure("outage", [&] { measure_outage(settings.outage, report); });
  measure("backfill", [&] { measure_backfill(settings.backfill, report); });
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
