#include "mapping/clock_vfs.hpp"

#include <algorithm>
#include <atomic>
#include <sqlite3.h>

#include "base/error.hpp"

namespace waltrack {
namespace {

// SQLite counts milliseconds since noon of 24 November 4714 BC, up to the year 9999.
constexpr int64_t kUnixEpochMs = 210'866'760'000'000;
constexpr int64_t kLastMs = 464'269'060'799'999;
constexpr double kMsPerDay = 86'400'000.0;

}  // namespace

struct ClockVfs::Vfs : sqlite3_vfs {
  int64_t now_ms = kUnixEpochMs;
};

ClockVfs::ClockVfs() : vfs_(std::make_unique<Vfs>()) {
  static std::atomic<unsigned> made{0};
  name_ = "waltrack-clock-" + std::to_string(made.fetch_add(1));
  sqlite3_initialize();
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  if (system == nullptr || system->iVersion < 2) {
    throw Error(ErrorKind::failure, "SQLite has no file system to build on");
  }
  static_cast<sqlite3_vfs&>(*vfs_) = *system;
  vfs_->zName = name_.c_str();
  vfs_->pNext = nullptr;
  vfs_->xCurrentTimeInt64 = [](sqlite3_vfs* vfs, sqlite3_int64* ms) {
    *ms = static_cast<Vfs*>(vfs)->now_ms;
    return SQLITE_OK;
  };
  vfs_->xCurrentTime = [](sqlite3_vfs* vfs, double* days) {
    *days = static_cast<double>(static_cast<Vfs*>(vfs)->now_ms) / kMsPerDay;
    return SQLITE_OK;
  };
  if (sqlite3_vfs_register(vfs_.get(), 0) != SQLITE_OK) {
    throw Error(ErrorKind::failure, "SQLite did not take the clock of expressions");
  }
}

ClockVfs::~ClockVfs() {
  sqlite3_vfs_unregister(vfs_.get());
}

void ClockVfs::set_utc_us(int64_t utc_us) {
  int64_t ms = utc_us / 1000 - (utc_us % 1000 < 0 ? 1 : 0);
  vfs_->now_ms = std::clamp<int64_t>(ms + kUnixEpochMs, 0, kLastMs);
}

}  // namespace waltrack
