#include "pipeline/table_backfill.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace waltrack {
namespace {

constexpr size_t kRowsAtOnce = 1024;
constexpr size_t kStragglersAtOnce = 200;

// What windows remember of the stream at most, all together. Where one transaction changes more of
// the table it costs less to read the chunks again.
constexpr size_t kMostTouchedBytes = 64 << 20;

Value value_at(std::span<const Value> row, int32_t column) {
  const auto index = static_cast<size_t>(column);
  return column >= 0 && index < row.size() ? row[index] : Value{};
}

}  // namespace

TableBackfill::TableBackfill(BackfillProgress progress, const KeyMarks& marks)
    : progress_(std::move(progress)), marks_(marks) {
  transaction_.clock_us = progress_.started_at_us;
}

void TableBackfill::set_plan(std::shared_ptr<const BackfillPlan> plan) {
  give_up_windows();
  plan_ = std::move(plan);
  layouts_.clear();
  lines_.emplace(plan_->layout);
  std::vector<ColumnType> types;
  for (const size_t column : plan_->key)
    types.push_back(plan_->layout.columns[column].type);
  order_ = KeyOrder(types);
  progress_.caveat = plan_->caveat;
  progress_.row_estimate = plan_->row_estimate;
  give_up_windows();  // a pass that was begun by another process begins anew
}

void TableBackfill::forget_plan() {
  give_up_windows();
  plan_.reset();
}

const TableBackfill::StreamLayout& TableBackfill::layout_of(const Table& table) {
  const auto [entry, is_new] = layouts_.try_emplace(table.id);
  StreamLayout& layout = entry->second;
  if (!is_new) return layout;
  for (const Column& column : plan_->layout.columns) {
    const std::optional<size_t> found = table.find_column(column.name);
    layout.columns.push_back(found ? static_cast<int32_t>(*found) : -1);
    layout.whole = layout.whole && found;
  }
  return layout;
}

// What the server leaves out of one of an update's rows is the same in the other.
bool TableBackfill::find_key(const StreamLayout& layout, std::span<const Value> row,
                             std::span<const Value> other, RowKey& key) const {
  key.text.clear();
  for (size_t i = 0; i < plan_->key.size(); ++i) {
    const int32_t column = layout.columns[plan_->key[i]];
    Value value = value_at(row, column);
    if (value.is_unavailable()) value = value_at(other, column);
    if (!value.is_present()) return false;
    key.append(value.text, i == 0);
  }
  return true;
}

void TableBackfill::see(const Change& change) {
  if (!plan_ || plan_->by_place) return;
  size_t touched = 0;
  for (const ChunkWindow& window : windows_)
    touched += window.touched_bytes();
  if (touched > kMostTouchedBytes) {
    give_up_windows();
    overwhelmed_ = true;
  }
  const StreamLayout& layout = layout_of(*change.table);
  switch (change.op) {
    case Op::insert:
      if (!find_key(layout, change.new_row, {}, key_)) return give_up_windows();
      if (told(key_) != Told::yes) marks_.set(key_, {});
      return;
    case Op::update:
      return see_update(change, layout);
    case Op::remove:
      if (!find_key(layout, change.old_row, {}, key_)) return give_up_windows();
      marks_.erase(key_);
      for (ChunkWindow& window : windows_)
        window.drop(key_);
      return;
    case Op::truncate:
      marks_.clear();
      for (ChunkWindow& window : windows_)
        window.drop_all();
      return;
    case Op::backfill:
    case Op::message:
      return;
  }
}

void TableBackfill::see_update(const Change& change, const StreamLayout& layout) {
  if (!find_key(layout, change.new_row, change.old_row, key_) ||
      !find_key(layout, change.old_row, change.new_row, old_key_)) {
    return give_up_windows();
  }
  if (key_ != old_key_) return move_key(old_key_, key_);
  if (windows_.empty()) return;
  // The stream does not bring all of the row's columns that are asked for (generated ones), or the
  // server has to look at the row anew: it may be chosen no more.
  if (!layout.whole || !progress_.where.empty()) return read_later(key_, key_);
  image_.clear();
  for (const int32_t column : layout.columns) {
    const Value value = value_at(change.new_row, column);
    image_.push_back(value.is_unavailable() ? value_at(change.old_row, column) : value);
  }
  for (ChunkWindow& window : windows_)
    window.update(key_, image_);
}

