#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/lsn.hpp"
#include "support/child_process.hpp"
#include "support/postgres_server.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {

// How long a test waits for what must happen: long enough for a sanitizer build on a busy machine.
inline constexpr std::chrono::seconds kPatience{90};

// A port below those that the kernel gives to outgoing connections, which no other test takes while
// this lives, whether something listens on it or not.
class PortClaim {
 public:
  PortClaim();
  ~PortClaim();
  PortClaim(const PortClaim&) = delete;
  PortClaim& operator=(const PortClaim&) = delete;
  int port() const { return port_; }

 private:
  int fd_ = -1;
  int port_ = 0;
};

// The real `waltrack receive` as a child. It keeps its address and its events when it is killed and
// started again. Make it on the test's main thread.
class TestReceiver {
 public:
  TestReceiver();  // starts it
  ~TestReceiver();

  void start();
  void kill();

  int port() const { return port_.port(); }
  std::string batch_url() const;
  // Its file of first-seen events, which it writes before it answers.
  std::filesystem::path events_file() const { return folder_ / "events.ndjson"; }
  // Its /stats. Counts begin anew with each start, but for "known": the different events ever.
  nlohmann::json stats() const;
  uint64_t known() const;
  [[nodiscard]] bool wait_for_known(uint64_t events, std::chrono::seconds limit = kPatience) const;
  std::string log() const { return read_file(folder_ / "log"); }  // of all its starts
  // How the next requests are answered, as POST /control takes it.
  void control(const std::string& json) const;
  // All first-seen events in the order of their arrival.
  std::vector<nlohmann::json> events() const;

 private:
  TempDir folder_;
  PortClaim port_;
  std::unique_ptr<ChildProcess> process_;
};

struct RunSettings {
  std::string mappings;  // text of the one mapping file
  std::string plugin = "pgoutput";
  std::string slot = "waltrack";
  std::string publication = "waltrack";
  std::string destination_id = "test";
  int lanes = 8;
  std::string memory;       // empty: the default
  std::string source_url;   // empty: the server's
  std::string source_more;  // more lines of the section `source`, indented
  std::string more;         // more sections, whole lines
  std::string database = "postgres";
  std::string write_key = "e2e-sEcReT-write-key";  // that no run may leave anywhere
};

struct CommandResult {
  ExitStatus status;
  std::string out, err;
};

// A command of the binary, for at most a minute. `folder` is where it runs.
CommandResult run_waltrack(std::vector<std::string> args, const std::filesystem::path& folder,
                           std::vector<std::pair<std::string, std::string>> env = {});

// One installation of waltrack: a folder with waltrack.yaml, mappings and state file, and the
// `waltrack run` in it. Its end shows the end of the log when the test failed, and fails the test
// when the write key stands in anything that was left behind or said. Make it on the test's main
// thread; `server` must outlive it.
class TestRun {
 public:
  TestRun(const PostgresServer& server, const std::string& destination_url, RunSettings settings);
  TestRun(const PostgresServer& server, const TestReceiver& receiver, RunSettings settings)
      : TestRun(server, receiver.batch_url(), std::move(settings)) {}
  ~TestRun();

  void start();  // does not wait for anything
  // The next start, and no other, has this WALTRACK_FAILPOINT. Such a test needs
  // add_dependencies(<test> waltrack_failpoints).
  void set_failpoint(std::string setting) { failpoint_ = std::move(setting); }
  [[nodiscard]] bool wait_until_streaming(int connections = 1);  // counted since start()
  void kill();                                                   // SIGKILL, and gone
  void signal(int number) { process_->signal(number); }
  // Sends the signal and waits for the end: {-1, 0} when it did not come.
  ExitStatus stop(int signal = 15, std::chrono::seconds limit = std::chrono::seconds(30));
  // Its end by itself.
  ExitStatus wait_for_end(std::chrono::seconds limit = kPatience);
  bool running() { return process_ && process_->running(); }
  pid_t pid() const { return process_->pid(); }

  // What the process said since its start(), and before.
  std::string log() const;
  std::string all_logs() const;
  [[nodiscard]] bool wait_for_log(std::string_view text, std::chrono::seconds limit = kPatience);

  // Another command of the binary in the same folder.
  CommandResult command(std::vector<std::string> args) const;
  nlohmann::json status() const;
  Lsn checkpoint() const;  // none before the first

  // The position that the server has for its slot; none when there is no slot.
  Lsn confirmed() const;
  [[nodiscard]] bool wait_until_checkpoint(Lsn lsn) const;
  [[nodiscard]] bool wait_until_confirmed(Lsn lsn, std::chrono::seconds limit = kPatience) const;

  const TempDir& folder() const { return folder_; }
  std::filesystem::path state_file() const { return folder_ / "waltrack.db"; }
  const RunSettings& settings() const { return settings_; }
  void set_env(std::vector<std::pair<std::string, std::string>> env) { env_ = std::move(env); }

 private:
  // Fails the test when `text` has a write key, plain or as the header that carries it.
  void expect_no_key(std::string_view text, const std::string& where) const;

  const PostgresServer& server_;
  RunSettings settings_;
  TempDir folder_;
  std::vector<std::pair<std::string, std::string>> env_;
  std::string failpoint_;
  std::unique_ptr<ChildProcess> process_;
  int starts_ = 0;
};

// The text of a waltrack.yaml.
std::string config_text(const RunSettings& settings, const std::string& source_url,
                        const std::string& destination_url);

// The end of the server's log, as pg_current_wal_lsn() tells it.
Lsn current_wal(const PostgresServer& server);

size_t count_of(std::string_view text, std::string_view part);

}  // namespace waltrack
