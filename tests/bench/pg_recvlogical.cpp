#include "bench/pg_recvlogical.hpp"

#include <stdexcept>
#include <utility>

#include "bench/timed_process.hpp"

namespace waltrack {

PgRecvlogical::PgRecvlogical(const BenchDatabase& database, std::string plugin, uint64_t rows)
    : database_(database),
      plugin_(std::move(plugin)),
      options_(database.last_stream_options()),
      rows_(rows) {
  database_.renew_slot(plugin_);
  const StreamSize size = database_.stream_size(plugin_, options_);
  if (size.rows != rows_) {
    throw std::runtime_error("with the options of waltrack " + plugin_ + " tells of " +
                             std::to_string(size.rows) + " rows, not of " + std::to_string(rows_));
  }
  bytes_ = size.bytes + size.messages;  // it ends each with a newline
}

double PgRecvlogical::rate() const {
  database_.renew_slot(plugin_);
  ChildOptions options;
  options.args = {database_.server().program_path("pg_recvlogical").string(),
                  "--start",
                  "--dbname=" + database_.server().conninfo(),
                  std::string("--slot=") + BenchDatabase::kSlot,
                  "--endpos=" + database_.end().text(),
                  "--file=/dev/null",
                  "--fsync-interval=0",
                  "--no-loop"};
  for (const auto& [name, value] : options_)
    options.args.push_back("--option=" + name + "=" + value);
  const TimedEnd end = run_timed(std::move(options));
  if (end.written_bytes != bytes_) {
    throw std::runtime_error("pg_recvlogical wrote " + std::to_string(end.written_bytes) +
                             " bytes where the server has " + std::to_string(bytes_));
  }
  return static_cast<double>(rows_) / end.seconds;
}

}  // namespace waltrack
