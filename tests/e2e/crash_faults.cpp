#include "e2e/crash_faults.hpp"

#include <array>
#include <string_view>
#include <vector>

#include "base/failpoint.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

// How often a place is reached before a kill, at most: by row, by transaction and batch, or seldom.
uint64_t most_hits(std::string_view name) {
  if (name.starts_with("spool.")) return 3;
  constexpr std::array kByRow = {"capture.received", "capture.mapped"};
  constexpr std::array kSeldom = {"backfill.chunk_read",     "backfill.before_step",
                                  "backfill.step_added",     "checkpointer.letter_taken",
                                  "outbox.dead_letter_made", "replication.opened"};
  for (const std::string_view one : kByRow)
    if (name == one) return 300;
  for (const std::string_view one : kSeldom)
    if (name == one) return name == "replication.opened" ? 1 : 3;
  return 30;
}

}  // namespace

const char* crash_kill_name(CrashKill kill) {
  switch (kill) {
    case CrashKill::failpoint:
      return "failpoint";
    case CrashKill::moment:
      return "moment";
    case CrashKill::server:
      return "server";
    case CrashKill::receiver:
      return "receiver";
  }
  return "";
}

std::string CrashStep::text() const {
  std::string text = crash_kill_name(kill);
  text += failpoint.empty() ? " after " + std::to_string(commits) + " commits" : " " + failpoint;
  return weather.empty() ? text : text + "; " + weather;
}

std::string CrashDraw::first_failpoint() {
  return dice(2) == 0 ? "state_file.before_adopting=kill" : "state_file.adopted=kill";
}

CrashStep CrashDraw::next() {
  CrashStep step;
  step.commits = 5 + dice(60);
  const uint64_t what = dice(10);
  if (what < 5) {
    step.kill = CrashKill::failpoint;
    draw_failpoint(step);
  } else if (what < 7) {
    step.kill = CrashKill::moment;
  } else if (what < 8) {
    step.kill = CrashKill::server;
  } else {
    step.kill = CrashKill::receiver;
  }
  if (step.failpoint.find("spool.") != std::string::npos) {
    step.destination.refuse = step.reset_destination = true;
    step.weather = "refuse destination";
  } else if (dice(2) == 0) {
    draw_weather(step);
  }
  step.recovers = dice(2) == 0;
  return step;
}

void CrashDraw::draw_failpoint(CrashStep& step) {
  std::vector<std::string_view> names;
  for (const std::string_view name : failpoint_names())
    if (!name.ends_with("adopting") && !name.ends_with("adopted") &&
        (spool_ || !name.starts_with("spool."))) {
      names.push_back(name);
    }
  const std::string name(names[dice(names.size())]);
  // A thread that is held up lets the others run ahead of it: what must not be seen is seen longer.
  // Checkpoints are few, answers many.
  constexpr std::array kHoldUps = {"checkpointer.before_save", "state_file.before_commit",
                                   "checkpointer.saved", "delivery.answered", "delivery.finished"};
  if (dice(2) == 0) {
    const size_t at = dice(kHoldUps.size());
    const uint64_t ms = at < 3 ? 100 + dice(300) : 5 + dice(20);
    if (name != kHoldUps[at]) {
      step.failpoint = std::string(kHoldUps[at]) + "=sleep:" + std::to_string(ms) + ";";
    }
  }
  step.failpoint += name + "=kill@" + std::to_string(1 + dice(most_hits(name)));
  step.needs_backfill = name.starts_with("backfill.");
}

void CrashDraw::draw_weather(CrashStep& step) {
  switch (dice(3)) {
    case 0:
      step.source = draw_mode(step, step.reset_source, "source");
      return;
    case 1:
      step.destination = draw_mode(step, step.reset_destination, "destination");
      return;
    default:
      step.weather = "random answers";
      step.answers = R"({"seed": )" + std::to_string(dice(1'000'000)) +
                     R"(, "answers": {"429": 0.05, "500": 0.1, "400": 0.1, "413": 0.05},)"
                     R"( "reset": 0.1, "stall": 0.1, "stall_ms": 100})";
  }
}

// A failpoint may be beyond what a network lets through that swallows all.
ProxyMode CrashDraw::draw_mode(CrashStep& step, bool& reset, const char* where) {
  ProxyMode mode;
  const uint64_t what = dice(step.kill == CrashKill::failpoint ? 4 : 6);
  switch (what) {
    case 0:
      mode.latency = std::chrono::milliseconds(5 + dice(40));
      step.weather = "latency";
      break;
    case 1:
      reset = true;
      step.weather = "reset";
      break;
    case 2:
      mode.bytes_per_s = 100'000 + dice(400'000);
      step.weather = "slow";
      break;
    case 3:
      mode.cut_after = 1 + dice(50'000);
      step.weather = "cut";
      break;
    case 4:
      mode.half_open = true;
      step.weather = "half-open";
      break;
    default:
      mode.refuse = true;
      reset = true;
      step.weather = "refuse";
  }
  step.weather += std::string(" ") + where;
  return mode;
}

}  // namespace waltrack
