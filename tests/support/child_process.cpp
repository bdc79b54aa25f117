#include "support/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "support/wait_until.hpp"

namespace waltrack {
namespace {

class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path)
      : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
  }
  ~OutputFile() { close(fd_); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::vector<std::string> environment_of(const ChildOptions& options) {
  const auto name_of = [](const std::string& entry) { return entry.substr(0, entry.find('=')); };
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name = name_of(*entry);
    const bool replaced = std::any_of(options.env.begin(), options.env.end(),
                                      [&](const auto& pair) { return pair.first == name; }) ||
                          std::find(options.unset_env.begin(), options.unset_env.end(), name) !=
                              options.unset_env.end();
    if (!replaced) entries.emplace_back(*entry);
  }
  for (const auto& [name, value] : options.env)
    entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What the forked child does. Only async-signal-safe calls: other threads may have held any lock.
[[noreturn]] void become(const ChildOptions& options, int input, int out, int err, pid_t parent,
                         char** argv, char** env) {
  const auto fail = [](const char* what) {
    [[maybe_unused]] ssize_t ignored = write(STDERR_FILENO, what, std::strlen(what));
    ignored = write(STDERR_FILENO, "\n", 1);
    _exit(127);
  };
  dup2(input, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (!options.root.empty() && (chroot(options.root.c_str()) != 0 || chdir("/") != 0)) {
    fail("cannot change the root");
  }
  if (options.identity) {
    if (setgroups(0, nullptr) != 0 || setgid(options.identity->second) != 0 ||
        setuid(options.identity->first) != 0) {
      fail("cannot change the user");
    }
  }
  prctl(PR_SET_PDEATHSIG, options.death_signal);  // after setuid(), which clears it
  if (getppid() != parent) _exit(127);
  if (!options.working_dir.empty() && chdir(options.working_dir.c_str()) != 0) {
    fail("cannot enter the working directory");
  }
  execve(argv[0], argv, env);
  fail("cannot execute the program");
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(ChildOptions options) : options_(std::move(options)) {
  if (options_.stdout_file.empty() || options_.stderr_file.empty()) {
    output_ = std::make_unique<TempDir>();
    if (options_.stdout_file.empty()) options_.stdout_file = *output_ / "stdout";
    if (options_.stderr_file.empty()) options_.stderr_file = *output_ / "stderr";
  }
  const OutputFile out(options_.stdout_file);
  const OutputFile err(options_.stderr_file);
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::vector<std::string> environment = environment_of(options_);
  std::vector<char*> argv = pointers_to(options_.args);
  std::vector<char*> env = pointers_to(environment);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(options_, input, out.fd(), err.fd(), parent, argv.data(), env.data());
  close(input);
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
}

ChildProcess::~ChildProcess() {
  if (running()) {
    kill(pid_, SIGKILL);
    [[maybe_unused]] const auto status = wait(std::chrono::seconds(30));
  }
}

ExitStatus ChildProcess::run(ChildOptions options, std::chrono::milliseconds limit) {
  ChildProcess child(std::move(options));
  const std::optional<ExitStatus> status = child.wait(limit);
  if (!status) throw std::runtime_error(child.options_.args[0] + " did not end in time");
  return *status;
}

bool ChildProcess::reap() {
  if (status_) return true;
  int raw = 0;
  if (waitpid(pid_, &raw, WNOHANG) != pid_) return false;
  status_ = WIFEXITED(raw) ? ExitStatus{WEXITSTATUS(raw), 0} : ExitStatus{-1, WTERMSIG(raw)};
  return true;
}

bool ChildProcess::running() {
  return !reap();
}

void ChildProcess::signal(int number) {
  if (running()) kill(pid_, number);
}

std::optional<ExitStatus> ChildProcess::wait(std::chrono::milliseconds limit) {
  if (!wait_until([&] { return reap(); }, limit, std::chrono::milliseconds(5))) return std::nullopt;
  return status_;
}

}  // namespace waltrack
