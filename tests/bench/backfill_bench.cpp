// backfill_bench [ROWS]: how fast the real binary tells the rows of a table that are there already,
// against COPY of the same columns to nobody, and what it does to the stream meanwhile. Prints one
// figure a line. Machines are noisy: only ratios of one run say something.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <libdeflate.h>
#include <libpq-fe.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

#include "bench/counting_receiver.hpp"
#include "state/state_status.hpp"
#include "support/child_process.hpp"
#include "support/postgres_server.hpp"
#include "support/temp_dir.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr const char* kColumns = "id, email, plan, amount, created_at";

constexpr const char* kMapping = R"yaml(
table: people
user_id: id
identify:
  traits: { email: email, plan: plan, amount: amount, created_at: created_at }
---
table: pings
user_id: id
track:
  - event: Pinged
    properties: { at: at }
)yaml";

double now_s() {
  return std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Rows a second of COPY … TO STDOUT, read and dropped.
double copy_rate(const PostgresServer& server, int rows) {
  const auto begin = std::chrono::steady_clock::now();
  PGconn* connection = PQconnectdb(server.conninfo().c_str());
  const std::string sql = std::string("COPY (SELECT ") + kColumns + " FROM people) TO STDOUT";
  PQclear(PQexec(connection, sql.c_str()));
  char* line = nullptr;
  int lines = 0;
  for (; PQgetCopyData(connection, &line, 0) > 0; ++lines)
    PQfreemem(line);
  PQfinish(connection);
  if (lines != rows) throw std::runtime_error("COPY gave other rows than there are");
  return rows / Seconds(std::chrono::steady_clock::now() - begin).count();
}

std::string decompress(std::string_view body) {
  static thread_local std::string text(1 << 20, '\0');
  static thread_local libdeflate_decompressor* const decompressor = libdeflate_alloc_decompressor();
  size_t size = 0;
  libdeflate_gzip_decompress(decompressor, body.data(), body.size(), text.data(), text.size(),
                             &size);
  return text.substr(0, size);
}

// When pings were committed, and how long until they were here.
class Pings {
 public:
  void look(std::string_view body) {
    constexpr std::string_view kAt = "\"at\":";
    const double here = now_s();
    const std::string text = decompress(body);
    const std::lock_guard lock(mutex_);
    for (size_t at = text.find(kAt); at != std::string::npos; at = text.find(kAt, at + 1))
      delays_.push_back(here - std::strtod(text.c_str() + at + kAt.size(), nullptr));
  }
  std::vector<double> delays() {
    const std::lock_guard lock(mutex_);
    std::ranges::sort(delays_);
    return delays_;
  }

 private:
  std::mutex mutex_;
  std::vector<double> delays_;
};

// Peak resident memory of a process in megabytes.
double peak_memory_mb(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const size_t at = status.find("VmHWM:");
  return at == std::string::npos ? 0 : std::strtod(status.c_str() + at + 6, nullptr) / 1024;
}

struct Ended {
  double seconds = 0;
  double peak_mb = 0;
  double most_retained_mb = 0;
};

// A run of the binary and one backfill in it.
class Installation {
 public:
  Installation(const PostgresServer& server, const std::string& url, const std::string& name)
      : server_(server), name_(name) {
    folder_.write("mappings/people.yaml", kMapping);
    folder_.write("waltrack.yaml",
                  "source:\n  url: \"" + server.conninfo() + "\"\n  slot: " + name +
                      "\n  publication: " + name +
                      "\n  plugin: pgoutput\ndestination:\n  write_key: key\n  url: " + url +
                      "\n  id: " + name + "\nstate: waltrack.db\nmappings: mappings/\n");
    ChildOptions options;
    options.args = {WALTRACK_BINARY, "run", "--log-level", "warn"};
    options.working_dir = folder_.path();
    run_ = std::make_unique<ChildProcess>(std::move(options));
    if (!wait_until([&] { return streams(); }, 60s)) throw std::runtime_error(run_->stderr_text());
  }
  ~Installation() {
    run_->signal(SIGTERM);
    static_cast<void>(run_->wait(60s));
  }

  Ended backfill() {
    ChildOptions options;
    options.args = {WALTRACK_BINARY, "backfill", "people", "--detach"};
    options.working_dir = folder_.path();
    if (ChildProcess::run(options).code != 0) throw std::runtime_error("the backfill was refused");
    Ended ended;
    BackfillProgress progress;
    const bool over = wait_until(
        [&] {
          const StateStatus status = read_state_status((folder_ / "waltrack.db").string(), 0);
          if (!status.backfills.empty()) progress = status.backfills.front();
          ended.most_retained_mb = std::max(ended.most_retained_mb, retained_mb());
          return !status.backfills.empty() && progress.is_over();
        },
        1h, 200ms);
    if (!over || progress.phase != BackfillPhase::done) throw std::runtime_error("it did not end");
    ended.seconds = static_cast<double>(progress.finished_at_us - progress.started_at_us) / 1e6;
    ended.peak_mb = peak_memory_mb(run_->pid());
    return ended;
  }

 private:
  bool streams() const {
    return server_.value(
               "SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name = '" + name_ +
               "'") == "1";
  }
  double retained_mb() const {
    const std::string bytes = server_.value(
        "SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots WHERE slot_name = '" +
        name_ + "'");
    return std::strtod(bytes.c_str(), nullptr) / (1 << 20);
  }

  const PostgresServer& server_;
  const std::string name_;
  TempDir folder_;
  std::unique_ptr<ChildProcess> run_;
};

// A thousand changes a second, one transaction each, until it is stopped.
class Pinger {
 public:
  explicit Pinger(const PostgresServer& server)
      : thread_([this, &server](const std::stop_token& stop) {
          pqxx::connection connection = server.connect();
          connection.prepare("ping", "INSERT INTO pings (at) VALUES ($1)");
          auto due = std::chrono::steady_clock::now();
          while (!stop.stop_requested()) {
            std::this_thread::sleep_until(due += 1ms);
            pqxx::nontransaction transaction(connection);
            transaction.exec_prepared("ping", now_s());
            ++sent_;
          }
        }) {}
  uint64_t sent() const { return sent_; }

 private:
  std::atomic<uint64_t> sent_ = 0;
  std::jthread thread_;
};

void make_tables(const PostgresServer& server, int rows) {
  server.exec("CREATE TABLE pings (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at float8)");
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

void print(const char* what, double figure, const char* unit) {
  std::printf("%-58s %10.2f %s\n", what, figure, unit);
  std::fflush(stdout);
}

int bench(int rows) {
  PostgresOptions options;
  options.settings = {{"shared_buffers", "1GB"}, {"max_wal_size", "8GB"}};
  PostgresServer server(options);
  make_tables(server, rows);
  CountingReceiver counting;
  std::vector<double> ratios;
  for (int i = 0; i < 3; ++i) {
    const double copied = copy_rate(server, rows);
    Installation run(server, counting.batch_url(), "quiet" + std::to_string(i));
    const Ended ended = run.backfill();
    ratios.push_back(rows / ended.seconds / copied);
    print("COPY to nobody", copied, "rows/s");
    print("backfill", rows / ended.seconds, "rows/s");
    print("  of COPY", ratios.back(), "");
    print("  peak memory", ended.peak_mb, "MB");
  }
  std::ranges::sort(ratios);
  print("backfill, median of COPY", ratios[1], "");

  Pings pings;
  CountingReceiver looking([&](std::string_view body) { pings.look(body); });
  Installation run(server, looking.batch_url(), "busy");
  Pinger pinger(server);
  const Ended ended = run.backfill();
  const std::vector<double> delays = pings.delays();
  print("with changes: backfill", rows / ended.seconds, "rows/s");
  print("with changes: changes", static_cast<double>(pinger.sent()) / ended.seconds, "changes/s");
  print("with changes: peak memory", ended.peak_mb, "MB");
  print("with changes: most WAL that the slot kept", ended.most_retained_mb, "MB");
  if (delays.empty()) throw std::runtime_error("no change arrived");
  print("with changes: commit to delivery, median", delays[delays.size() / 2] * 1000, "ms");
  print("with changes: commit to delivery, p99", delays[delays.size() * 99 / 100] * 1000, "ms");
  print("with changes: commit to delivery, worst", delays.back() * 1000, "ms");
  return 0;
}

}  // namespace
}  // namespace waltrack

int main(int argc, char** argv) {
  try {
    return waltrack::bench(argc > 1 ? std::atoi(argv[1]) : 5'000'000);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "backfill_bench: %s\n", error.what());
    return 1;
  }
}
