#include "state/backfill_requests.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cerrno>

#include "state/backfill_tables.hpp"
#include "state/existing_file.hpp"
#include "state/state_lock.hpp"
#include "state/state_tables.hpp"

namespace waltrack {
namespace {

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
  const std::string resolved = state::existing_state_path(path, state::Access::write);
  errno = 0;
  try {
    SQLite::Database database = state::open_existing(resolved, state::Access::write);
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
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
