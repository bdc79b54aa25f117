#include "bench/outage_section.hpp"

#include <thread>

#include "bench/bench_database.hpp"
#include "bench/nginx_receiver.hpp"
#include "bench/pg_recvlogical.hpp"
#include "bench/waltrack_run.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kRowsBefore = 1000;

double seconds_between(WaltrackRun::Time from, WaltrackRun::Time to) {
  return std::chrono::duration<double>(to - from).count();
}

// The limit: the same log, read by pg_recvlogical.
double limit_of(const BenchDatabase& database, const std::string& plugin, uint64_t rows) {
  database.renew_slot(plugin);
  return static_cast<double>(rows) / time_pg_recvlogical(database);
}

void measure_plugin(BenchDatabase& database, NginxReceiver& receiver, const std::string& plugin,
                    const OutageSettings& settings, BenchReport& report) {
  const BenchWorkload workload = usual_workload(settings.rows);
  WaltrackRun run(database.server(), {.slot = "outage_" + plugin,
                                      .plugin = plugin,
                                      .mapping = workload.mapping,
                                      .batch_url = receiver.batch_url()});
  run.wait_until_streaming();
  database.write(usual_workload(kRowsBefore));
  run.wait_for_checkpoint(database.end());

  const auto away_from = std::chrono::system_clock::now();
  receiver.kill();
  database.write(workload);
  std::this_thread::sleep_until(away_from + std::chrono::seconds(settings.seconds));
  const auto back_at = std::chrono::system_clock::now();
  receiver.start();
  if (!wait_until([&] { return receiver.has_client(); }, 5min, 2ms)) {
    throw std::runtime_error("waltrack did not notice that the receiver is back");
  }
  const auto noticed_at = std::chrono::system_clock::now();
  const auto over_at = run.wait_for_checkpoint(database.end());
  const double peak_mb = run.peak_mb();
  expect_all_delivered(run.stop(), kRowsBefore + settings.rows);

  const double rate = static_cast<double>(settings.rows) / seconds_between(noticed_at, over_at);
  const double limit = limit_of(database, plugin, settings.rows);
  report.add_row({plugin, settings.rows, seconds_between(away_from, back_at),
                  seconds_between(back_at, noticed_at), rate, limit, rate / limit, peak_mb});
}

}  // namespace

void measure_outage(const OutageSettings& settings, BenchReport& report) {
  BenchDatabase database;
  NginxReceiver receiver;
  report.begin_table("outage", "Catching up after the receiver was away",
                     {{"plugin", "plugin", 8},
                      {"rows", "rows", 9},
                      {"away_s", "away s", 7, 1},
                      {"noticed_s", "noticed after s", 15, 2},
                      {"catch_up", "catch-up rows/s", 15},
                      {"pg_recvlogical", "limit rows/s", 12},
                      {"ratio", "ratio", 6, 2},
                      {"peak_rss_mb", "RSS MB", 7, 1}});
  for (const std::string& plugin : settings.plugins)
    measure_plugin(database, receiver, plugin, settings, report);
}

}  // namespace waltrack
