#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace waltrack {

// The programs of one major version of Postgres on this machine.
struct PostgresInstall {
  std::string version;            // "17"
  std::filesystem::path bin_dir;  // as its own programs see it
  std::filesystem::path root;     // what they are to take for /; empty: the machine's own
  std::optional<std::pair<uid_t, gid_t>> identity;  // whom to run as; none: as we are
};

// All that can be run and have wal2json, newest first: those below /usr/lib/postgresql, and, as
// root, those in the other system's folder that script/postgres17 makes ($WALTRACK_TRIXIE, else
// /var/cache/waltrack/trixie). Of one version the machine's own comes first.
std::vector<PostgresInstall> installed_postgres();

// The first of that version; an empty one means 15, else the oldest. Throws when there is none.
PostgresInstall find_postgres(const std::string& version);

bool has_postgres(const std::string& version);

}  // namespace waltrack

// First in a test that needs this major version.
#define WALTRACK_NEEDS_POSTGRES(version)                                                    \
  if (!waltrack::has_postgres(version)) {                                                   \
    GTEST_SKIP() << "NOT TESTED: no Postgres " << (version)                                 \
                 << " on this machine; `sudo script/postgres17` unpacks one for the tests"; \
  }
