#pragma once

#include <cstdint>
#include <string>

#include "base/diagnostic.hpp"
#include "model/message_id.hpp"

namespace waltrack {

// What the rest of the program knows of one compiled rule. Owned by the mapper, constant while the
// mapper lives.
struct Rule {
  uint32_t index = 0;  // dense over the mapper, in the order in which a row's rules run
  std::string table;   // resolved "schema.table", or "message:PREFIX"
  std::string id;  // unique within the table: its `id:`, else "track/Order Completed", "identify"
  RuleKey key;
  bool shadow = false;  // its events are made and counted, and not sent
  SourcePlace place;    // where it stands
};

}  // namespace waltrack
