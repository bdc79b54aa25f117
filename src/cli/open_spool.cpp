#include "cli/open_spool.hpp"

#include <filesystem>

#include "base/error.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kNoLimit = UINT64_MAX;

// One spelling, whether or not the folder is there yet.
std::string resolved(const std::string& path) {
  if (path.empty()) return {};
  fs::path whole = fs::weakly_canonical(fs::absolute(path));
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.string();
}

void check_that_it_is_there(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return;
  throw Error(ErrorKind::failure, "the spool that was used before is gone", path,
              "events may wait in it, and they were confirmed to the server: bring it back; if "
              "nothing was in it, or it is lost: mkdir -p " +
                  path);
}

// Events in a spool that is no longer named would never be sent.
void check_that_it_is_empty(const std::string& path, const std::string& destination_id) {
  const SpoolLog before(path, kNoLimit, destination_id);
  if (before.empty()) return;
  throw Error(ErrorKind::usage,
              std::to_string(before.events()) + " events wait in the spool that was used before",
              path, "set spool.path to this folder until they are sent");
}

}  // namespace

std::unique_ptr<SpoolLog> open_spool(const Config::Spool& spool, StateFile& state,
                                     const std::string& destination_id) {
  const std::string path = resolved(spool.path);
  const std::string before = resolved(state.spool_path());
  if (!before.empty()) check_that_it_is_there(before);
  if (!before.empty() && before != path) check_that_it_is_empty(before, destination_id);
  std::unique_ptr<SpoolLog> log;
  if (!path.empty()) log = std::make_unique<SpoolLog>(path, spool.max_bytes, destination_id);
  if (before != path) state.set_spool_path(path);
  return log;
}

}  // namespace waltrack
