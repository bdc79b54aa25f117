#include "state/backfill_requests.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

#include "state/backfill_tables.hpp"
#include "state/state_lock.hpp"
#include "state/state_tables.hpp"

namespace waltrack {
namespace {

void check_file(const std::string& resolved, const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::exists(resolved, failed)) {
    throw Error(ErrorKind::failure, "there is no state file", path,
                "`waltrack run` makes it; name it under `state:` as that run does");
  }
  // SQLite silently opens read-only what it may not write.
  if (access(resolved.c_str(), W_OK) != 0) {
    throw Error(ErrorKind::failure,
                std::string("cannot write to the state file: ") + std::strerror(errno), path,
                "be the user that runs waltrack");
  }
}

// A run that does not know the tables would never look into them.
void settle_tables(SQLite::Database& database, const std::string& path) {
  if (state::has_backfill_tables(database)) return;
  if (StateLock::holder(path)) {
    throw Error(ErrorKind::failure,
                "the `waltrack run` that has the state file open is of an earlier version, which "
                "knows no backfills",
                path, "start it anew with this version");
  }
  state::add_missing_tables(database);
}

}  // namespace

std::vector<int64_t> request_backfill(const std::string& path,
                                      std::span<const BackfillRequest> requests,
                                      const Clock& clock) {
  const std::string resolved = state::resolve_state_path(path);
  check_file(resolved, path);
  errno = 0;
  try {
    SQLite::Database database(resolved, SQLite::OPEN_READWRITE, state::kBusyTimeoutMs);
    if (state::has_no_tables(database)) {
      throw Error(ErrorKind::failure, "the state file is empty", path,
                  "`waltrack run` fills it when it starts");
    }
    database.exec("pragma synchronous = full");
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    state::check_tables(database, resolved);
    settle_tables(database, resolved);
    std::vector<int64_t> numbers;
    for (const BackfillRequest& request : requests)
      numbers.push_back(state::write_request(database, request, clock.utc_us()));
    transaction.commit();
    return numbers;
  } catch (const SQLite::Exception& exception) {
    throw state::state_error(exception, errno, resolved, "write to the state file");
  }
}

}  // namespace waltrack
