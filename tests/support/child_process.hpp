#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "support/temp_dir.hpp"

namespace waltrack {

struct ExitStatus {
  int code = -1;   // -1: a signal ended it
  int signal = 0;  // 0: it ended by itself

  bool operator==(const ExitStatus&) const = default;
};

struct ChildOptions {
  std::vector<std::string> args;                         // args[0] is the program's path
  std::vector<std::pair<std::string, std::string>> env;  // added to this process's environment
  std::vector<std::string> unset_env;
  std::filesystem::path root;                       // its /; empty: this process's
  std::filesystem::path working_dir;                // below its /; empty: this process's
  std::filesystem::path stdout_file, stderr_file;   // empty: a file that ends with the object
  std::optional<std::pair<uid_t, gid_t>> identity;  // user and group to run as
  int death_signal = SIGKILL;                       // what it gets when this process dies
};

// A program that the test runs. It never outlives the object: the destructor kills it. It dies with
// the test process too; as the kernel sees it, with the thread that made it, so make it on the
// test's main thread. Not thread-safe.
class ChildProcess {
 public:
  explicit ChildProcess(ChildOptions options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Starts a program, waits for its end (at most `limit`, then it is killed and this throws).
  static ExitStatus run(ChildOptions options,
                        std::chrono::milliseconds limit = std::chrono::seconds(60));

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // How it ended, or nothing when it still runs after `limit`.
  [[nodiscard]] std::optional<ExitStatus> wait(std::chrono::milliseconds limit);

  std::string stdout_text() const { return read_file(options_.stdout_file); }
  std::string stderr_text() const { return read_file(options_.stderr_file); }

 private:
  bool reap();

  ChildOptions options_;
  std::unique_ptr<TempDir> output_;
  pid_t pid_ = -1;
  std::optional<ExitStatus> status_;
};

}  // namespace waltrack
