#pragma once

#include <cstddef>
#include <sys/types.h>

namespace waltrack {

// The most memory that a running process has held at once, in bytes (VmHWM); throws where it does
// not run.
size_t peak_memory(pid_t process);

// Whether this is built with a sanitizer, whose programs take several times as much.
bool has_sanitizer();

}  // namespace waltrack
