#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/backfill.hpp"
#include "model/change.hpp"
#include "model/change_mapper.hpp"
#include "model/chunk_reader.hpp"
#include "model/copy_row.hpp"
#include "pipeline/chunk_window.hpp"
#include "pipeline/key_order.hpp"
#include "pipeline/marked_keys.hpp"
#include "pipeline/outbox.hpp"

namespace waltrack {

// The backfill of one table: where it stands, its open windows, and what the stream has shown of
// its keys. Exact without a write to the source:
//
// - A chunk's rows are mapped once the stream has passed the chunk's cut, and until its last row is
//   mapped its window is open: an update that the stream brings meanwhile takes the place of the
//   row, a delete drops it. So no row is told behind a newer change of it.
// - A row that was inserted since the backfill began has its insert event; its key is marked, and
//   chunks leave it out.
// - A row whose key changes may come from ahead of the cursor, where its old key will not be found
//   any more, to where no chunk will read. Its new key is marked, too, and read by itself at the
//   end.
//
// Belongs to the capture thread, as all of the weaving.
class TableBackfill {
 public:
  TableBackfill(BackfillProgress progress, const KeyMarks& marks);

  BackfillProgress& progress() { return progress_; }
  const BackfillProgress& progress() const { return progress_; }

  // Without a plan nothing is known of keys: no change of the table may be taken in.
  bool needs_plan() const { return !progress_.is_over() && !plan_; }
  void set_plan(std::shared_ptr<const BackfillPlan> plan);
  void forget_plan();
  bool is_by_place() const { return plan_ && plan_->by_place; }

  // The stream. What see() changes of marks counts for good with commit().
  void see(const Change& change);
  // Whether see() gave up the windows since the last call, because they would have had to remember
  // too much.
  bool take_overwhelmed() { return std::exchange(overwhelmed_, false); }
  void discard_transaction() { marks_.discard(); }
  // Adds the changed marks to `step`; false: there are none.
  bool commit(BackfillStep& step) { return marks_.commit(step); }

  // Reading. next_request() is where the next chunk goes on; nothing when that is not known yet
  // (the chunk before is being read) or nothing is left to read. The caller sets how much.
  std::optional<ChunkRequest> next_request() const;
  void open_window(uint64_t number, ChunkRequest request, uint64_t seen_before);
  size_t windows() const { return windows_.size(); }
  bool has_windows() const { return !windows_.empty(); }
  // Nothing: it was given up meanwhile.
  ChunkWindow* window(uint64_t number);
  std::optional<uint64_t> oldest_window() const;
  // What they read counts for nothing; reading goes on where mapping stands. The pass of a table
  // that is read by place begins anew.
  void give_up_windows();
  bool is_complete() const;  // all is read and mapped

  // Mapping. The window whose rows come next, if it is read.
  ChunkWindow* front();
  const ChunkWindow* front() const;
  struct Mapped {
    size_t rows = 0;
    bool window_done = false;
  };
  // Maps rows of front(), whose cut has been passed, until the outbox is full.
  Mapped map_rows(ChangeMapper& mapper, Outbox& outbox);

  // What stands now, with marks that map_rows() changed.
  BackfillStep step();
  // The same, once it is over: its marks are forgotten.
  BackfillStep last_step();

  size_t window_bytes() const;

 private:
  // Where the plan's columns are in a layout of the stream's, -1 = not there.
  struct StreamLayout {
    std::vector<int32_t> columns;
    bool whole = true;  // it has all of them
  };
  enum class Told { yes, no, unknown };

  const StreamLayout& layout_of(const Table& table);
  bool find_key(const StreamLayout& layout, std::span<const Value> row,
                std::span<const Value> other, RowKey& key) const;
  void see_update(const Change& change, const StreamLayout& layout);
  void move_key(const RowKey& from, const RowKey& to);
  void read_later(const RowKey& key, const RowKey& was);
  Told told(const RowKey& key) const;
  std::optional<TableName> next_leaf() const;
  bool is_one_leaf() const;
  void map_row(ChunkWindow& window, ChangeMapper& mapper, Outbox& outbox);
  bool is_left_out(const ChunkWindow& window);
  void finish(const ChunkWindow& window);
  void finish_stragglers(const ChunkWindow& window);

  BackfillProgress progress_;
  MarkedKeys marks_;
  std::shared_ptr<const BackfillPlan> plan_;
  KeyOrder order_;
  std::optional<CopyRow> lines_;
  bool overwhelmed_ = false;
  std::deque<ChunkWindow> windows_;                     // in the order of their rows
  std::unordered_map<uint32_t, StreamLayout> layouts_;  // by Table::id

  // Buffers.
  Transaction transaction_;  // that backfilled rows seem to come with
  std::vector<Value> values_;
  std::vector<Value> image_;
  RowKey key_;
  RowKey old_key_;
};

}  // namespace waltrack
