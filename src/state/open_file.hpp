#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waltrack {

// An open file that closes itself. What can fail returns 0 or the errno.
class OpenFile {
 public:
  OpenFile() = default;
  ~OpenFile() { close(); }
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;

  // As open(2), with O_CLOEXEC; what it makes is for the owner alone.
  [[nodiscard]] int open(const std::string& path, int flags);
  void close();
  bool is_open() const { return fd_ >= 0; }

  // All of `bytes`, or an error after some of them.
  [[nodiscard]] int write_at(uint64_t offset, std::string_view bytes);

  // Makes `bytes` what stands at the offset: up to `length` bytes, fewer only at the file's end.
  [[nodiscard]] int read_at(uint64_t offset, size_t length, std::string& bytes) const;

  [[nodiscard]] int size(uint64_t& bytes) const;
  [[nodiscard]] int truncate(uint64_t bytes);

  // Contents and length are on disk when it returns 0.
  [[nodiscard]] int sync_data();
  // So is all else about it; of a folder, its names.
  [[nodiscard]] int sync_all();

 private:
  int fd_ = -1;
};

// Makes the names in a folder durable. Where the file system has no such thing, so be it.
[[nodiscard]] int sync_folder(const std::string& path);

}  // namespace waltrack
