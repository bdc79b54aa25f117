#include "bench/waltrack_run.hpp"

#include <stdexcept>
#include <utility>

#include "support/cpu_time.hpp"
#include "support/peak_memory.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongest = 30min;  // of one run; longer means that it does not end

std::string config_text(const PostgresServer& server, const WaltrackSettings& settings) {
  return "source:\n  url: \"" + server.conninfo() + "\"\n  slot: " + settings.slot +
         "\n  publication: " + settings.publication + "\n  plugin: " + settings.plugin +
         "\ndestination:\n  write_key: key\n  url: " + settings.batch_url +
         "\n  id: bench\nstate: waltrack.db\nmappings: mappings/\n";
}

}  // namespace

WaltrackRun::WaltrackRun(const PostgresServer& server, const WaltrackSettings& settings)
    : server_(server), slot_(settings.slot), watch_(state_file()) {
  folder_.write("mappings/bench.yaml", settings.mapping);
  folder_.write("waltrack.yaml", config_text(server, settings));
  ChildOptions options;
  options.args = {WALTRACK_BINARY, "run", "--log-level", "warn"};
  options.working_dir = folder_.path();
  started_at_ = std::chrono::system_clock::now();
  process_ = std::make_unique<ChildProcess>(std::move(options));
}

WaltrackRun::~WaltrackRun() {
  process_->signal(SIGTERM);
  [[maybe_unused]] const auto status = process_->wait(60s);  // if not, it is killed
}

void WaltrackRun::fail(const std::string& what) const {
  throw std::runtime_error("waltrack " + what + ":\n" + process_->stderr_text());
}

void WaltrackRun::wait_until_streaming() {
  const std::string sql =
      "SELECT count(*) FROM pg_replication_slots JOIN pg_stat_replication ON pid = active_pid "
      "WHERE state = 'streaming' AND slot_name = '" +
      slot_ + "'";
  const bool settled =
      wait_until([&] { return !process_->running() || server_.value(sql) == "1"; }, 60s);
  if (!settled || !process_->running()) fail("does not stream");
}

WaltrackRun::Time WaltrackRun::wait_for_checkpoint(Lsn lsn) {
  std::optional<state::StoredCheckpoint> stored;
  const bool settled = wait_until(
      [&] {
        stored = watch_.look();
        return (stored && stored->checkpoint.lsn >= lsn) || !process_->running();
      },
      kLongest, 20ms);
  if (!settled || !process_->running()) {
    fail("did not get to " + lsn.text() + ", only to " +
         (stored ? stored->checkpoint.lsn.text() : "none"));
  }
  return Time(std::chrono::microseconds(stored->saved_at_us));
}

double WaltrackRun::cpu_s() const {
  return cpu_time_s(process_->pid());
}

double WaltrackRun::peak_mb() const {
  return static_cast<double>(peak_memory(process_->pid())) / (1 << 20);
}

StateStatus WaltrackRun::stop() {
  process_->signal(SIGTERM);
  const std::optional<ExitStatus> ended = process_->wait(60s);
  if (ended != ExitStatus{0, 0}) fail("did not end well");
  return status();
}

void WaltrackRun::command(std::vector<std::string> args) const {
  ChildOptions options;
  options.args = {WALTRACK_BINARY};
  options.args.insert(options.args.end(), args.begin(), args.end());
  options.working_dir = folder_.path();
  options.stdout_file = options.stderr_file = folder_ / "command";
  if (ChildProcess::run(options).code != 0) {
    throw std::runtime_error("waltrack " + args.at(0) + " failed:\n" +
                             read_file(folder_ / "command"));
  }
}

void expect_all_delivered(const StateStatus& status, uint64_t events) {
  if (!status.figures) throw std::runtime_error("the run left no figures");
  const RunFigures& figures = *status.figures;
  if (figures.sent_events != events || status.dead_letter_count != 0) {
    throw std::runtime_error("not one event a row: of " + std::to_string(events) + " rows " +
                             std::to_string(figures.rows) + " were read, " +
                             std::to_string(figures.sent_events) + " events accepted, and " +
                             std::to_string(status.dead_letter_count) + " are dead letters" +
                             (status.newest_dead_letters.empty()
                                  ? ""
                                  : "; " + status.newest_dead_letters.front().letter.detail));
  }
}

}  // namespace waltrack
