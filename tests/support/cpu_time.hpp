#pragma once

#include <sys/types.h>

namespace waltrack {

// Seconds of processor time that a process has taken, all its threads, in user and kernel mode;
// counted in hundredths. Throws where it is gone.
double cpu_time_s(pid_t process);

}  // namespace waltrack
