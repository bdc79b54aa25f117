#include "bench/throughput_section.hpp"

#include <algorithm>
#include <optional>

#include "bench/bench_database.hpp"
#include "bench/nginx_receiver.hpp"
#include "bench/node_peer.hpp"
#include "bench/pg_recvlogical.hpp"
#include "bench/sample.hpp"
#include "bench/waltrack_run.hpp"

namespace waltrack {
namespace {

constexpr int kPeerRounds = 3;  // it is slow

// One workload with one plugin, so far.
struct Rounds {
  std::vector<double> limit;     // rows/s of pg_recvlogical
  std::vector<double> waltrack;  // rows/s
  std::vector<double> ratio;     // waltrack ÷ pg_recvlogical
  std::vector<double> cpu;       // of waltrack: seconds a million rows
  std::vector<double> peak_mb;
  std::vector<double> per_request;  // events in a request of waltrack
  std::vector<double> peer;         // rows/s
  std::vector<double> peer_ratio;   // waltrack ÷ peer
};

struct Fixture {
  BenchDatabase database;
  NginxReceiver receiver;
  NodePeer peer;
};

double events_per_request(const StateStatus& status) {
  uint64_t requests = 0;
  for (const RequestCount& count : status.figures->requests)
    requests += count.count;
  return static_cast<double>(status.figures->sent_events) / static_cast<double>(requests);
}

void run_waltrack(Fixture& fixture, const BenchWorkload& workload, const std::string& plugin,
                  Rounds& rounds) {
  fixture.database.renew_slot(plugin);
  WaltrackRun run(
      fixture.database.server(),
      {.plugin = plugin, .mapping = workload.mapping, .batch_url = fixture.receiver.batch_url()});
  const auto took = run.wait_for_checkpoint(fixture.database.end()) - run.started_at();
  const auto rows = static_cast<double>(workload.rows);
  rounds.waltrack.push_back(rows / std::chrono::duration<double>(took).count());
  rounds.cpu.push_back(run.cpu_s() / rows * 1e6);
  rounds.peak_mb.push_back(run.peak_mb());
  const StateStatus left = run.stop();
  expect_all_delivered(left, workload.rows);
  rounds.per_request.push_back(events_per_request(left));
}

void run_round(Fixture& fixture, const BenchWorkload& workload, const std::string& plugin,
               bool with_peer, Rounds& rounds) {
  const auto rows = static_cast<double>(workload.rows);
  run_waltrack(fixture, workload, plugin, rounds);
  fixture.database.renew_slot(plugin);
  rounds.limit.push_back(rows / time_pg_recvlogical(fixture.database));
  rounds.ratio.push_back(rounds.waltrack.back() / rounds.limit.back());
  if (!with_peer) return;
  fixture.database.renew_slot(plugin);
  rounds.peer.push_back(
      rows / fixture.peer.time(fixture.database, fixture.receiver.base_url(), workload.rows));
  rounds.peer_ratio.push_back(rounds.waltrack.back() / rounds.peer.back());
}

void add_row(BenchReport& report, const BenchWorkload& workload, const std::string& plugin,
             const Rounds& rounds) {
  const Sample ratio(rounds.ratio);
  report.add_row(
      {workload.name, plugin, Sample(rounds.limit).median(), Sample(rounds.waltrack).median(),
       ratio.median(), ratio.min(), ratio.max(), Sample(rounds.cpu).median(),
       Sample(rounds.peak_mb).max(), Sample(rounds.per_request).median()},
      {{"rows", workload.rows},
       {"rounds",
        {{"pg_recvlogical", rounds.limit},
         {"waltrack", rounds.waltrack},
         {"ratio", rounds.ratio},
         {"cpu_s_per_million", rounds.cpu},
         {"peak_rss_mb", rounds.peak_mb},
         {"events_per_request", rounds.per_request}}}});
}

void add_peer(BenchReport& report, const BenchWorkload& workload, const Rounds& rounds) {
  report.begin_table("peer", "The script that one would write instead, in Node",
                     {{"workload", "workload", 31},
                      {"peer", "peer rows/s", 14},
                      {"waltrack", "waltrack rows/s", 15},
                      {"ratio", "ratio", 6, 1},
                      {"ratio_min", "min", 6, 1},
                      {"ratio_max", "max", 6, 1}});
  const Sample ratio(rounds.peer_ratio);
  report.add_row(
      {workload.name, Sample(rounds.peer).median(), Sample(rounds.waltrack).median(),
       ratio.median(), ratio.min(), ratio.max()},
      {{"rows", workload.rows}, {"rounds", {{"peer", rounds.peer}, {"ratio", rounds.peer_ratio}}}});
}

// It speaks wal2json only.
bool has_peer(const BenchWorkload& workload, const std::string& plugin) {
  return workload.has_peer && plugin == "wal2json";
}

bool wants_peer(const std::vector<BenchWorkload>& workloads,
                const std::vector<std::string>& plugins) {
  return std::ranges::any_of(workloads, [&](const BenchWorkload& workload) {
    return std::ranges::any_of(
        plugins, [&](const std::string& plugin) { return has_peer(workload, plugin); });
  });
}

std::vector<BenchWorkload> chosen_workloads(const ThroughputSettings& settings) {
  std::vector<BenchWorkload> chosen = throughput_workloads(settings.rows);
  std::erase_if(chosen, [&](const BenchWorkload& workload) {
    return workload.name.find(settings.workload) == std::string::npos;
  });
  if (chosen.empty()) {
    std::string names;
    for (const BenchWorkload& workload : throughput_workloads(settings.rows))
      names.append("\n  ").append(workload.name);
    throw std::runtime_error("no workload has \"" + settings.workload +
                             "\" in its name; there are:" + names);
  }
  return chosen;
}

}  // namespace

void measure_throughput(const ThroughputSettings& settings, BenchReport& report) {
  const std::vector<BenchWorkload> workloads = chosen_workloads(settings);
  Fixture fixture;
  report.set_machine("postgres", fixture.database.version());
  report.set_machine("receiver", fixture.receiver.version());
  if (wants_peer(workloads, settings.plugins) && !fixture.peer.obstacle().empty()) {
    report.remark("the Node peer is left out: " + fixture.peer.obstacle());
  }
  report.begin_table("throughput",
                     "Throughput, waltrack ÷ pg_recvlogical, median of " +
                         std::to_string(settings.rounds) + " rounds",
                     {{"workload", "workload", 31},
                      {"plugin", "plugin", 8},
                      {"pg_recvlogical", "limit rows/s", 12},
                      {"waltrack", "waltrack rows/s", 15},
                      {"ratio", "ratio", 6, 2},
                      {"ratio_min", "min", 6, 2},
                      {"ratio_max", "max", 6, 2},
                      {"cpu_s_per_million", "CPU s/M rows", 12, 2},
                      {"peak_rss_mb", "RSS MB", 7, 1},
                      {"events_per_request", "events/req.", 11}});
  std::optional<std::pair<BenchWorkload, Rounds>> with_peer;
  for (const BenchWorkload& workload : workloads) {
    fixture.database.write(workload);
    for (const std::string& plugin : settings.plugins) {
      Rounds rounds;
      const bool peer = has_peer(workload, plugin) && fixture.peer.obstacle().empty();
      for (int i = 0; i < settings.rounds; ++i)
        run_round(fixture, workload, plugin, peer && i < kPeerRounds, rounds);
      add_row(report, workload, plugin, rounds);
      if (peer) with_peer = {workload, rounds};
    }
  }
  if (with_peer) {
    report.set_machine("node", fixture.peer.version());
    add_peer(report, with_peer->first, with_peer->second);
  }
}

}  // namespace waltrack
