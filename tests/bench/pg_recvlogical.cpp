#include "bench/pg_recvlogical.hpp"

#include "bench/timed_process.hpp"

namespace waltrack {

double time_pg_recvlogical(const BenchDatabase& database) {
  ChildOptions options;
  options.args = {database.server().program_path("pg_recvlogical").string(),
                  "--start",
                  "--dbname=" + database.server().conninfo(),
                  std::string("--slot=") + BenchDatabase::kSlot,
                  "--endpos=" + database.end().text(),
                  "--file=/dev/null",
                  "--fsync-interval=0",
                  "--no-loop"};
  for (const auto& [name, value] : database.last_stream_options())
    options.args.push_back("--option=" + name + "=" + value);
  return run_timed(std::move(options)).seconds;
}

}  // namespace waltrack
