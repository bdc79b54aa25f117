#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/shop_stream.hpp"
#include "model/change.hpp"

namespace waltrack {

// The rows of a stream, decoded once and kept, for what measures a stage behind the decoder.
class KeptRows {
 public:
  explicit KeptRows(ShopStream& stream);
  KeptRows(const KeptRows&) = delete;

  struct Row {
    Transaction transaction;
    Change change;  // views into this object
  };
  const std::vector<Row>& all() const { return rows_; }

 private:
  std::span<const Value> keep(std::span<const Value> row);

  const std::unique_ptr<Decoder> decoder_;  // owns the tables
  std::vector<Row> rows_;
  std::deque<std::vector<Value>> values_;
  std::deque<std::string> texts_;
};

}  // namespace waltrack
