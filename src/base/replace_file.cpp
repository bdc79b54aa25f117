#include "base/replace_file.hpp"

#include <fstream>
#include <string>
#include <system_error>
#include <unistd.h>

namespace waltrack {

namespace fs = std::filesystem;

bool replace_file(const fs::path& path, std::string_view text) {
  std::error_code problem;
  const bool was_there = fs::exists(path, problem);
  const fs::path real = was_there ? fs::canonical(path, problem) : path;
  if (problem) return false;
  const fs::path beside =
      real.parent_path() / ("." + real.filename().string() + "." + std::to_string(getpid()));
  bool done = false;
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    done = !out.fail();
  }
  if (done && was_there) {
    fs::permissions(beside, fs::status(real, problem).permissions(), problem);
    done = !problem;
  }
  if (done) fs::rename(beside, real, problem);
  if (done && !problem) return true;
  fs::remove(beside, problem);
  return false;
}

}  // namespace waltrack
