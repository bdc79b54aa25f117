#include "state/state_status.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cerrno>

#include "base/clock.hpp"
#include "state/existing_file.hpp"
#include "state/state_lock.hpp"

namespace waltrack {
namespace {

// A run that is well tells so every ten seconds.
constexpr int64_t kSilentAfterS = 60;

}  // namespace

StateStatus read_state_status(const std::string& path, size_t newest_dead_letters) {
  StateStatus status;
  status.path = state::existing_state_path(path, state::Access::read);
  errno = 0;
  try {
    SQLite::Database database = state::open_existing(status.path, state::Access::read);
    // All reads see one moment.
    SQLite::Transaction moment(database, SQLite::TransactionBehavior::DEFERRED);
    status.created_at_us = state::read_created_at_us(database);
    status.destination_id = state::read_destination_id(database);
    status.source = state::read_source(database);
    status.checkpoint = state::read_checkpoint(database);
    status.condition = state::read_condition(database);
    status.mappings = state::read_mappings(database);
    status.source_state = state::read_source_state(database);
    status.figures = state::read_run_figures(database);
    status.backfills = state::read_backfills(database);
    status.backfill_requests = state::read_requests(database);
    status.dead_letter_count = state::count_dead_letters(database);
    status.newest_dead_letters = state::read_dead_letters(database, newest_dead_letters);
  } catch (const SQLite::Exception& exception) {
    throw state::state_error(exception, errno, status.path, "read the state file");
  }
  if (const std::optional<StateLock::Holder> holder = StateLock::holder(status.path)) {
    status.running = true;
    status.pid = holder->pid;
    const int64_t age_s = (SystemClock().utc_us() - holder->beat_us) / 1'000'000;
    if (age_s > kSilentAfterS) status.silent_s = age_s;
  }
  return status;
}

}  // namespace waltrack
