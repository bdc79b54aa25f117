#include "receiver/event_log.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace waltrack {

EventLog::EventLog(std::string path) : path_(std::move(path)) {
  fd_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    throw Error(ErrorKind::usage, std::string("could not open the file: ") + std::strerror(errno),
                path_, "name a file in a folder that exists and that you may write to");
  }
  struct stat status {};
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd_);
    throw Error(ErrorKind::usage, "not a regular file", path_, "name a file for the events");
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd_);
    throw Error(ErrorKind::failure, "another receiver writes to this file", path_,
                "name another file, or stop the other receiver");
  }
  size_ = status.st_size;
}

EventLog::~EventLog() {
  ::close(fd_);
}

void EventLog::fail(const char* what) const {
  throw Error(ErrorKind::failure, std::string(what) + ": " + std::strerror(errno), path_,
              "free some space, or name another file");
}

void EventLog::cut(int64_t size) {
  if (::ftruncate(fd_, size) != 0) fail("could not cut off half a line");
  size_ = size;
}

void EventLog::read(const std::function<bool(std::string& line)>& use) {
  constexpr size_t kChunk = 1 << 20;
  std::vector<char> chunk(kChunk);
  std::string line;
  int64_t line_number = 0;
  int64_t line_begin = 0;
  int64_t at = 0;
  while (at < size_) {
    const ssize_t count = ::pread(fd_, chunk.data(), chunk.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("could not read the events kept here");
    if (count == 0) break;
    std::string_view rest(chunk.data(), static_cast<size_t>(count));
    while (!rest.empty()) {
      const size_t end = rest.find('\n');
      line.append(rest.substr(0, end));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
      ++line_number;
      line_begin = at + count - static_cast<int64_t>(rest.size());
      if (!line.empty() && !use(line)) {
        throw Error(
            ErrorKind::usage, "not a JSON object", path_ + ":" + std::to_string(line_number),
            "the file must hold the events of an earlier receiver, one a line; name another");
      }
      line.clear();
    }
    at += count;
  }
  if (line.empty()) return;
  if (use(line)) {
    append("\n");
  } else {
    cut(line_begin);
  }
}

void EventLog::append(std::string_view lines) {
  const int64_t before = size_;
  while (!lines.empty()) {
    const ssize_t count = ::write(fd_, lines.data(), lines.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int reason = errno;
      cut(before);
      errno = reason;
      fail("could not keep the events");
    }
    lines.remove_prefix(static_cast<size_t>(count));
    size_ += count;
  }
}

}  // namespace waltrack
