#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bench/checkpoint_watch.hpp"
#include "model/lsn.hpp"
#include "state/state_status.hpp"
#include "support/child_process.hpp"
#include "support/postgres_server.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {

struct WaltrackSettings {
  std::string slot = "waltrack";  // if it is there already, the run begins where it stands
  std::string publication = "waltrack";
  std::string plugin;
  std::string mapping;  // text of the one mapping file
  std::string batch_url;
};

// `waltrack run`, the real binary, with a new state file, from its start to its end. What goes
// wrong is thrown with its log. Make it on the main thread (see ChildProcess); `server` must
// outlive it.
class WaltrackRun {
 public:
  using Time = std::chrono::system_clock::time_point;

  WaltrackRun(const PostgresServer& server, const WaltrackSettings& settings);
  ~WaltrackRun();

  Time started_at() const { return started_at_; }
  void wait_until_streaming();
  // When all up to `lsn` was delivered and that was written down.
  Time wait_for_checkpoint(Lsn lsn);

  double cpu_s() const;
  double peak_mb() const;  // of resident memory, in MiB
  StateStatus status() const { return read_state_status(state_file(), 1); }
  // Ends it and tells what it left behind.
  StateStatus stop();
  // Another command of the binary in the same folder; throws when it fails.
  void command(std::vector<std::string> args) const;

 private:
  std::string state_file() const { return (folder_ / "waltrack.db").string(); }
  [[noreturn]] void fail(const std::string& what) const;

  const PostgresServer& server_;
  const std::string slot_;
  TempDir folder_;
  CheckpointWatch watch_;
  Time started_at_;
  std::unique_ptr<ChildProcess> process_;
};

// Throws unless exactly so many events were accepted, and there are no dead letters.
void expect_all_delivered(const StateStatus& status, uint64_t events);

}  // namespace waltrack
