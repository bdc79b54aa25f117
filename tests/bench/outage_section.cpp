#include "bench/outage_section.hpp"

#include <stdexcept>
#include <thread>

#include "bench/bench_database.hpp"
#include "bench/nginx_receiver.hpp"
#include "bench/pg_recvlogical.hpp"
#include "bench/sample.hpp"
#include "bench/waltrack_run.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kRowsBefore = 1000;

double seconds_between(WaltrackRun::Time from, WaltrackRun::Time to) {
  return std::chrono::duration<double>(to - from).count();
}

struct Rounds {
  std::vector<double> away_s;
  std::vector<double> noticed_s;  // after the receiver was back
  std::vector<double> catch_up;   // rows/s
  std::vector<double> limit;      // rows/s of pg_recvlogical
  std::vector<double> ratio;      // catch_up ÷ limit
  std::vector<double> peak_mb;
};

void run_round(BenchDatabase& database, NginxReceiver& receiver, const std::string& plugin,
               const OutageSettings& settings, Rounds& rounds) {
  const BenchWorkload workload = usual_workload(settings.rows);
  const std::string slot = "outage";
  WaltrackRun run(database.server(), {.slot = slot,
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
  rounds.peak_mb.push_back(run.peak_mb());
  expect_all_delivered(run.stop(), kRowsBefore + settings.rows);
  database.drop_slot(slot);

  rounds.away_s.push_back(seconds_between(away_from, back_at));
  rounds.noticed_s.push_back(seconds_between(back_at, noticed_at));
  rounds.catch_up.push_back(static_cast<double>(settings.rows) /
                            seconds_between(noticed_at, over_at));
  rounds.limit.push_back(PgRecvlogical(database, plugin, settings.rows).rate());
  rounds.ratio.push_back(rounds.catch_up.back() / rounds.limit.back());
}

void add_row(BenchReport& report, const std::string& plugin, uint64_t rows, const Rounds& rounds) {
  const Sample ratio(rounds.ratio);
  report.add_row({plugin, rows, Sample(rounds.away_s).median(), Sample(rounds.noticed_s).median(),
                  Sample(rounds.catch_up).median(), Sample(rounds.limit).median(), ratio.median(),
                  ratio.min(), ratio.max(), Sample(rounds.peak_mb).max()},
                 {{"rounds",
                   {{"away_s", rounds.away_s},
                    {"noticed_s", rounds.noticed_s},
                    {"catch_up", rounds.catch_up},
                    {"pg_recvlogical", rounds.limit},
                    {"ratio", rounds.ratio},
                    {"peak_rss_mb", rounds.peak_mb}}}});
}

}  // namespace

void measure_outage(const OutageSettings& settings, BenchReport& report) {
  BenchDatabase database;
  NginxReceiver receiver;
  report.begin_table("outage",
                     "Catching up after the receiver was away, median of " +
                         std::to_string(settings.rounds) +
                         " rounds; up to 32 MB of it are read before the time begins",
                     {{"plugin", "plugin", 8},
                      {"rows", "rows", 9},
                      {"away_s", "away s", 7, 1},
                      {"noticed_s", "noticed after s", 15, 2},
                      {"catch_up", "catch-up rows/s", 15},
                      {"pg_recvlogical", "limit rows/s", 12},
                      {"ratio", "ratio", 6, 2},
                      {"ratio_min", "min", 6, 2},
                      {"ratio_max", "max", 6, 2},
                      {"peak_rss_mb", "RSS MB", 7, 1}});
  for (const std::string& plugin : settings.plugins) {
    Rounds rounds;
    for (int i = 0; i < settings.rounds; ++i)
      run_round(database, receiver, plugin, settings, rounds);
    add_row(report, plugin, settings.rows, rounds);
  }
}

}  // namespace waltrack