void TableBackfill::move_key(const RowKey& from, const RowKey& to) {
  for (ChunkWindow& window : windows_)
    window.drop(from);
  const std::optional<KeyMark> mark = marks_.find(from);
  if (!mark) return read_later(to, from);
  marks_.erase(from);
  marks_.set(to, *mark);
}

// The row is under `key` now and was under `was`; unless it was told under that, it is read by
// itself.
void TableBackfill::read_later(const RowKey& key, const RowKey& was) {
  const std::optional<KeyMark> known = key == was ? marks_.find(key) : std::nullopt;
  if (known && known->kind == KeyMark::Kind::skip) return;
  for (ChunkWindow& window : windows_)
    window.drop(key);
  if (known) return;
  KeyMark mark;
  const Told before = told(was);
  if (before != Told::yes) {
    mark.kind = KeyMark::Kind::straggler;
    if (before == Told::unknown) mark.undecided = {was, progress_.cursor, progress_.last};
  } else if (key == was || told(key) == Told::yes) {
    return;
  }
  marks_.set(key, std::move(mark));
}

bool TableBackfill::is_one_leaf() const {
  return plan_->leaves.size() == 1 && plan_->leaves.front() == plan_->table;
}

// Whether a row that was there under this key when the pass began has been mapped, or no chunk will
// read such a key. In which leaf of several the key is nobody says.
TableBackfill::Told TableBackfill::told(const RowKey& key) const {
  if (!next_leaf()) return Told::yes;
  if (!is_one_leaf()) return Told::no;
  bool unknown = false;
  if (progress_.cursor) {
    const auto order = order_.compare(key, *progress_.cursor);
    if (order && *order <= 0) return Told::yes;
    unknown = !order;
  }
  if (progress_.last) {
    const auto order = order_.compare(key, *progress_.last);
    if (order && *order > 0) return Told::yes;
    unknown = unknown || !order;
  }
  return unknown ? Told::unknown : Told::no;
}

// The one that is not mapped to its end.
std::optional<TableName> TableBackfill::next_leaf() const {
  if (progress_.leaf) return progress_.leaf;
  for (const TableName& leaf : plan_->leaves) {
    if (std::ranges::find(progress_.leaves_done, leaf) == progress_.leaves_done.end()) return leaf;
  }
  return std::nullopt;
}

std::optional<ChunkRequest> TableBackfill::next_request() const {
  ChunkRequest request;
  request.plan = plan_;
  request.where = progress_.where;
  if (windows_.empty()) {
    const std::optional<TableName> leaf = next_leaf();
    if (leaf) {
      request.leaf = *leaf;
      request.after = progress_.cursor;
      request.last = progress_.last;
      return request;
    }
    request.keys = marks_.stragglers(kStragglersAtOnce);
    if (request.keys.empty()) return std::nullopt;
    return request;
  }
  const ChunkWindow& before = windows_.back();
  // Another leaf begins when this one is mapped.
  if (!before.is_read() || before.chunk().end_of_leaf || !before.request().keys.empty()) {
    return std::nullopt;
  }
  request.leaf = before.request().leaf;
  request.after = before.chunk().through;
  request.last = before.chunk().last;
  return request;
}

void TableBackfill::open_window(uint64_t number, ChunkRequest request, uint64_t seen_before) {
  if (request.keys.empty() && windows_.empty()) progress_.leaf = request.leaf;
  windows_.emplace_back(number, std::move(request), seen_before);
}

ChunkWindow* TableBackfill::window(uint64_t number) {
  for (ChunkWindow& window : windows_) {
    if (window.number() == number) return &window;
  }
  return nullptr;
}

std::optional<uint64_t> TableBackfill::oldest_window() const {
  if (windows_.empty()) return std::nullopt;
  return windows_.front().number();
}

void TableBackfill::give_up_windows() {
  windows_.clear();
  if (!is_by_place()) return;
  progress_.cursor.reset();
  progress_.last.reset();
  if (progress_.leaves_done.empty()) progress_.rows = progress_.bytes = 0;
}

