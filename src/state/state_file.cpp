#include "state/state_file.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <unistd.h>

#include "base/failpoint.hpp"
#include "state/backfill_tables.hpp"
#include "state/dead_letter_tables.hpp"
#include "state/guarded.hpp"
#include "state/mapping_state_json.hpp"
#include "state/run_figures_json.hpp"
#include "state/source_state_json.hpp"

namespace waltrack {

using state::guarded;

namespace {

// True when this call made the file. SQLite would take what a write-ahead log left behind by
// another file says for the new file's own content.
bool make_file(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && access((path + "-wal").c_str(), F_OK) == 0) {
    throw Error(ErrorKind::failure, "there is no state file, but its write-ahead log is there",
                path + "-wal",
                "it holds the last changes of a state file that was moved: move the "
                "two together, or delete it");
  }
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return false;
  if (fd < 0) {
    throw Error(ErrorKind::failure,
                std::string("cannot make the state file: ") + std::strerror(errno), path,
                "the user that runs waltrack must be able to write to its folder");
  }
  close(fd);
  return true;
}

// Makes the file's name durable. A folder that cannot be synced is a file system's way; SQLite does
// the same and goes on.
void sync_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

void remove_file(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"})
    unlink((path + suffix).c_str());
}

std::string mint_destination_id() {
  std::random_device entropy;
  char text[20];
  std::snprintf(text, sizeof text, "wt-%08x%08x", entropy(), entropy());
  return text;
}

}  // namespace

StateFile::StateFile(const std::string& path, const Clock& clock, DeadLetterLimits limits)
    : path_(state::resolve_state_path(path)), clock_(clock), limits_(limits), lock_(path_) {
  const bool made = make_file(path_);
  try {
    open_database();
    if (made) sync_folder(path_);
  } catch (...) {
    database_.reset();
    if (made) remove_file(path_);
    throw;
  }
}

StateFile::~StateFile() = default;

void StateFile::open_database() {
  guarded(path_, "open the state file", [&] {
    database_ =
        std::make_unique<SQLite::Database>(path_, SQLite::OPEN_READWRITE, state::kBusyTimeoutMs);
    prepare_database();
  });
}

void StateFile::prepare_database() {
  // SQLite silently opens read-only what it may not write.
  if (access(path_.c_str(), W_OK) != 0) {
    throw Error(ErrorKind::failure,
                std::string("cannot write to the state file: ") + std::strerror(errno), path_,
                "the user that runs waltrack must own it");
  }
  const bool fresh = state::has_no_tables(*database_);
  if (!fresh) state::check_tables(*database_, path_);
  const std::string mode = database_->execAndGet("pragma journal_mode = wal").getString();
  if (mode != "wal") {
    throw Error(ErrorKind::failure, "the state file's disk does not support write-ahead logging",
                path_, "put the state file on a local disk");
  }
  database_->exec("pragma synchronous = full");
  if (fresh) state::make_tables(*database_, path_, clock_.utc_us());
  state::add_missing_tables(*database_);

  if (auto stored = state::read_checkpoint(*database_)) saved_ = std::move(stored->checkpoint);
  if (auto stored = state::read_condition(*database_)) condition_ = std::move(stored->text);
}

DestinationId StateFile::settle_destination_id(const std::string& configured) {
  return guarded(path_, "store the destination's id", [&] {
    const std::string stored = state::read_destination_id(*database_);
    DestinationId result;
    result.id = !configured.empty() ? configured : stored;
    if (result.id.empty()) result.id = mint_destination_id();
    if (result.id == stored) return result;
    if (!stored.empty()) {
      result.warning = "destination.id changed from \"" + stored + "\" to \"" + result.id +
                       "\": every message id changes with it, so what was sent under the old one "
                       "and comes again will not be recognised as a repeat";
    }
    SQLite::Statement update(*database_, "update origin set destination_id = ?");
    update.bind(1, result.id);
    update.exec();
    return result;
  });
}

std::string StateFile::spool_path() {
  return guarded(path_, "read the state file",
                 [&] { return database_->execAndGet("select spool from origin").getString(); });
}

void StateFile::set_spool_path(const std::string& path) {
  guarded(path_, "write to the state file", [&] {
    SQLite::Statement update(*database_, "update origin set spool = ?");
    update.bind(1, path);
    update.exec();
  });
}

std::optional<SourceIdentity> StateFile::identity() {
  return guarded(path_, "read the state file", [&] { return state::read_source(*database_); });
}

std::optional<Checkpoint> StateFile::checkpoint() {
  return saved_;
}

void StateFile::adopt(const SourceIdentity& source, const Checkpoint& start) {
  guarded(path_, "write to the state file", [&] {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement replace(*database_, "replace into source values (1, ?, ?, ?, ?, ?, ?)");
    replace.bind(1, std::to_string(source.system_identifier));
    replace.bind(2, source.database);
    replace.bind(3, source.slot);
    replace.bind(4, source.plugin);
    replace.bind(5, static_cast<int64_t>(source.origin.timeline));
    replace.bind(6, source.origin.standby ? 1 : 0);
    replace.exec();
    if (!saved_) state::begin_tracked(*database_);
    write_checkpoint(start);
    failpoint("state_file.before_adopting");
    transaction.commit();
    failpoint("state_file.adopted");
  });
  saved_ = start;
}

