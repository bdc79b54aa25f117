#include "state/state_status.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cerrno>
#include <filesystem>

#include "state/state_lock.hpp"

namespace waltrack {

StateStatus read_state_status(const std::string& path, size_t newest_dead_letters) {
  StateStatus status;
  status.path = state::resolve_state_path(path);
  std::error_code failed;
  if (!std::filesystem::exists(status.path, failed)) {
    throw Error(ErrorKind::failure, "there is no state file", path,
                "`waltrack run` makes it; name it under `state:` as that run does");
  }
  errno = 0;
  try {
    SQLite::Database database(status.path, SQLite::OPEN_READONLY, state::kBusyTimeoutMs);
    if (state::has_no_tables(database)) {
      throw Error(ErrorKind::failure, "the state file is empty", path,
                  "`waltrack run` fills it when it starts");
    }
    // All reads see one moment.
    SQLite::Transaction moment(database, SQLite::TransactionBehavior::DEFERRED);
    state::check_tables(database, status.path);
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
  }
  return status;
}

}  // namespace waltrack