bool TableBackfill::is_complete() const {
  return plan_ && windows_.empty() && !next_leaf() && marks_.stragglers(1).empty();
}

ChunkWindow* TableBackfill::front() {
  return windows_.empty() || !windows_.front().is_read() ? nullptr : &windows_.front();
}

const ChunkWindow* TableBackfill::front() const {
  return const_cast<TableBackfill*>(this)->front();
}

TableBackfill::Mapped TableBackfill::map_rows(ChangeMapper& mapper, Outbox& outbox) {
  ChunkWindow& window = windows_.front();
  // Where the pass ends is settled once, when the stream has shown all that was seen: from then on
  // keys beyond it are told by the stream, and not marked.
  const bool keyed = window.request().keys.empty() && !plan_->by_place;
  if (keyed && !progress_.last) progress_.last = window.chunk().last;
  Mapped mapped;
  for (; mapped.rows < kRowsAtOnce && !window.at_end() && !outbox.is_full(); ++mapped.rows)
    map_row(window, mapper, outbox);
  if (mapped.rows > 0 && keyed) progress_.cursor = key_;
  mapped.window_done = window.at_end();
  if (mapped.window_done) {
    finish(window);
    windows_.pop_front();
  }
  return mapped;
}

void TableBackfill::map_row(ChunkWindow& window, ChangeMapper& mapper, Outbox& outbox) {
  const std::span<char> line = window.take_line();
  progress_.bytes += line.size() + 1;
  ++progress_.rows;
  if (!lines_->read(line, values_)) {
    throw Error(ErrorKind::failure, "a row that was read for a backfill is no line of COPY",
                plan_->table.full_name(), "this is a fault of waltrack: please report it");
  }
  key_.text.clear();
  for (size_t i = 0; i < plan_->key.size(); ++i)
    key_.append(values_[plan_->key[i]].text, i == 0);
  if (is_left_out(window)) return;
  window.renew(key_, values_);
  Change change;
  change.op = Op::backfill;
  change.table = &plan_->layout;
  change.new_row = values_;
  change.key = key_.text;
  outbox.set_row(transaction_, change);
  mapper.map(transaction_, change, outbox);
}

bool TableBackfill::is_left_out(const ChunkWindow& window) {
  const bool straggler = !window.request().keys.empty();
  if (straggler && window.is_dropped(key_)) return true;
  if (!marks_.empty()) {
    const std::optional<KeyMark> mark = marks_.find(key_);
    if (straggler) {
      if (!mark) return true;
      marks_.erase(key_);
      return false;
    }
    if (mark) {
      // No chunk will meet it again.
      if (mark->kind == KeyMark::Kind::skip && is_one_leaf()) marks_.erase(key_);
      return true;
    }
  }
  return straggler || window.is_dropped(key_);
}

void TableBackfill::finish(const ChunkWindow& window) {
  if (!window.request().keys.empty()) return finish_stragglers(window);
  const Chunk& chunk = window.chunk();
  if (!chunk.end_of_leaf) {
    if (chunk.through) progress_.cursor = chunk.through;
    return;
  }
  progress_.leaves_done.push_back(window.request().leaf);
  progress_.leaf.reset();
  progress_.cursor.reset();
  progress_.last.reset();
}

// Those that were not found were told under their old keys, or do not match `where`; those that the
// stream has moved meanwhile were marked anew.
void TableBackfill::finish_stragglers(const ChunkWindow& window) {
  for (const auto& [key, mark] : window.request().keys) {
    if (!window.is_dropped(key)) marks_.erase(key);
  }
}

BackfillStep TableBackfill::step() {
  BackfillStep step;
  step.table = progress_.table;
  step.progress = progress_;
  marks_.commit(step);
  return step;
}

BackfillStep TableBackfill::last_step() {
  windows_.clear();
  marks_.clear();
  BackfillStep step;
  step.table = progress_.table;
  step.progress = progress_;
  step.forget_marks = true;
  marks_.commit(step);
  return step;
}

size_t TableBackfill::window_bytes() const {
  size_t sum = 0;
  for (const ChunkWindow& window : windows_)
    sum += window.bytes();
  return sum;
}

}  // namespace waltrack
