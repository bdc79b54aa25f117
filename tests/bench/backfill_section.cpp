#include "bench/backfill_section.hpp"

#include <algorithm>
#include <cstdlib>
#include <libpq-fe.h>
#include <memory>
#include <stdexcept>

#include "bench/bench_database.hpp"
#include "bench/nginx_receiver.hpp"
#include "bench/ping_receiver.hpp"
#include "bench/pinger.hpp"
#include "bench/waltrack_run.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr const char* kColumns = "id, email, plan, amount, created_at";

constexpr const char* kPeopleMapping = R"yaml(
table: people
user_id: id
identify:
  traits: { email: email, plan: plan, amount: amount, created_at: created_at }
---)yaml";

void make_people(const PostgresServer& server, uint64_t rows) {
  server.exec(
      "CREATE TABLE people (id bigint PRIMARY KEY, email text, plan text, amount "
      "numeric(10,2), created_at timestamptz, note text)");
  server.exec(
      "INSERT INTO people SELECT n, 'user' || n || '@example.com', (ARRAY['free', 'pro', "
      "'team'])[1 + n % 3], n % 100000 / 100.0, '2020-01-01'::timestamptz + n * '1 "
      "second'::interval, md5(n::text) FROM generate_series(1, " +
      std::to_string(rows) + ") n");
  server.exec("VACUUM (ANALYZE, FREEZE) people");
  server.exec("CHECKPOINT");
}

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

// Rows a second of COPY … TO STDOUT, read and dropped.
double copy_rate(const PostgresServer& server, uint64_t rows) {
  const auto begin = std::chrono::steady_clock::now();
  const std::unique_ptr<PGconn, CloseConnection> connection(PQconnectdb(server.conninfo().c_str()));
  const std::string sql = std::string("COPY (SELECT ") + kColumns + " FROM people) TO STDOUT";
  PQclear(PQexec(connection.get(), sql.c_str()));
  char* line = nullptr;
  uint64_t lines = 0;
  for (; PQgetCopyData(connection.get(), &line, 0) > 0; ++lines)
    PQfreemem(line);
  if (lines != rows) throw std::runtime_error("COPY gave other rows than there are");
  const auto took = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(rows) / std::chrono::duration<double>(took).count();
}

struct BackfillEnd {
  double rate = 0;              // rows a second
  double peak_mb = 0;           // of resident memory
  double most_retained_mb = 0;  // of log that the server kept for the slot
};

WaltrackSettings settings_of(const std::string& name, const std::string& batch_url) {
  return {.slot = name,
          .publication = name,
          .plugin = "pgoutput",
          .mapping = std::string(kPeopleMapping) + kPingMapping,
          .batch_url = batch_url};
}

double retained_mb(const PostgresServer& server, const std::string& slot) {
  const std::string bytes = server.value(
      "SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots WHERE slot_name = '" +
      slot + "'");
  return std::strtod(bytes.c_str(), nullptr) / (1 << 20);
}

BackfillEnd backfill(const PostgresServer& server, const std::string& slot, WaltrackRun& run,
                     uint64_t rows) {
  run.command({"backfill", "people", "--detach"});
  BackfillEnd end;
  BackfillProgress progress;
  const bool over = wait_until(
      [&] {
        const StateStatus status = run.status();
        if (!status.backfills.empty()) progress = status.backfills.front();
        end.most_retained_mb = std::max(end.most_retained_mb, retained_mb(server, slot));
        return !status.backfills.empty() && progress.is_over();
      },
      1h, 200ms);
  if (!over || progress.phase != BackfillPhase::done) {
    throw std::runtime_error("the backfill did not end well");
  }
  if (progress.rows != rows) {
    throw std::runtime_error("the backfill read " + std::to_string(progress.rows) + " of " +
                             std::to_string(rows) + " rows");
  }
  const auto took_us = static_cast<double>(progress.finished_at_us - progress.started_at_us);
  end.rate = static_cast<double>(rows) / took_us * 1e6;
  end.peak_mb = run.peak_mb();
  return end;
}

void measure_quiet(const PostgresServer& server, const BackfillBenchSettings& settings,
                   BenchReport& report) {
  report.begin_table("backfill", "Backfill against COPY to nobody",
                     {{"round", "round", 8},
                      {"copy", "COPY rows/s", 12},
                      {"backfill", "backfill rows/s", 15},
                      {"ratio", "ratio", 6, 2},
                      {"peak_rss_mb", "RSS MB", 7, 1}});
  NginxReceiver receiver;
  Sample copies, rates, ratios, peaks;
  for (int i = 1; i <= settings.rounds; ++i) {
    const double copied = copy_rate(server, settings.rows);
    const std::string name = "quiet" + std::to_string(i);
    WaltrackRun run(server, settings_of(name, receiver.batch_url()));
    run.wait_until_streaming();
    const BackfillEnd end = backfill(server, name, run, settings.rows);
    expect_all_delivered(run.stop(), settings.rows);
    copies.add(copied);
    rates.add(end.rate);
    ratios.add(end.rate / copied);
    peaks.add(end.peak_mb);
    report.add_row({std::to_string(i), copied, end.rate, end.rate / copied, end.peak_mb});
  }
  report.add_row(
      {"median", copies.median(), rates.median(), ratios.median(), peaks.max()},
      {{"rows", settings.rows}, {"ratio_min", ratios.min()}, {"ratio_max", ratios.max()}});
}

void measure_busy(const PostgresServer& server, const BackfillBenchSettings& settings,
                  BenchReport& report) {
  report.begin_table("backfill_with_changes", "Backfill while the table pings changes",
                     {{"backfill", "backfill rows/s", 15},
                      {"changes", "changes/s", 10},
                      {"p50_ms", "p50 ms", 8, 2},
                      {"p99_ms", "p99 ms", 8, 2},
                      {"max_ms", "max ms", 8, 2},
                      {"peak_rss_mb", "RSS MB", 7, 1},
                      {"retained_wal_mb", "kept WAL MB", 11, 1}});
  PingReceiver receiver;
  const std::string name = "busy";
  WaltrackRun run(server, settings_of(name, receiver.batch_url()));
  run.wait_until_streaming();
  Pinger pinger(server, 1000);
  const BackfillEnd end = backfill(server, name, run, settings.rows);
  pinger.stop();
  receiver.wait_for(pinger.sent());
  expect_all_delivered(run.stop(), settings.rows + pinger.sent());
  const Sample delays = receiver.delays_ms(0);
  report.add_row({end.rate, pinger.rate(), delays.median(), delays.at(0.99), delays.max(),
                  end.peak_mb, end.most_retained_mb},
                 {{"rows", settings.rows}});
}

}  // namespace

void measure_backfill(const BackfillBenchSettings& settings, BenchReport& report) {
  PostgresServer server(bench_postgres_options());
  make_ping_table(server);
  make_people(server, settings.rows);
  measure_quiet(server, settings, report);
  measure_busy(server, settings, report);
}

}  // namespace waltrack
