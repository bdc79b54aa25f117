#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "model/change.hpp"
#include "model/chunk_reader.hpp"
#include "model/row_key.hpp"

namespace waltrack {

// One chunk from before it is read until its last row is mapped, and what the stream has told
// meanwhile of rows that may be in it. All that comes in while the window is open counts as newer
// than the chunk: where it is not, it says what the chunk says, too. Belongs to the capture thread.
class ChunkWindow {
 public:
  // `number` of its read; `seen_before`: StreamedTransactions::next() when it was opened.
  ChunkWindow(uint64_t number, ChunkRequest request, uint64_t seen_before)
      : number_(number), request_(std::move(request)), seen_before_(seen_before) {}

  uint64_t number() const { return number_; }
  const ChunkRequest& request() const { return request_; }
  uint64_t seen_before() const { return seen_before_; }

  bool is_read() const { return chunk_.has_value(); }
  void set_chunk(Chunk chunk) { chunk_ = std::move(chunk); }
  const Chunk& chunk() const { return *chunk_; }
  void lower_cut(Lsn flushed) { chunk_->cut = std::min(chunk_->cut, flushed); }

  // The stream has told of a row: its new image (one value for each column of the plan, unavailable
  // where nothing is known), or that it is gone, or came anew and is told already.
  void update(const RowKey& key, std::span<const Value> image);
  void drop(const RowKey& key);
  void drop_all();

  bool is_dropped(const RowKey& key) const;
  // Lays what is newer over the row's values; the views hold as long as the window is not told
  // more.
  void renew(const RowKey& key, std::vector<Value>& values) const;

  bool at_end() const { return next_ == chunk_->ends.size(); }
  // The next row's line without its newline.
  std::span<char> take_line();

  size_t touched_bytes() const { return touched_bytes_; }
  size_t rows() const { return chunk_ ? chunk_->ends.size() : 0; }
  size_t bytes() const { return touched_bytes_ + (chunk_ ? chunk_->text.capacity() : 0); }

 private:
  struct NewValue {
    Value::State state = Value::State::unavailable;
    std::string text;
  };
  struct Touched {
    bool dropped = false;
    std::vector<NewValue> image;
  };

  uint64_t number_;
  ChunkRequest request_;
  uint64_t seen_before_;
  std::optional<Chunk> chunk_;
  size_t next_ = 0;  // line
  bool all_dropped_ = false;
  std::unordered_map<RowKey, Touched, RowKeyHash> touched_;
  size_t touched_bytes_ = 0;
};

}  // namespace waltrack
