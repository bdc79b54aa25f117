#include "base/failpoint.hpp"

#ifdef WALTRACK_FAILPOINTS

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <thread>

#include "base/error.hpp"
#include "base/log.hpp"

namespace waltrack {
namespace {

// In the order in which a row meets them.
constexpr std::array kNames = std::to_array<std::string_view>({
    "state_file.before_adopting",  // the slot is made, and its position stands nowhere
    "state_file.adopted",
    "replication.opened",   // the stream begins, or begins again
    "capture.received",     // an item of the stream is read
    "backfill.chunk_read",  // on its reader's thread
    "capture.mapped",       // a row's events are in the outbox
    "outbox.dead_letter_made",
    "capture.committed",     // the transaction's end is in the outbox
    "backfill.before_step",  // a chunk's rows are in the outbox
    "backfill.step_added",
    "outbox.before_flush",
    "outbox.in_ledger",  // the events are in no lane yet
    "outbox.flushed",    // they are in the lanes, dead letters in their queue
    "delivery.before_send",
    "delivery.sent",      // handed to the destination, hardly on the wire
    "delivery.answered",  // the ledger does not know yet
    "delivery.finished",  // the ledger knows
    "spool.before_append",
    "spool.synced",    // the ledger does not know yet
    "spool.finished",  // the ledger knows
    "spool.before_release",
    "spool.released",
    "checkpointer.letter_taken",
    "checkpointer.before_save",
    "state_file.before_commit",
    "state_file.committed",
    "checkpointer.saved",      // nobody but the state file knows the position
    "checkpointer.published",  // capture may confirm it
    "replication.before_report",
    "replication.reported",
});

struct Armed {
  ArmedFailpoint what;
  std::atomic<uint64_t> hits = 0;
};

// Filled before there are threads.
std::deque<Armed>& armed() {
  static std::deque<Armed> failpoints;
  return failpoints;
}

Error misspelt(std::string_view item, const std::string& why) {
  return {ErrorKind::usage, "WALTRACK_FAILPOINT: " + why, std::string(item),
          "write name=kill, name=error or name=sleep:MS, with @N behind it for the Nth time"};
}

uint64_t number(std::string_view text, std::string_view item) {
  uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) {
    throw misspelt(item, "'" + std::string(text) + "' is no number");
  }
  return value;
}

ArmedFailpoint parse_one(std::string_view item) {
  const size_t equals = item.find('=');
  if (equals == std::string_view::npos) throw misspelt(item, "no action");
  ArmedFailpoint one;
  one.name = item.substr(0, equals);
  if (std::ranges::find(kNames, one.name) == kNames.end()) {
    throw misspelt(item, "there is no failpoint '" + one.name + "'");
  }
  std::string_view action = item.substr(equals + 1);
  if (const size_t at = action.find('@'); at != std::string_view::npos) {
    one.hit = number(action.substr(at + 1), item);
    if (one.hit == 0U) throw misspelt(item, "the first time is @1");
    action = action.substr(0, at);
  }
  constexpr std::string_view kSleep = "sleep:";
  if (action == "kill") {
    one.action = ArmedFailpoint::Action::kill;
  } else if (action == "error") {
    one.action = ArmedFailpoint::Action::error;
  } else if (action.starts_with(kSleep)) {
    one.action = ArmedFailpoint::Action::sleep;
    one.sleep_ms = static_cast<int64_t>(number(action.substr(kSleep.size()), item));
    return one;
  } else {
    throw misspelt(item, "there is no action '" + std::string(action) + "'");
  }
  if (!one.hit) one.hit = 1;
  return one;
}

void act(const ArmedFailpoint& failpoint) {
  switch (failpoint.action) {
    case ArmedFailpoint::Action::kill:
      log::warn("failpoint: kill", {{"name", failpoint.name}});
      ::raise(SIGKILL);
      return;
    case ArmedFailpoint::Action::error:
      log::warn("failpoint: error", {{"name", failpoint.name}});
      throw Error(ErrorKind::transient, "failpoint " + failpoint.name);
    case ArmedFailpoint::Action::sleep:
      if (failpoint.hit) log::warn("failpoint: sleep", {{"name", failpoint.name}});
      std::this_thread::sleep_for(std::chrono::milliseconds(failpoint.sleep_ms));
      return;
  }
}

}  // namespace

std::span<const std::string_view> failpoint_names() {
  return kNames;
}

std::vector<ArmedFailpoint> parse_failpoints(std::string_view text) {
  std::vector<ArmedFailpoint> failpoints;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    failpoints.push_back(parse_one(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return failpoints;
}

void arm_failpoints() {
  armed().clear();
  const char* text = std::getenv("WALTRACK_FAILPOINT");
  if (text == nullptr) return;
  for (ArmedFailpoint& failpoint : parse_failpoints(text))
    armed().emplace_back().what = std::move(failpoint);
}

void failpoint(std::string_view name) {
  for (Armed& one : armed()) {
    if (one.what.name != name) continue;
    const uint64_t hit = ++one.hits;
    if (!one.what.hit || *one.what.hit == hit) act(one.what);
  }
}

}  // namespace waltrack

#endif
