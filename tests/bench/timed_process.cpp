#include "bench/timed_process.hpp"

#include <cerrno>
#include <chrono>
#include <poll.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

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

}  // namespace

TimedEnd run_timed(ChildOptions options) {
  const std::string name = options.args.at(0);
  const auto begin = std::chrono::steady_clock::now();
  ChildProcess process(std::move(options));
  sleep_until_end(process.pid());
  const auto end = std::chrono::steady_clock::now();
  const std::optional<ExitStatus> status = process.wait(0ms);
  if (status != ExitStatus{0, 0}) {
    throw std::runtime_error(name + (status ? " failed:\n" : " does not end:\n") +
                             process.stderr_text());
  }
  return {std::chrono::duration<double>(end - begin).count(), process.stdout_text()};
}

}  // namespace waltrack
