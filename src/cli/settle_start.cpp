#include "cli/settle_start.hpp"

#include <poll.h>
#include <random>
#include <utility>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/pg_error.hpp"
#include "postgres/slot.hpp"

namespace waltrack {
namespace {

bool is_signaled(int stop_fd, std::chrono::milliseconds within) {
  pollfd waiting{stop_fd, POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(within.count())) > 0;
}

// Tries until it succeeds, as long as `passes` says of a failure that waiting may mend it; any
// other is thrown. Returns nothing when a signal came first.
template <typename Attempt, typename Passes>
auto try_patiently(const char* waiting, StateFile& state, RunBoard& board, int stop_fd,
                   Attempt&& attempt, Passes&& passes) -> std::optional<decltype(attempt())> {
  Backoff backoff(std::chrono::milliseconds(500), std::chrono::seconds(10), std::random_device()());
  while (true) {
    try {
      return attempt();
    } catch (const Error& error) {
      if (!passes(error)) throw;
      if (is_signaled(stop_fd, std::chrono::milliseconds(0))) return std::nullopt;
      log::warn(waiting, {{"reason", error.describe()}});
      save_problem(state, board, error.describe());
    }
    if (is_signaled(stop_fd, backoff.next())) return std::nullopt;
  }
}

std::optional<SlotFacts> slot_facts(const SourceSettings& settings) {
  PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
  const std::optional<SlotState> slot = read_slot(connection, settings.slot);
  if (!slot) return std::nullopt;
  return SlotFacts{.name = settings.slot,
                   .plugin = slot->plugin,
                   .confirmed = slot->confirmed,
                   .just_created = false};
}

bool is_transient(const Error& error) {
  return error.is_transient();
}

// Waits for a standby that has not replayed yet what was read before, as after a switch to another
// one.
std::optional<StartDecision> wait_for_start(const SourceSettings& settings, ServerIdentity& server,
                                            StateFile& state, RunBoard& board, int stop_fd) {
  bool first = true;
  return try_patiently(
      "the source is not ready yet; waiting", state, board, stop_fd,
      [&] {
        if (!std::exchange(first, false)) server = read_server_identity(settings.url);
        return start_decision(settings, server, state.identity(), state.checkpoint(), state.path());
      },
      is_transient);
}

// What keeps a slot from being made may pass.
std::optional<PreparedSlot> wait_for_slot(const SourceSettings& settings, StateFile& state,
                                          RunBoard& board, int stop_fd) {
  return try_patiently(
      "the slot is not ready yet; trying again", state, board, stop_fd,
      [&] {
        return prepare_slot(settings, !state.checkpoint(), std::chrono::seconds(60), [stop_fd] {
          return is_signaled(stop_fd, std::chrono::milliseconds(0));
        });
      },
      is_transient);
}

}  // namespace

void save_problem(StateFile& state, RunBoard& board, std::string problem) {
  board.set_waiting(problem);
  SourceState source;
  source.since_us = SystemClock().utc_us();
  source.problem = std::move(problem);
  state.save_source(source);
}

std::optional<ServerIdentity> wait_for_server(const std::string& url, StateFile& state,
                                              RunBoard& board, int stop_fd) {
  constexpr std::string_view kCannotConnectNow = "57P03";
  return try_patiently(
      "the server is not ready yet; waiting", state, board, stop_fd,
      [&] { return read_server_identity(url); },
      [](const Error& error) {
        const auto* told = dynamic_cast<const PgError*>(&error);
        return told != nullptr && told->sqlstate() == kCannotConnectNow;
      });
}

bool stand_by_for_the_slot(const SourceSettings& settings, int stop_fd) {
  bool told = false;
  while (true) {
    try {
      PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
      const std::optional<SlotState> slot = read_slot(connection, settings.slot);
      if (!slot || !slot->active_pid) return true;
      if (!told) {
        log::warn("another process reads the slot; standing by until it ends",
                  {{"slot", settings.slot}, {"server_process", *slot->active_pid}});
      }
      told = true;
    } catch (const Error& error) {
      if (!told || !error.is_transient()) throw;  // a restart of the server
    }
    if (is_signaled(stop_fd, std::chrono::seconds(1))) return false;
  }
}

StartDecision start_decision(const SourceSettings& settings, const ServerIdentity& server,
                             const std::optional<SourceIdentity>& identity,
                             const std::optional<Checkpoint>& checkpoint,
                             const std::string& state_path) {
  return decide_start(identity, checkpoint,
                      {.system_identifier = server.system_identifier,
                       .database = server.database,
                       .wal_position = server.position,
                       .history = server.history,
                       .standby = server.standby},
                      settings.slot, slot_facts(settings), state_path);
}

std::optional<Started> settle_start(const SourceSettings& settings, ServerIdentity& server,
                                    StateFile& state, RunBoard& board, int stop_fd) {
  const std::optional<StartDecision> decision =
      wait_for_start(settings, server, state, board, stop_fd);
  if (!decision) return std::nullopt;
  for (const std::string& warning : decision->warnings)
    log::warn(warning);
  const bool first_start = !state.checkpoint();
  const std::optional<PreparedSlot> slot = wait_for_slot(settings, state, board, stop_fd);
  if (!slot) return std::nullopt;
  Started started{slot->plugin, decision->start};
  if (first_start) started.start = {.lsn = slot->confirmed, .within = std::nullopt};
  state.adopt({.system_identifier = server.system_identifier,
               .database = server.database,
               .slot = settings.slot,
               .plugin = std::string(plugin_name(slot->plugin)),
               .origin = {server.history.timeline(), server.standby}},
              started.start);
  return started;
}

}  // namespace waltrack
