#include "e2e/crash_run.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

#include "base/clock.hpp"
#include "state/backfill_requests.hpp"
#include "state/state_status.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr uint32_t kBackfillRate = 1500;  // rows per second: slow enough to be caught under way

// What ends a run.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::chrono::milliseconds since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - start);
}

}  // namespace

int CrashReport::kill_count() const {
  return std::accumulate(kills.begin(), kills.end(), 0,
                         [](int sum, const auto& kind) { return sum + kind.second; });
}

std::string CrashReport::summary() const {
  std::string text = "kills=" + std::to_string(kill_count());
  for (const auto& [kind, count] : kills)
    text += " " + kind + "=" + std::to_string(count);
  return text + " events=" + std::to_string(events) + " repeats=" + std::to_string(repeats) +
         " dead_letters=" + std::to_string(dead_letters) +
         " backfills=" + std::to_string(backfills) + " unreached=" + std::to_string(unreached) +
         " broken_starts=" + std::to_string(broken_starts) + " ms=" + std::to_string(took.count()) +
         " verdict=" + (violations.empty() ? "ok" : "VIOLATION");
}

CrashRun::CrashRun(CrashSettings settings)
    : settings_(std::move(settings)),
      draw_(settings_.seed, settings_.spool),
      to_server_(server_.port()),
      to_receiver_(receiver_.port()),
      run_(server_, "http://127.0.0.1:" + std::to_string(to_receiver_.port()) + "/v1/batch",
           run_settings()) {}

RunSettings CrashRun::run_settings() const {
  RunSettings run;
  run.mappings = Acts::kMapping;
  run.plugin = settings_.plugin;
  run.source_url =
      "host=127.0.0.1 port=" + std::to_string(to_server_.port()) + " user=postgres dbname=postgres";
  run.more = "backfill:\n  chunk: 4KB\n";
  if (settings_.spool) run.more += "spool:\n  path: spool/\n  after: 1s\n";
  return run;
}

CrashReport CrashRun::run() {
  const auto start = SteadyClock::now();
  try {
    begin();
    while (report_.kill_count() < settings_.kills) {
      const CrashStep next = draw_.next();
      const auto from = SteadyClock::now();
      step(next);
      const std::string line = next.text() + " (" + std::to_string(since(from).count()) + " ms)\n";
      if (std::getenv("WALTRACK_STORY") != nullptr) std::fputs(line.c_str(), stderr);
      report_.story += line;
    }
    finish();
  } catch (const std::exception& error) {
    report_.violations = error.what();
    report_.violations += "\n  after these steps:\n" + report_.story;
  }
  if (judge_) {
    report_.events = judge_->arrived_count();
    report_.dead_letters = judge_->dead_letter_count();
  }
  report_.took = since(start);
  return report_;
}

void CrashRun::must(bool held, const std::string& what) {
  if (!held) throw Violation(what);
}

void CrashRun::judge(const std::string& wrong) {
  must(wrong.empty(), wrong);
  must(receiver_.log().find("came again with other content") == std::string::npos,
       "an id came again with other content");
}

void CrashRun::look() {
  judge(judge_->now(run_.confirmed()));
}

void CrashRun::begin() {
  Acts::prepare(server_, kWriters);
  control({});
  run_.set_failpoint(draw_.first_failpoint());
  run_.start();
  must(run_.wait_for_end().signal == SIGKILL, "the first start does not come to its failpoint");
  ++report_.kills["failpoint"];
  run_.start();
  must(run_.wait_until_streaming(), "it does not begin after a kill at its first start");
  std::vector<const ActWriter*> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers_.push_back(std::make_unique<ActWriter>(server_, settings_.seed, i, kWriters));
    writers.push_back(writers_.back().get());
  }
  judge_ = std::make_unique<ActJudge>(writers, receiver_.events_file(), run_.state_file(),
                                      run_.folder() / "spool");
  ask_for_backfill();
}

void CrashRun::step(const CrashStep& step) {
  if (!step.failpoint.empty() && run_.running()) {
    run_.kill();  // only a start can have a failpoint
    ++report_.kills["moment"];
    look();
  }
  if (step.needs_backfill || backfills_are_over()) ask_for_backfill();
  set_weather(step);
  if (!run_.running()) start_with(step.failpoint);
  kill_by(step);
  ++report_.kills[crash_kill_name(step.kill)];
  look();
  set_fair();
  if (step.recovers) {
    if (!run_.running()) run_.start();
    wait_for_arrivals();
  }
}

void CrashRun::start_with(const std::string& failpoint) {
  if (!failpoint.empty()) run_.set_failpoint(failpoint);
  run_.start();
}

