#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/progress.hpp"
#include "state/dead_letter_tables.hpp"
#include "state/source_identity.hpp"
#include "state/state_lock.hpp"
#include "state/state_tables.hpp"

namespace waltrack {

// The id that tells this destination's messages from those of any other; part of every message id.
struct DestinationId {
  std::string id;
  std::string warning;  // for a person, when the id changed; else empty
};

struct DeadLetterLimits {
  size_t max = 100'000;      // so many are kept
  bool keep_payload = true;  // false: neither events nor answers, only where they came from
};

// The durable memory of one `waltrack run`: a SQLite file (WAL mode, synchronous=FULL, mode 0600)
// that holds the checkpoint, what it belongs to, how source, delivery, mappings and backfills fare,
// and the dead letters. While it is open nobody else may open it so; read_state_status() may look,
// request_backfill() may ask and DeadLetterFile may work on the dead letters at any time. Each
// change is one transaction, on disk when the call returns; after an Error the file still holds
// what it held before, and the call may be made again: the Error is transient when there was no
// space. Belongs to one thread at a time.
class StateFile final : public ProgressStore {
 public:
  // Opens the file, making it when it is not there. `clock` must outlive it. Throws an Error: in
  // use, not a state file, of a newer version, unwritable, no space; a file that could not be made
  // whole is not left behind.
  StateFile(const std::string& path, const Clock& clock, DeadLetterLimits limits = {});
  ~StateFile() override;

  // The id to use from now on: `configured` if not empty, else the stored one, else one minted at
  // random; it is stored. The file never forgets it by itself.
  DestinationId settle_destination_id(const std::string& configured);

  // The folder of the spool that events may wait in, absolute; empty: none was used.
  std::string spool_path();
  void set_spool_path(const std::string& path);

  // Both are there or neither is, unless save() came before adopt().
  std::optional<SourceIdentity> identity();
  std::optional<Checkpoint> checkpoint();

  // From now on this file belongs to `source`, and everything before `start` is done. On a first
  // start nothing is tracked before.
  void adopt(const SourceIdentity& source, const Checkpoint& start);

  // It belongs to no source any more and has no checkpoint; the next start is a first one.
  // Backfills and what was asked of them go, too. Dead letters and the destination id stay.
  void forget_source();

  // An unchanged checkpoint without dead letters and steps writes nothing.
  void save(const Checkpoint& checkpoint, std::span<const DeadLetter> dead_letters,
            std::span<const BackfillStep> steps) override;
  void beat() override;
  size_t dead_letter_room() override;
  size_t dead_letter_max() const override { return limits_.max; }
  bool has_dead_letter(const EventPosition& position) override;
  // Cheap as long as nobody has asked anything.
  std::vector<BackfillRequest> backfill_requests() override;
  // The same text again writes nothing: the time kept is since when it holds.
  void save_condition(const std::string& condition) override;
  void save_mappings(const MappingState& mappings) override;
  void save_source(const SourceState& source) override;
  void save_figures(const RunFigures& figures) override;

  // Of each table the last one, whether or not it is over.
  std::vector<StoredBackfill> backfills();
  // The tables and globs that were tracked, in the order of their bytes. Nothing: no program has
  // stored any, as in a file of an earlier version.
  std::optional<std::vector<std::string>> tracked();

  int64_t dead_letter_count();
  // The newest first, `limit` of them at most.
  std::vector<state::StoredDeadLetter> dead_letters(size_t limit);

  const std::string& path() const { return path_; }  // absolute

 private:
  void open_database();
  void prepare_database();
  void write_checkpoint(const Checkpoint& checkpoint);

  const std::string path_;
  const Clock& clock_;
  const DeadLetterLimits limits_;
  StateLock lock_;  // outlives the database
  std::unique_ptr<SQLite::Database> database_;
  std::optional<Checkpoint> saved_;
  std::string condition_;
  int64_t beat_us_ = 0;

  // What backfill_requests() last found, and the database's version then. 0: it has to look.
  int64_t requests_version_ = 0;
  std::vector<BackfillRequest> requests_;
};

}  // namespace waltrack
