#include "pipeline/model_server.hpp"

#include <algorithm>

namespace waltrack {
namespace {

constexpr size_t kMostOpen = 4;

}  // namespace

ModelServer::ModelServer(uint32_t seed, int keys, int rows, int leaves)
    : random_(seed), keys_(keys), leaves_(leaves) {
  // Near the end of the circle, so that xids begin anew within a run.
  next_xid_ = dice(2) == 0 ? 0xFFFFFFF0U : 800;
  newest_complete_xid_ = next_xid_ - 1;
  while (static_cast<int>(first_.size()) < rows) {
    const int key = dice(keys_);
    if (first_.contains(key)) continue;
    first_[key] = {next_uid_++, 0, 0, 0};
  }
  seen_ = first_;
}

bool ModelServer::is_locked(int key) const {
  return std::ranges::any_of(open_, [&](const Open& open) { return open.locked.contains(key); });
}

void ModelServer::apply(const std::vector<Write>& writes, std::map<int, Row>& rows) const {
  for (const Write& write : writes) {
    if (write.what == Write::What::truncate) {
      rows.clear();
      continue;
    }
    if (write.what != Write::What::insert) rows.erase(write.old_key);
    if (write.what != Write::What::remove) rows[write.key] = write.row;
  }
}

std::map<int, ModelServer::Row> ModelServer::rows_for(const Open& open) const {
  std::map<int, Row> rows = seen_;
  apply(open.writes, rows);
  return rows;
}

void ModelServer::step() {
  const int what = dice(10);
  if (open_.size() < kMostOpen && (open_.empty() || what == 0)) {
    open_.emplace_back().xid = next_xid_++;
    if (next_xid_ < 3) next_xid_ = 3;
    return;
  }
  const auto index = static_cast<size_t>(dice(static_cast<int>(open_.size())));
  Open& open = open_[index];
  if (open.logged) {
    if (what < 3) commit(index);
    return;
  }
  if (what < 6) return write(open);
  if (what == 6 && open_.size() == 1 && open.writes.empty() && dice(40) == 0) {
    open.writes.push_back({Write::What::truncate, 0, 0, {}, false, false});
    return commit(index);
  }
  if (what == 6) open.savepoint = {open.writes.size(), open.locked};
  if (what == 7 && open.savepoint) {  // its locks stay, which hurts nobody
    open.writes.resize(open.savepoint->first);
    open.savepoint.reset();
  }
  if (what == 8) commit(index);
  if (what == 9 && dice(3) == 0) {
    complete(open.xid);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
  }
}

void ModelServer::write(Open& open) {
  const std::map<int, Row> rows = rows_for(open);
  const int key = dice(6) == 0 ? keys_++ : dice(keys_);  // behind all others, as a serial's is
  const bool ours = open.locked.contains(key);
  if (is_locked(key) && !ours) return;
  const auto row = rows.find(key);
  Write write;
  write.key = write.old_key = key;
  if (row == rows.end()) {
    write.row = {next_uid_++, 0, 0, 0};
  } else {
    const int kind = dice(10);
    write.row = row->second;
    write.what = kind == 0 ? Write::What::remove : Write::What::update;
    ++write.row.version;
    write.told_changed = dice(2) == 0;
    if (write.told_changed) ++write.row.told;
    write.blob_changed = dice(3) == 0;
    if (write.blob_changed) ++write.row.blob;
    if (kind < 3 && kind > 0) {
      const int to =
          (key + leaves_ * (1 + dice(keys_ / leaves_ - 1))) % (keys_ / leaves_ * leaves_);
      const bool free = !rows.contains(to) && (!is_locked(to) || open.locked.contains(to));
      if (free && to % leaves_ == key % leaves_) write.key = to;
    }
  }
  open.locked.insert(key);
  open.locked.insert(write.key);
  open.writes.push_back(write);
}

void ModelServer::complete(uint32_t xid) {
  if (static_cast<int32_t>(xid - newest_complete_xid_) > 0) newest_complete_xid_ = xid;
}

// In the log first; seen at once, or only when this comes the second time.
void ModelServer::commit(size_t index) {
  Open& open = open_[index];
  if (!open.logged) {
    end_.value += 8 + static_cast<uint64_t>(dice(40));
    const Lsn start = end_;
    end_.value += 8;
    log_.push_back({open.xid, start, end_, open.writes});
    open.logged = log_.size() - 1;
    if (dice(3) != 0) written_ = end_;
    // Nobody else may be at work meanwhile, when all rows are locked.
    const bool locks_all = std::ranges::any_of(
        open.writes, [](const Write& write) { return write.what == Write::What::truncate; });
    if (!locks_all && dice(4) == 0) return;
  }
  // Another's log behind it: what an idle server does not write out at once.
  if (dice(4) == 0) end_.value += static_cast<uint64_t>(dice(64));
  apply(open.writes, seen_);
  complete(open.xid);
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
}

void ModelServer::end_all() {
  while (!open_.empty())
    commit(open_.size() - 1);
  write_all();
}

void ModelServer::write_commits() {
  if (!log_.empty()) written_ = std::max(written_, log_.back().end);
}

namespace {

// With an epoch that makes all of a run's xids rise.
uint64_t full(uint32_t xid) {
  return xid >= 0xF0000000U ? (uint64_t{4} << 32 | xid) : (uint64_t{5} << 32 | xid);
}

}  // namespace

Snapshot ModelServer::snapshot() const {
  Snapshot snapshot;
  snapshot.xmax = full(newest_complete_xid_) + 1;
  snapshot.xmin = snapshot.xmax;
  for (const Open& open : open_) {
    if (full(open.xid) >= snapshot.xmax) continue;
    snapshot.xip.push_back(full(open.xid));
    snapshot.xmin = std::min(snapshot.xmin, full(open.xid));
  }
  return snapshot;
}

RunningTransactions ModelServer::running() const {
  const Snapshot now = snapshot();
  RunningTransactions running;
  running.oldest = now.xmin;
  running.next = now.xmax;
  for (const Open& open : open_)
    running.next = std::max(running.next, full(open.xid) + 1);
  running.position = end_;
  return running;
}

std::map<int, ModelServer::Row> ModelServer::visible() const {
  return seen_;
}

std::map<int, ModelServer::Row> ModelServer::replayed(Lsn position) const {
  std::map<int, Row> rows = first_;
  for (const Commit& commit : log_) {
    if (commit.end <= position) apply(commit.writes, rows);
  }
  return rows;
}

}  // namespace waltrack
