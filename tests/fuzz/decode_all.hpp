#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.hpp"
#include "postgres/decoder.hpp"

namespace waltrack {

// Looks at every byte that a row shows, so that a sanitizer sees a view that points nowhere.
inline uint32_t touch_row(const Table& table, std::span<const Value> row) {
  if (!row.empty() && row.size() != table.columns.size()) std::abort();
  uint32_t sum = 0;
  for (const Value& value : row) {
    if (!value.is_present() && !value.text.empty()) std::abort();
    for (const char byte : value.text)
      sum += static_cast<unsigned char>(byte);
  }
  return sum;
}

// Feeds one message and takes its items. An Error is a good answer to a bad message; the decoder is
// asked on after it, which a connection would not do, to find what a broken state could break.
inline void decode_one(Decoder& decoder, std::string_view message, Lsn lsn) {
  try {
    decoder.feed(message, lsn);
  } catch (const Error&) {
  }
  StreamItem item;
  volatile uint32_t seen = 0;
  while (decoder.next(item)) {
    if (item.kind != StreamItem::Kind::change) continue;
    seen = seen + touch_row(*item.change.table, item.change.new_row);
    seen = seen + touch_row(*item.change.table, item.change.old_row);
  }
}

}  // namespace waltrack
