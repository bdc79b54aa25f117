#pragma once

#include <cstdint>

#include "postgres/inspection.hpp"

namespace waltrack {

// The server as a whole: its version, wal_level, slots and WAL senders that are left, commits that
// would wait for waltrack, and its clock.
void check_version(Inspection& look);
void check_wal_level(Inspection& look);
void check_room(Inspection& look);
void check_synchronous_commits(Inspection& look);
void check_clock(Inspection& look);

// How far apart two clocks are at least, in microseconds: what theirs said between `before_us` and
// `after_us` of ours. Positive: theirs is ahead.
int64_t clock_difference(int64_t before_us, int64_t theirs_us, int64_t after_us);

}  // namespace waltrack
