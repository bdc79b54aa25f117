#include "support/postgres_install.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <pwd.h>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace waltrack {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "usr/lib/postgresql";
const std::string kUsual = "15";  // the one that script/bootstrap installs

// Postgres refuses to run as root.
std::optional<std::pair<uid_t, gid_t>> unprivileged_user() {
  if (geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) return std::pair(user->pw_uid, user->pw_gid);
  }
  throw std::runtime_error("running as root, and there is no user postgres or nobody");
}

// The user postgres of another system below `root`: "postgres:x:100:102:…".
std::optional<std::pair<uid_t, gid_t>> user_of(const fs::path& root) {
  std::ifstream file(root / "etc/passwd");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name, password, uid, gid;
    if (std::getline(fields, name, ':') && std::getline(fields, password, ':') &&
        std::getline(fields, uid, ':') && std::getline(fields, gid, ':') && name == "postgres") {
      return std::pair(static_cast<uid_t>(std::stoul(uid)), static_cast<gid_t>(std::stoul(gid)));
    }
  }
  return std::nullopt;
}

fs::path other_system() {
  const char* named = std::getenv("WALTRACK_TRIXIE");
  return named != nullptr && *named != '\0' ? named : "/var/cache/waltrack/trixie";
}

std::vector<PostgresInstall> installed_below(const fs::path& root,
                                             std::optional<std::pair<uid_t, gid_t>> identity) {
  std::vector<PostgresInstall> found;
  const fs::path folder = (root.empty() ? fs::path("/") : root) / kFolder;
  if (!fs::is_directory(folder)) return found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!fs::exists(entry.path() / "bin" / "initdb")) continue;
    if (!fs::exists(entry.path() / "lib" / "wal2json.so")) continue;
    const std::string version = entry.path().filename().string();
    found.push_back({version, fs::path("/") / kFolder / version / "bin", root, identity});
  }
  return found;
}

}  // namespace

std::vector<PostgresInstall> installed_postgres() {
  std::vector<PostgresInstall> all = installed_below({}, unprivileged_user());
  const fs::path other = other_system();
  // Only root may give a program another /.
  if (const auto user = geteuid() == 0 ? user_of(other) : std::nullopt) {
    const std::vector<PostgresInstall> more = installed_below(other, user);
    all.insert(all.end(), more.begin(), more.end());
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::atoi(a.version.c_str()) > std::atoi(b.version.c_str());
  });
  return all;
}

PostgresInstall find_postgres(const std::string& version) {
  const std::vector<PostgresInstall> all = installed_postgres();
  for (const PostgresInstall& install : all) {
    if (install.version == (version.empty() ? kUsual : version)) return install;
  }
  if (version.empty() && !all.empty()) return all.back();
  throw std::runtime_error("no Postgres server " + version + " on this machine");
}

bool has_postgres(const std::string& version) {
  const std::vector<PostgresInstall> all = installed_postgres();
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& install) { return install.version == version; });
}

}  // namespace waltrack
