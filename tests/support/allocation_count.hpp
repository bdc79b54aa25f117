#pragma once

#include <cstddef>

namespace waltrack {

// How often operator new was called in this process. A binary that links
// waltrack_allocation_count has operator new replaced by one that counts.
size_t allocation_count();

}  // namespace waltrack
