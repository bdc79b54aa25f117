#include "base/folder_watch.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace waltrack {
namespace {

namespace fs = std::filesystem;

// Writes to other files beside the folder (the state file is one) must not wake us each time.
constexpr uint32_t kNames = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
                            IN_MOVE_SELF | IN_ONLYDIR;
constexpr uint32_t kContent = kNames | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

constexpr int kMostLinks = 40;  // on one path, as the kernel has it

std::deque<fs::path> parts_of(const fs::path& path) {
  std::deque<fs::path> parts;
  for (const fs::path& part : path.relative_path()) {
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  return parts;
}

// Walks to `path` as the kernel would, and gathers the folders in which a name decides where that
// leads: each link's, the last name's, and the first one's that is missing. Returns where it led.
fs::path follow(const fs::path& path, FolderNames& names) {
  std::deque<fs::path> rest = parts_of(path);
  fs::path at = "/";
  int links = 0;
  while (!rest.empty()) {
    const fs::path part = rest.front();
    rest.pop_front();
    if (part == "..") {
      at = at.parent_path();
      continue;
    }
    std::error_code problem;
    const fs::path next = at / part;
    const fs::file_status status = fs::symlink_status(next, problem);
    const bool link = fs::is_symlink(status);
    if (link || rest.empty() || !fs::exists(status)) names[at].insert(part.string());
    if (!link) {
      at = next;
      if (!fs::exists(status)) return at;
      continue;
    }
    const fs::path target = fs::read_symlink(next, problem);
    if (problem || ++links > kMostLinks) return next;
    const std::deque<fs::path> more = parts_of(target);
    rest.insert(rest.begin(), more.begin(), more.end());
    if (target.is_absolute()) at = "/";
  }
  return at;
}

}  // namespace

FolderWatch::FolderWatch(fs::path folder)
    : folder_(fs::absolute(std::move(folder))), fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (fd_ >= 0) renew();
}

FolderWatch::~FolderWatch() {
  if (fd_ >= 0) close(fd_);
}

bool FolderWatch::take() {
  if (fd_ < 0) return false;
  bool concerned = false;
  alignas(inotify_event) std::array<char, 16384> buffer;
  for (ssize_t got; (got = read(fd_, buffer.data(), buffer.size())) > 0;) {
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      const bool lost = (event->mask & IN_Q_OVERFLOW) != 0;
      concerned |= lost || concerns(event->wd, event->len > 0 ? event->name : "");
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  if (concerned) renew();
  return concerned;
}

// An event without a name is about the watched folder itself.
bool FolderWatch::concerns(int watch, const char* name) const {
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return false;
  return *name == 0 || found->second.all || found->second.names.contains(name);
}

// What appears between looking and watching is told by nobody: look again until nothing did.
void FolderWatch::renew() {
  constexpr int kMostLooks = 10;
  Places places = look();
  for (int i = 0; i < kMostLooks; ++i) {
    // Of two masks for one folder the last wins, and each holds those before it.
    std::map<int, Interest> watched;
    for (const auto& [folder, names] : places.way)
      watch(folder, kNames, {.all = false, .names = names}, watched);
    for (const auto& [folder, names] : places.files)
      watch(folder, kContent, {.all = false, .names = names}, watched);
    watch(places.folder, kContent, {.all = true, .names = {}}, watched);
    for (const auto& [old, interest] : watched_) {
      if (!watched.contains(old)) inotify_rm_watch(fd_, old);
    }
    watched_ = std::move(watched);
    Places now = look();
    if (now == places) return;
    places = std::move(now);
  }
}

FolderWatch::Places FolderWatch::look() const {
  Places places;
  places.folder = follow(folder_, places.way);
  std::error_code problem;
  for (fs::directory_iterator it(places.folder, problem), end; !problem && it != end;
       it.increment(problem)) {
    if (it->is_symlink(problem)) follow(it->path(), places.files);
  }
  return places;
}

void FolderWatch::watch(const fs::path& folder, uint32_t mask, const Interest& interest,
                        std::map<int, Interest>& watched) const {
  const int id = inotify_add_watch(fd_, folder.c_str(), mask);
  if (id < 0) return;  // it went away: the one above it is watched
  Interest& known = watched[id];
  known.all |= interest.all;
  known.names.insert(interest.names.begin(), interest.names.end());
}

}  // namespace waltrack
