#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace waltrack {

// A clock for one SQLite connection: what `now`, current_timestamp and the like see is what was set
// here, so that an expression gives the same at every retry. It is a VFS of its own name, the
// default one in all but the time; open the connection with it and let it outlive the connection.
class ClockVfs {
 public:
  ClockVfs();
  ~ClockVfs();
  ClockVfs(const ClockVfs&) = delete;
  ClockVfs& operator=(const ClockVfs&) = delete;

  const char* name() const { return name_.c_str(); }
  void set_utc_us(int64_t utc_us);  // microseconds since 1970-01-01 UTC; SQLite sees milliseconds

 private:
  struct Vfs;
  std::string name_;
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace waltrack
