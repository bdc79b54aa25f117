#include "state/dead_letter_file.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>
#include <cerrno>
#include <tuple>

#include "state/guarded.hpp"
#include "state/state_tables.hpp"

namespace waltrack {

using state::guarded;

namespace {

constexpr size_t kRemovedAtOnce = 500;

}  // namespace

DeadLetterFile::DeadLetterFile(const std::string& path, state::Access access, const Clock& clock)
    : path_(state::existing_state_path(path, access)), clock_(clock) {
  guarded(path_, "open the state file", [&] {
    database_ = std::make_unique<SQLite::Database>(state::open_existing(path_, access));
    if (access != state::Access::write) return;
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    state::add_missing_dead_letter_columns(*database_);
    transaction.commit();
  });
}

DeadLetterFile::~DeadLetterFile() = default;

size_t DeadLetterFile::count(const state::DeadLetterFilter& filter) {
  return guarded(path_, "read the state file", [&] {
    return static_cast<size_t>(state::count_dead_letters(*database_, filter));
  });
}

std::vector<state::StoredDeadLetter> DeadLetterFile::newest(const state::DeadLetterFilter& filter,
                                                            size_t limit) {
  return guarded(path_, "read the state file",
                 [&] { return state::read_dead_letters(*database_, limit, filter); });
}

std::optional<state::StoredDeadLetter> DeadLetterFile::find(int64_t number) {
  return guarded(path_, "read the state file",
                 [&] { return state::read_dead_letter(*database_, number); });
}

std::vector<int64_t> DeadLetterFile::in_order(const state::DeadLetterFilter& filter) {
  return guarded(path_, "read the state file", [&] {
    std::vector<state::DeadLetterPlace> places = state::read_dead_letter_places(*database_, filter);
    Lsn latest;
    for (state::DeadLetterPlace& place : places) {
      latest = std::max(latest, place.commit_lsn);
      if (place.kind != MessageKind::backfill) continue;
      // It has no place in the log; its LSN is a digest, and says nothing.
      place.commit_lsn = place.lsn = latest;
      place.ordinal = UINT32_MAX;
    }
    std::ranges::sort(places, {}, [](const state::DeadLetterPlace& place) {
      return std::tuple(place.commit_lsn, place.lsn, place.ordinal, place.number);
    });
    std::vector<int64_t> numbers;
    numbers.reserve(places.size());
    for (const state::DeadLetterPlace& place : places)
      numbers.push_back(place.number);
    return numbers;
  });
}

size_t DeadLetterFile::remove(std::span<const int64_t> numbers) {
  return guarded(path_, "write to the state file", [&] {
    size_t removed = 0;
    for (size_t at = 0; at < numbers.size(); at += kRemovedAtOnce) {
      SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
      removed += state::remove_dead_letters(
          *database_, numbers.subspan(at, std::min(kRemovedAtOnce, numbers.size() - at)));
      transaction.commit();
    }
    return removed;
  });
}

void DeadLetterFile::count_refusal(int64_t number, const std::string& detail,
                                   const std::string& answer) {
  guarded(path_, "write to the state file",
          [&] { state::count_refusal(*database_, number, detail, answer, clock_.utc_us()); });
}

}  // namespace waltrack
