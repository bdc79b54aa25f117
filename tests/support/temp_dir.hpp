#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace waltrack {

// A new folder of its own in the system's place for temporary files, removed with all that is in it
// by the destructor.
class TempDir {
 public:
  TempDir();
  explicit TempDir(const std::filesystem::path& place);  // a folder below `place`
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  // Writes a file (folders on the way are made) and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

// The whole file, or "" when it is not there.
std::string read_file(const std::filesystem::path& path);

}  // namespace waltrack
