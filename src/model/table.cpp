#include "model/table.hpp"

#include <atomic>

namespace waltrack {

uint32_t next_table_id() {
  static std::atomic<uint32_t> next = 0;
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace waltrack
