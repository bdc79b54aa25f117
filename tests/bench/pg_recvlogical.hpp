#pragma once

#include "bench/bench_database.hpp"

namespace waltrack {

// Seconds that pg_recvlogical takes, from its start to its end, to read BenchDatabase::kSlot to the
// end of the workload into /dev/null: the limit of what the server can decode and send. It asks the
// plugin for what waltrack asked for last.
double time_pg_recvlogical(const BenchDatabase& database);

}  // namespace waltrack
