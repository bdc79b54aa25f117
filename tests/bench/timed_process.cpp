#include "bench/timed_process.hpp"

#include <cerrno>
#include <chrono>
#include <optional>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLongest = 30min;  // longer means that it does not end

// Sleeps until the process ends: to look now and then would add to its time.
void sleep_until_end(pid_t process) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  pollfd waiting{fd, POLLIN, 0};
  static_cast<void>(poll(&waiting, 1, static_cast<int>(kLongest.count())));
  close(fd);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Of one that has ended and was not waited for yet.
uint64_t written_bytes(pid_t process) {
  std::istringstream figures(read_file("/proc/" + std::to_string(process) + "/io"));
  for (std::string word; figures >> word;) {
    uint64_t bytes = 0;
    if (word == "wchar:" && figures >> bytes) return bytes;
  }
  throw std::runtime_error("this kernel does not tell what a process has written: no /proc/" +
                           std::to_string(process) + "/io; it is CONFIG_TASK_IO_ACCOUNTING");
}

// Tells what one has taken, without waiting for it: only the system call itself does so.
rusage usage_of(pid_t process) {
  siginfo_t info{};
  rusage usage{};
  if (syscall(SYS_waitid, P_PID, process, &info, WEXITED | WNOHANG | WNOWAIT, &usage) != 0) {
    throw std::system_error(errno, std::generic_category(), "waitid");
  }
  return usage;
}

}  // namespace

TimedEnd run_timed(ChildOptions options) {
  const std::string name = options.args.at(0);
  const auto begin = std::chrono::steady_clock::now();
  ChildProcess process(std::move(options));
  sleep_until_end(process.pid());
  const auto end = std::chrono::steady_clock::now();
  const rusage usage = usage_of(process.pid());
  const uint64_t written = written_bytes(process.pid());
  const std::optional<ExitStatus> status = process.wait(0ms);
  if (status != ExitStatus{0, 0}) {
    throw std::runtime_error(name + (status ? " failed:\n" : " does not end:\n") +
                             process.stderr_text());
  }
  return {.seconds = std::chrono::duration<double>(end - begin).count(),
          .cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
          .peak_mb = static_cast<double>(usage.ru_maxrss) / 1024,
          .written_bytes = written,
          .out = process.stdout_text()};
}

}  // namespace waltrack
