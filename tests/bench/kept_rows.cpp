#include "bench/kept_rows.hpp"

namespace waltrack {

KeptRows::KeptRows(ShopStream& stream) : decoder_(stream.decoder()) {
  StreamItem item;
  for (const ShopMessage& message : stream.messages()) {
    decoder_->feed(message.text, message.lsn);
    while (decoder_->next(item)) {
      if (item.kind != StreamItem::Kind::change) continue;
      item.change.new_row = keep(item.change.new_row);
      item.change.old_row = keep(item.change.old_row);
      rows_.push_back({item.transaction, item.change});
    }
  }
}

std::span<const Value> KeptRows::keep(std::span<const Value> row) {
  std::vector<Value>& kept = values_.emplace_back(row.begin(), row.end());
  for (Value& value : kept)
    value.text = texts_.emplace_back(value.text);
  return kept;
}

}  // namespace waltrack
