#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "model/chunk_reader.hpp"
#include "model/lsn.hpp"
#include "model/snapshot.hpp"

namespace waltrack {

// A server in a test's memory: one table, transactions that run side by side, a log of commits, and
// snapshots as Postgres gives them, with commits that wait for synchronous replication and so are
// in the log before anybody sees them. Everything happens by the dice of one seed.
class ModelServer {
 public:
  // What a row holds. `uid` stays when its key changes; `told` is what events say of it, `blob` a
  // column that updates which do not change it leave out.
  struct Row {
    int uid = 0;
    int version = 0;
    int told = 0;
    int blob = 0;
    bool operator==(const Row&) const = default;
  };
  struct Write {
    enum class What { insert, update, remove, truncate } what = What::insert;
    int key = 0;
    int old_key = 0;
    Row row;
    bool blob_changed = false;
    bool told_changed = false;
  };
  struct Commit {
    uint32_t xid = 0;
    Lsn commit_lsn;
    Lsn end;
    std::vector<Write> writes;
  };

  // `leaves`: of the table; a row is in the one of its key modulo their number.
  ModelServer(uint32_t seed, int keys, int rows, int leaves);

  void step();     // something happens in a transaction
  void end_all();  // every open transaction ends, every commit is visible
  // The log is written out: up to the last commit, or all of it.
  void write_commits();
  void write_all() { written_ = end_; }

  const std::vector<Commit>& log() const { return log_; }
  Lsn end() const { return end_; }
  Lsn written() const { return written_; }

  Snapshot snapshot() const;
  RunningTransactions running() const;
  // The rows that are seen now, by key.
  std::map<int, Row> visible() const;
  // The rows after all commits that end at or before `position`, as a standby has them.
  std::map<int, Row> replayed(Lsn position) const;
  const std::map<int, Row>& first_rows() const { return first_; }
  int leaves() const { return leaves_; }

 private:
  struct Open {
    uint32_t xid = 0;
    std::vector<Write> writes;
    std::set<int> locked;  // keys
    std::optional<std::pair<size_t, std::set<int>>> savepoint;
    std::optional<size_t> logged;  // waits for synchronous replication; its place in log_
  };

  int dice(int sides) { return static_cast<int>(random_() % static_cast<uint32_t>(sides)); }
  bool is_locked(int key) const;
  void write(Open& open);
  void commit(size_t index);
  void complete(uint32_t xid);
  void apply(const std::vector<Write>& writes, std::map<int, Row>& rows) const;
  std::map<int, Row> rows_for(const Open& open) const;

  std::mt19937 random_;
  int keys_;  // so many are in use
  const int leaves_;
  std::map<int, Row> first_;
  std::map<int, Row> seen_;  // by all
  std::vector<Open> open_;
  std::vector<Commit> log_;
  uint32_t next_xid_;
  uint32_t newest_complete_xid_;
  int next_uid_ = 1;
  Lsn end_{1000};
  Lsn written_{1000};
};

}  // namespace waltrack
