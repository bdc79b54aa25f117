#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/backfill.hpp"
#include "model/lsn.hpp"
#include "model/snapshot.hpp"
#include "model/table.hpp"

namespace waltrack {

// What a backfill reads of a table, and how. Immutable.
struct BackfillPlan {
  TableName table;  // resolved: a partition's root
  // The columns that were asked for, and those of the key. Its Table::id is no other layout's.
  Table layout;
  // Its columns that make the key, in the key's order. What the stream tells of a row has them,
  // too: they are the replica identity, or the primary key where that is part of it.
  std::vector<size_t> key;
  // There is no such key: rows go by their place in the file (a column `ctid` is in the layout, and
  // is the key), in one pass of one reader over one snapshot.
  bool by_place = false;
  std::vector<TableName>
      leaves;          // those that hold rows; the table itself where it has no partitions
  std::string caveat;  // see BackfillProgress
  int64_t row_estimate = -1;
};

struct ChunkRequest {
  std::shared_ptr<const BackfillPlan> plan;
  TableName leaf;
  std::string where;
  std::optional<RowKey> after;  // rows behind this key; none: from the first one on
  std::optional<RowKey> last;   // rows up to this key; none: find out which is the last one now
  // Not empty: rows of these keys only, in any leaf, whatever `after` and `last` are. Of a mark
  // that is undecided only if its key of before lay ahead.
  std::vector<std::pair<RowKey, KeyMark>> keys;
  size_t most_rows = 0;   // about
  size_t most_bytes = 0;  // likewise; at least one row comes
  // Everything that ends before this has to be in what is read; a standby waits until it has
  // replayed it.
  Lsn opened_at;
};

// Rows of one snapshot, in the order of the key.
struct Chunk {
  // What was seen; nothing: it was read on a standby, which saw all that ends before
  // ChunkRequest::opened_at.
  std::optional<Snapshot> snapshot;
  // All transactions that were seen end at or before it.
  Lsn cut;
  // From then on ChunkReader::flushed() is such a position, too. A primary's `cut` may lie in WAL
  // that is not written out for a long while.
  SteadyTime settled_at;

  // One line a row, as COPY TO STDOUT gives them: the plan's columns in their order, parted by
  // tabs, \N for null, the escapes of COPY's text format. A bytea stands as COPY gives it: `\\x…`.
  std::string text;
  std::vector<size_t> ends;  // of the lines in `text`, each behind its newline

  std::optional<RowKey> last;  // ChunkRequest::last, or what was found; none: there are no rows
  // Where the next chunk goes on: behind the last line's key, or, where a condition let few rows or
  // none through, behind all that was looked at; by_place a place in the file. None: there was
  // nothing.
  std::optional<RowKey> through;
  bool end_of_leaf = false;  // nothing is left up to `last`
};

// Which transactions are running.
struct RunningTransactions {
  uint64_t oldest = 0;  // all before it are over, and seen by everybody
  uint64_t next = 0;    // all that have run until now are before it
  Lsn position;         // they wrote no more than up to here
};

// Reads rows that are there already, over a connection of its own. Belongs to one thread. Throws a
// transient Error where coming back may help: the connection (made anew with the next call), a
// standby that cancelled the query, a statement that took too long. Every wait ends early, with a
// transient Error, when a stop is requested.
class ChunkReader {
 public:
  virtual ~ChunkReader() = default;

  // Of the server that is streamed from, if that is no standby.
  virtual RunningTransactions running() = 0;

  // `columns` of the table that has to be read; the key's need not be among them. Asks the server
  // that is streamed from: the stream waits for it. Throws a failure where table or column is
  // missing or may not be read.
  virtual BackfillPlan plan(const TableName& table, const std::vector<std::string>& columns) = 0;

  // by_place: throws a transient Error where the request goes on in a snapshot (it has an `after`)
  // that this reader does not hold, or holds no more.
  virtual Chunk read(const ChunkRequest& request, const std::stop_token& stop) = 0;

  // Lets go of a snapshot that it holds between calls.
  virtual void release() = 0;

  // How far the WAL of the server that is read is written out.
  virtual Lsn flushed() = 0;
};

}  // namespace waltrack
