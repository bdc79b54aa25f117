#include "state/spool_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>

#include "state/open_file.hpp"
#include "state/spool_errors.hpp"
#include "state/spool_segment.hpp"

namespace waltrack {
namespace fs = std::filesystem;
namespace {

bool may_be_a_spools(std::string_view name) {
  for (const std::string_view own :
       {std::string_view(kUnfinishedSegment), std::string_view("position"),
        std::string_view("spool-lock"), std::string_view("lost+found")}) {
    if (name == own) return true;
  }
  for (const std::string_view end : {spool_errors::kGivenUp, kCutTail}) {
    if (!name.ends_with(end)) continue;
    name.remove_suffix(end.size());
    break;
  }
  return name.ends_with(".spool");
}

void check_files(const fs::path& folder) {
  std::string foreign;  // the first by name, so that the same one is told each time
  std::error_code problem;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    const std::string name = at->path().filename();
    if (!may_be_a_spools(name) && (foreign.empty() || name < foreign)) foreign = name;
  }
  if (problem) throw spool_errors::disk(problem.value(), "read the spool's folder", folder);
  if (!foreign.empty()) throw spool_errors::foreign_file(folder, foreign);
}

}  // namespace

fs::path make_spool_folder(const fs::path& path) {
  if (mkdir(path.c_str(), 0700) == 0) {
    if (const int problem = sync_folder((path / "..").string()))
      throw spool_errors::disk(problem, "make the spool's folder", path);
    return path;
  }
  const int problem = errno;
  struct stat facts = {};
  if (problem != EEXIST) throw spool_errors::disk(problem, "make the spool's folder", path);
  if (stat(path.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    throw Error(ErrorKind::usage, "this is no folder", path, "`spool.path:` names a folder");
  }
  check_files(path);
  return path;
}

}  // namespace waltrack
