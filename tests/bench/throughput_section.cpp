#include "bench/throughput_section.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "bench/bench_database.hpp"
#include "bench/nginx_receiver.hpp"
#include "bench/node_peer.hpp"
#include "bench/pg_recvlogical.hpp"
#include "bench/sample.hpp"
#include "bench/waltrack_run.hpp"

namespace waltrack {
namespace {

constexpr int kPeerRounds = 3;  // it is slow

// What one contestant did of a workload with a plugin, a value for each round.
struct Runs {
  std::vector<double> rate;   // rows/s
  std::vector<double> ratio;  // to pg_recvlogical in the same round
  std::vector<double> cpu;    // seconds a million rows
  std::vector<double> peak_mb;
};

struct Rounds {
  std::vector<double> limit;  // rows/s of pg_recvlogical
  Runs waltrack;
  std::vector<double> per_request;  // events in a request of waltrack
  Runs peer;                        // in the first rounds only, or in none
  std::vector<double> lead;         // waltrack ÷ peer
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
  rounds.waltrack.rate.push_back(rows / std::chrono::duration<double>(took).count());
  rounds.waltrack.cpu.push_back(run.cpu_s() / rows * 1e6);
  rounds.waltrack.peak_mb.push_back(run.peak_mb());
  const StateStatus left = run.stop();
  expect_all_delivered(left, workload.rows);
  rounds.per_request.push_back(events_per_request(left));
}

void run_peer(Fixture& fixture, const BenchWorkload& workload, const std::string& plugin,
              Rounds& rounds) {
  fixture.database.renew_slot(plugin);
  const TimedEnd end =
      fixture.peer.run(fixture.database, fixture.receiver.base_url(), workload.rows);
  const auto rows = static_cast<double>(workload.rows);
  rounds.peer.rate.push_back(rows / end.seconds);
  rounds.peer.ratio.push_back(rounds.peer.rate.back() / rounds.limit.back());
  rounds.peer.cpu.push_back(end.cpu_s / rows * 1e6);
  rounds.peer.peak_mb.push_back(end.peak_mb);
  rounds.lead.push_back(rounds.waltrack.rate.back() / rounds.peer.rate.back());
}

// Who is first may gain or lose by it, so that changes from round to round. Where the peer fails,
// the rest is measured without it.
Rounds run_rounds(Fixture& fixture, const BenchWorkload& workload, const std::string& plugin,
                  int count, bool with_peer, BenchReport& report) {
  Rounds rounds;
  std::optional<PgRecvlogical> limit;  // it asks for what waltrack asked for
  for (int i = 0; i < count; ++i) {
    const bool limit_first = i % 2 == 1;
    if (limit_first) rounds.limit.push_back(limit->rate());
    run_waltrack(fixture, workload, plugin, rounds);
    if (!limit) limit.emplace(fixture.database, plugin, workload.rows);
    if (!limit_first) rounds.limit.push_back(limit->rate());
    rounds.waltrack.ratio.push_back(rounds.waltrack.rate.back() / rounds.limit.back());
    if (!with_peer || i >= kPeerRounds) continue;
    try {
      run_peer(fixture, workload, plugin, rounds);
    } catch (const std::runtime_error& error) {
      report.remark(std::string("the Node peer is left out from here: ") + error.what());
      with_peer = false;
    }
  }
  return rounds;
}

// The first columns: who did what how fast, and how much of the limit that is.
std::vector<nlohmann::json> row_of(const BenchWorkload& workload, const std::string& plugin,
                                   const char* contestant, const Rounds& rounds, const Runs& runs) {
  const Sample ratio(runs.ratio);
  return {workload.name,
          plugin,
          contestant,
          Sample(rounds.limit).median(),
          Sample(runs.rate).median(),
          ratio.median(),
          ratio.min(),
          ratio.max(),
          Sample(runs.cpu).median(),
          Sample(runs.peak_mb).max()};
}

nlohmann::json all_of(const Rounds& rounds, const Runs& runs) {
  return {{"pg_recvlogical", rounds.limit},
          {"rows_s", runs.rate},
          {"ratio", runs.ratio},
          {"cpu_s_per_million", runs.cpu},
          {"peak_rss_mb", runs.peak_mb}};
}

void add_rows(BenchReport& report, const BenchWorkload& workload, const std::string& plugin,
              const Rounds& rounds) {
  std::vector<nlohmann::json> row = row_of(workload, plugin, "waltrack", rounds, rounds.waltrack);
  nlohmann::json more = {{"rows", workload.rows}, {"rounds", all_of(rounds, rounds.waltrack)}};
  more["rounds"]["events_per_request"] = rounds.per_request;
  row.push_back(Sample(rounds.per_request).median());
  row.push_back(nullptr);
  if (!rounds.lead.empty()) {
    const Sample lead(rounds.lead);
    row.back() = lead.median();
    more["lead_min"] = lead.min();
    more["lead_max"] = lead.max();
    more["rounds"]["lead"] = rounds.lead;
  }
  report.add_row(row, more);
  if (rounds.peer.rate.empty()) return;
  row = row_of(workload, plugin, "Node peer", rounds, rounds.peer);
  row.insert(row.end(), {nullptr, nullptr});
  report.add_row(row, {{"rows", workload.rows}, {"rounds", all_of(rounds, rounds.peer)}});
}

// It speaks wal2json only.
bool has_peer(const ThroughputSettings& settings, const BenchWorkload& workload,
              const std::string& plugin) {
  return !settings.tls && workload.has_peer && plugin == "wal2json";
}

bool wants_peer(const ThroughputSettings& settings, const std::vector<BenchWorkload>& workloads) {
  return std::ranges::any_of(workloads, [&](const BenchWorkload& workload) {
    return std::ranges::any_of(settings.plugins, [&](const std::string& plugin) {
      return has_peer(settings, workload, plugin);
    });
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

void begin_throughput(const ThroughputSettings& settings, bool with_peer, BenchReport& report) {
  report.begin_table(
      "throughput",
      "Throughput beside pg_recvlogical (the limit), " + grouped(settings.rows) +
          " rows, median of " + std::to_string(settings.rounds) + " rounds" +
          (settings.tls ? ", through TLS" : "") +
          (with_peer ? "; Node peer: of " + std::to_string(std::min(settings.rounds, kPeerRounds))
                     : ""),
      {{"workload", "workload", 31},
       {"plugin", "plugin", 8},
       {"contestant", "contestant", 10},
       {"pg_recvlogical", "limit rows/s", 12},
       {"rows_s", "rows/s", 8},
       {"ratio", "ratio", 6, 2},
       {"ratio_min", "min", 6, 2},
       {"ratio_max", "max", 6, 2},
       {"cpu_s_per_million", "CPU s/M rows", 12, 2},
       {"peak_rss_mb", "RSS MB", 7, 1},
       {"events_per_request", "events/req.", 11},
       {"lead", "x peer", 6, 1}});
}

}  // namespace

void measure_throughput(const ThroughputSettings& settings, BenchReport& report) {
  const std::vector<BenchWorkload> workloads = chosen_workloads(settings);
  Fixture fixture;
  if (settings.tls) fixture.database.offer_tls();
  report.set_machine("postgres", fixture.database.version());
  report.set_machine("receiver", fixture.receiver.version());
  const bool wanted = wants_peer(settings, workloads);
  const bool can_peer = fixture.peer.obstacle().empty();
  if (wanted && can_peer) report.set_machine("node", fixture.peer.version());
  if (wanted && !can_peer) report.remark("the Node peer is left out: " + fixture.peer.obstacle());
  begin_throughput(settings, wanted && can_peer, report);
  for (const BenchWorkload& workload : workloads) {
    fixture.database.write(workload);
    for (const std::string& plugin : settings.plugins) {
      const bool with_peer = has_peer(settings, workload, plugin) && can_peer;
      add_rows(report, workload, plugin,
               run_rounds(fixture, workload, plugin, settings.rounds, with_peer, report));
    }
  }
}

}  // namespace waltrack
