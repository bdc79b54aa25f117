#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace waltrack {

// The NDJSON file that keeps received events: one JSON object a line. One process at a time has it.
// Not thread-safe.
class EventLog {
 public:
  // Opens or creates the file and locks it. Throws an Error when it cannot be had.
  explicit EventLog(std::string path);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // Hands out every line that is there, without its newline. `use` answers false when a line is not
  // a JSON object: the last one then was torn by a crash before its request was answered, and is
  // cut off, if it has no newline; any other makes this throw an Error. Call it once, before
  // append().
  void read(const std::function<bool(std::string& line)>& use);

  // Appends whole lines; when it returns they outlive this process (not a loss of power). Throws an
  // Error, with nothing of them left in the file, when the disk does not take them.
  void append(std::string_view lines);

 private:
  [[noreturn]] void fail(const char* what) const;
  void cut(int64_t size);

  std::string path_;
  int fd_ = -1;
  int64_t size_ = 0;
};

}  // namespace waltrack
