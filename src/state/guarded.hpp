#pragma once

#include <SQLiteCpp/Exception.h>
#include <cerrno>
#include <string>

#include "state/state_tables.hpp"

namespace waltrack::state {

// Runs `work`, turning what SQLite throws into an Error. `doing` completes "cannot …".
template <typename Work>
auto guarded(const std::string& path, const char* doing, Work work) {
  errno = 0;
  try {
    return work();
  } catch (const SQLite::Exception& exception) {
    throw state_error(exception, errno, path, doing);
  }
}

}  // namespace waltrack::state
