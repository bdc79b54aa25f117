#include "state/existing_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

#include "base/error.hpp"
#include "state/state_tables.hpp"

namespace waltrack::state {

std::string existing_state_path(const std::string& path, Access access) {
  std::string resolved = resolve_state_path(path);
  std::error_code failed;
  if (!std::filesystem::exists(resolved, failed)) {
    throw Error(ErrorKind::failure, "there is no state file", path,
                "`waltrack run` makes it; name it under `state:` as that run does");
  }
  // SQLite silently opens read-only what it may not write.
  if (access == Access::write && ::access(resolved.c_str(), W_OK) != 0) {
    throw Error(ErrorKind::failure,
                std::string("cannot write to the state file: ") + std::strerror(errno), path,
                "be the user that runs waltrack");
  }
  return resolved;
}

SQLite::Database open_existing(const std::string& resolved, Access access) {
  SQLite::Database database(
      resolved, access == Access::write ? SQLite::OPEN_READWRITE : SQLite::OPEN_READONLY,
      kBusyTimeoutMs);
  if (has_no_tables(database)) {
    throw Error(ErrorKind::failure, "the state file is empty", resolved,
                "`waltrack run` fills it when it starts");
  }
  check_tables(database, resolved);
  if (access == Access::write) database.exec("pragma synchronous = full");
  return database;
}

}  // namespace waltrack::state