// A start, unlike a stream, ends with a connection that breaks: a mistake is told at once, and
// whoever supervises it starts it again. Here that is us. It must end by nothing else.
bool CrashRun::is_running(const std::string& failpoint) {
  if (run_.running()) return true;
  const std::string log = run_.log();
  const bool began = log.find(" streaming slot=") != std::string::npos;
  const bool was_killed = log.find("failpoint: kill") != std::string::npos;
  if (was_killed) return false;
  must(!began && run_.wait_for_end().code == 1, "waltrack ended by itself");
  ++report_.broken_starts;
  must(report_.broken_starts < 1000, "it does not start");
  start_with(failpoint);
  return true;
}

bool CrashRun::reaches(const CrashStep& step, std::chrono::seconds limit) {
  return wait_until(
      [&] {
        if (!is_running(step.failpoint)) return true;
        look();
        return false;
      },
      limit, 5ms);
}

void CrashRun::kill_by(const CrashStep& step) {
  if (step.kill == CrashKill::failpoint) {
    if (reaches(step, 5s)) return;
    set_fair();  // some weather keeps it from there
    if (step.needs_backfill) ask_for_backfill();
    if (reaches(step, 30s)) return;
    // So does a busy machine: behind a stream that lags a backfill has no turn.
    ++report_.unreached;
    must(4 * report_.unreached <= settings_.kills, "hardly any failpoint is reached");
    run_.kill();
    return;
  }
  wait_for_commits(step.commits);
  is_running();
  switch (step.kill) {
    case CrashKill::moment:
      run_.kill();
      return;
    case CrashKill::server:
      server_.stop(StopMode::immediate);
      server_.start();
      return;
    default:
      restart_receiver();
  }
}

// Behind a network that refuses: it has to know the poison before it is asked.
void CrashRun::restart_receiver() {
  ProxyMode refuse;
  refuse.refuse = true;
  to_receiver_.set(refuse);
  to_receiver_.reset();
  report_.repeats += receiver_.stats().at("duplicates").get<uint64_t>();
  receiver_.kill();
  receiver_.start();
  control({});
}

void CrashRun::set_weather(const CrashStep& step) {
  to_server_.set(step.source);
  to_receiver_.set(step.destination);
  if (step.reset_source) to_server_.reset();
  if (step.reset_destination) to_receiver_.reset();
  if (!step.answers.empty()) control(step.answers);
}

void CrashRun::set_fair() {
  to_server_.set({});
  to_receiver_.set({});
  control({});
}

void CrashRun::control(const std::string& random) {
  receiver_.control(R"({"poison": ")" + std::string(Acts::kPoison) + "\"" +
                    (random.empty() ? "" : ", \"random\": " + random) + "}");
}

uint64_t CrashRun::commits() const {
  uint64_t sum = 0;
  for (const auto& writer : writers_)
    sum += writer->commit_count();
  return sum;
}

void CrashRun::wait_for_commits(uint64_t more) {
  const uint64_t enough = commits() + more;
  const bool written = wait_until(
      [&] {
        look();
        return commits() >= enough;
      },
      kPatience, 5ms);
  must(written, "the writers do not write");
}

void CrashRun::wait_for_arrivals() {
  judge_->read_receiver();
  const uint64_t before = judge_->arrived_count();
  const bool arrived = wait_until(
      [&] {
        judge_->read_receiver();
        return !is_running() || judge_->arrived_count() > before;
      },
      kPatience);
  must(arrived, "nothing arrives any more");
}

bool CrashRun::backfills_are_over() const {
  const StateStatus state = read_state_status(run_.state_file().string());
  return state.backfill_requests.empty() &&
         std::ranges::all_of(state.backfills, [](const auto& one) { return one.is_over(); });
}

void CrashRun::ask_for_backfill() {
  if (!backfills_are_over()) return;
  BackfillRequest request;
  request.table = {"public", "stock"};
  request.rows_per_s = kBackfillRate;
  request_backfill(run_.state_file().string(), std::vector{request}, SystemClock());
  ++report_.backfills;
}

void CrashRun::finish() {
  set_fair();
  if (!run_.running()) run_.start();
  for (const auto& writer : writers_)
    writer->stop();
  const Lsn end = current_wal(server_);
  const bool arrived =
      wait_until([&] { return is_running() && judge_->all_arrived(); }, kPatience, 50ms);
  must(wait_until([&] { return backfills_are_over(); }, kPatience, 50ms),
       "a backfill does not end");
  must(run_.wait_until_confirmed(end), "the end is not confirmed");
  judge(judge_->at_the_end());
  must(arrived, "not all arrived in time");
  for (const auto& one : read_state_status(run_.state_file().string()).backfills)
    must(one.phase == BackfillPhase::done, "a backfill failed: " + one.reason);
  report_.repeats += receiver_.stats().at("duplicates").get<uint64_t>();
  must(run_.stop().code == 0, "it does not stop in peace");
}

}  // namespace waltrack
