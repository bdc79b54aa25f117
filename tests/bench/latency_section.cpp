#include "bench/latency_section.hpp"

#include <stdexcept>
#include <thread>

#include "bench/bench_database.hpp"
#include "bench/ping_receiver.hpp"
#include "bench/pinger.hpp"
#include "bench/waltrack_run.hpp"

namespace waltrack {
namespace {

constexpr double kLeftOut_s = 1;
constexpr size_t kFewestForP99_9 = 1000;  // with fewer it would be the greatest

void measure_rate(const PostgresServer& server, WaltrackRun& run, PingReceiver& receiver,
                  const std::string& plugin, int rate, int seconds, BenchReport& report) {
  receiver.forget();
  const uint64_t requests_before = receiver.requests();
  const double cpu_before = run.cpu_s();
  const double begin_s = ping_clock_s();
  Pinger pinger(server, rate);
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  pinger.stop();
  receiver.wait_for(pinger.sent());
  const Sample delays = receiver.delays_ms(begin_s + kLeftOut_s);
  const auto requests = static_cast<double>(receiver.requests() - requests_before);
  const nlohmann::json p99_9 =
      delays.size() < kFewestForP99_9 ? nlohmann::json() : nlohmann::json(delays.at(0.999));
  report.add_row({plugin, rate, pinger.rate(), delays.median(), delays.at(0.99), p99_9,
                  delays.max(), (run.cpu_s() - cpu_before) / seconds * 100, run.peak_mb(),
                  static_cast<double>(pinger.sent()) / requests},
                 {{"seconds", seconds}, {"transactions", delays.size()}});
}

}  // namespace

void measure_latency(const LatencySettings& settings, BenchReport& report) {
  PostgresServer server(bench_postgres_options());
  make_ping_table(server);
  report.begin_table("latency", "Latency, from commit to the request's arrival",
                     {{"plugin", "plugin", 8},
                      {"rate_asked", "asked tx/s", 10},
                      {"rate", "reached tx/s", 12},
                      {"p50_ms", "p50 ms", 8, 2},
                      {"p99_ms", "p99 ms", 8, 2},
                      {"p99_9_ms", "p99.9 ms", 8, 2},
                      {"max_ms", "max ms", 8, 2},
                      {"cpu_percent", "CPU %", 6, 1},
                      {"peak_rss_mb", "RSS MB", 7, 1},
                      {"events_per_request", "events/req.", 11, 1}});
  for (const std::string& plugin : settings.plugins) {
    PingReceiver receiver;
    WaltrackRun run(server, {.slot = "latency_" + plugin,
                             .plugin = plugin,
                             .mapping = kPingMapping,
                             .batch_url = receiver.batch_url()});
    run.wait_until_streaming();
    for (const int rate : settings.rates)
      measure_rate(server, run, receiver, plugin, rate, settings.seconds, report);
    if (run.stop().dead_letter_count != 0) throw std::runtime_error("there are dead letters");
  }
}

}  // namespace waltrack
