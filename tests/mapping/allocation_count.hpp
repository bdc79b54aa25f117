#pragma once

#include <cstddef>

namespace waltrack {

// How often this thread has asked operator new for memory: linking allocation_count.cpp replaces it
// for the whole test binary.
size_t allocation_count();

}  // namespace waltrack
