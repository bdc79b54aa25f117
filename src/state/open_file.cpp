#include "state/open_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace waltrack {

OpenFile::OpenFile(OpenFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

int OpenFile::open(const std::string& path, int flags) {
  close();
  fd_ = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  return fd_ < 0 ? errno : 0;
}

void OpenFile::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

int OpenFile::write_at(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : ENOSPC;
    offset += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int OpenFile::read_at(uint64_t offset, size_t length, std::string& bytes) const {
  bytes.resize(length);
  size_t filled = 0;
  while (filled < length) {
    const ssize_t got =
        pread(fd_, bytes.data() + filled, length - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int problem = errno;
      bytes.clear();
      return problem;
    }
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return 0;
}

int OpenFile::size(uint64_t& bytes) const {
  struct stat facts = {};
  if (fstat(fd_, &facts) != 0) return errno;
  bytes = static_cast<uint64_t>(facts.st_size);
  return 0;
}

int OpenFile::truncate(uint64_t bytes) {
  return ftruncate(fd_, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
}

int OpenFile::sync_data() {
  return fdatasync(fd_) == 0 ? 0 : errno;
}

int OpenFile::sync_all() {
  return fsync(fd_) == 0 ? 0 : errno;
}

int sync_folder(const std::string& path) {
  OpenFile folder;
  if (const int problem = folder.open(path, O_RDONLY | O_DIRECTORY)) return problem;
  const int problem = folder.sync_all();
  return problem == EINVAL ? 0 : problem;
}

}  // namespace waltrack