void StateFile::forget_source() {
  guarded(path_, "write to the state file", [&] {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    for (const char* table : {"source", "checkpoint", "condition", "mappings", "source_state"})
      database_->exec(std::string("delete from ") + table);
    state::forget_backfills(*database_);
    transaction.commit();
  });
  saved_.reset();
  requests_version_ = 0;
  condition_.clear();
}

void StateFile::save(const Checkpoint& checkpoint, std::span<const DeadLetter> dead_letters,
                     std::span<const BackfillStep> steps) {
  const bool moved = saved_ != checkpoint;
  if (!moved && dead_letters.empty() && steps.empty()) return;
  guarded(path_, "store the checkpoint", [&] {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    if (!dead_letters.empty()) {
      state::write_dead_letters(*database_, dead_letters, limits_.keep_payload, clock_.utc_us());
    }
    if (moved) write_checkpoint(checkpoint);
    state::write_steps(*database_, steps);
    failpoint("state_file.before_commit");
    transaction.commit();
    failpoint("state_file.committed");
  });
  saved_ = checkpoint;
  for (const BackfillStep& step : steps) {
    if (step.request != 0) requests_version_ = 0;
  }
}

void StateFile::beat() {
  constexpr int64_t kBetweenUs = 10'000'000;
  const int64_t now_us = clock_.utc_us();
  if (now_us - beat_us_ < kBetweenUs) return;
  beat_us_ = now_us;
  lock_.beat();
}

size_t StateFile::dead_letter_room() {
  const auto stored = static_cast<size_t>(dead_letter_count());
  return stored < limits_.max ? limits_.max - stored : 0;
}

bool StateFile::has_dead_letter(const EventPosition& position) {
  return guarded(path_, "read the state file",
                 [&] { return state::has_dead_letter(*database_, position); });
}

std::vector<BackfillRequest> StateFile::backfill_requests() {
  return guarded(path_, "read the state file", [&] {
    // It counts what other connections commit. Asked before the look, so that what comes between
    // the two is not missed.
    const int64_t version = database_->execAndGet("pragma data_version").getInt64();
    if (version == requests_version_) return requests_;
    std::vector<BackfillRequest> found;
    for (state::PendingRequest& pending : state::read_requests(*database_))
      found.push_back(std::move(pending.request));
    requests_ = std::move(found);
    requests_version_ = version;
    return requests_;
  });
}

std::vector<StoredBackfill> StateFile::backfills() {
  return guarded(path_, "read the state file", [&] {
    std::vector<StoredBackfill> stored;
    for (BackfillProgress& progress : state::read_backfills(*database_)) {
      KeyMarks marks = state::read_key_marks(*database_, progress.table);
      stored.push_back({std::move(progress), std::move(marks)});
    }
    return stored;
  });
}

std::optional<std::vector<std::string>> StateFile::tracked() {
  return guarded(path_, "read the state file", [&] { return state::read_tracked(*database_); });
}

void StateFile::write_checkpoint(const Checkpoint& checkpoint) {
  SQLite::Statement replace(*database_,
                            "replace into checkpoint (only, lsn, saved_at_us, within_commit_lsn, "
                            "within_kind, within_lsn, within_table, within_ordinal, within_rule) "
                            "values (1, ?, ?, ?, ?, ?, ?, ?, ?)");
  replace.bind(1, checkpoint.lsn.text());
  replace.bind(2, clock_.utc_us());
  if (checkpoint.within) {
    const EventPosition& within = *checkpoint.within;
    replace.bind(3, within.commit_lsn.text());
    replace.bind(4, static_cast<int>(within.kind));
    replace.bind(5, within.lsn.text());
    replace.bind(6, within.table);
    replace.bind(7, static_cast<int64_t>(within.ordinal));
    replace.bind(8, within.rule);
  }
  replace.exec();
}

void StateFile::save_condition(const std::string& condition) {
  if (condition == condition_) return;
  guarded(path_, "write to the state file", [&] {
    SQLite::Statement replace(*database_, "replace into condition values (1, ?, ?)");
    replace.bind(1, condition);
    replace.bind(2, clock_.utc_us());
    replace.exec();
  });
  condition_ = condition;
}

void StateFile::save_mappings(const MappingState& mappings) {
  guarded(path_, "write to the state file", [&] {
    SQLite::Statement replace(*database_, "replace into mappings values (1, ?)");
    replace.bind(1, state::mapping_state_text(mappings));
    replace.exec();
  });
}

void StateFile::save_source(const SourceState& source) {
  guarded(path_, "write to the state file", [&] {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement replace(*database_, "replace into source_state values (1, ?)");
    replace.bind(1, state::source_state_text(source));
    replace.exec();
    if (source.origin.timeline != 0) {
      SQLite::Statement update(*database_, "update source set timeline = ?, from_standby = ?");
      update.bind(1, static_cast<int64_t>(source.origin.timeline));
      update.bind(2, source.origin.standby ? 1 : 0);
      update.exec();
    }
    transaction.commit();
  });
}

void StateFile::save_figures(const RunFigures& figures) {
  guarded(path_, "write to the state file", [&] {
    SQLite::Statement replace(*database_, "replace into run_figures values (1, ?)");
    replace.bind(1, state::run_figures_text(figures));
    replace.exec();
  });
}

int64_t StateFile::dead_letter_count() {
  return guarded(path_, "read the state file",
                 [&] { return state::count_dead_letters(*database_); });
}

std::vector<state::StoredDeadLetter> StateFile::dead_letters(size_t limit) {
  return guarded(path_, "read the state file",
                 [&] { return state::read_dead_letters(*database_, limit); });
}

}  // namespace waltrack
