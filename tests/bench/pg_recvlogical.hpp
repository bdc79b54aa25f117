#pragma once

#include <string>

#include "bench/bench_database.hpp"

namespace waltrack {

// The limit of what the server can decode and send: pg_recvlogical, which reads
// BenchDatabase::kSlot to the end of the workload into /dev/null.
class PgRecvlogical {
 public:
  // It asks the plugin for what waltrack asked for last. Lets the server count once what comes
  // then; throws unless that is a message for each of `rows`. `database` must outlive this.
  PgRecvlogical(const BenchDatabase& database, std::string plugin, uint64_t rows);

  // Rows a second from its start to its end; throws unless it wrote all that the server counted. It
  // gets a new slot.
  double rate() const;

 private:
  const BenchDatabase& database_;
  const std::string plugin_;
  const StreamOptions options_;
  const uint64_t rows_;
  uint64_t bytes_ = 0;  // of a whole stream
};

}  // namespace waltrack
