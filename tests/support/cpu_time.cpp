#include "support/cpu_time.hpp"

#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "support/temp_dir.hpp"

namespace waltrack {

double cpu_time_s(pid_t process) {
  // "PID (NAME) STATE …": NAME may hold spaces and parentheses; utime and stime are the 12th and
  // 13th field behind it.
  const std::string stat = read_file("/proc/" + std::to_string(process) + "/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) {
    throw std::runtime_error("no process " + std::to_string(process));
  }
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace waltrack
