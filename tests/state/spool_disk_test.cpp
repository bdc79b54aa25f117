// What a spool asks of the disk, and what it does when the disk refuses.

#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "state/spool_fixture.hpp"
#include "state/watched_syncs.hpp"

namespace waltrack {
namespace {

class SpoolDisk : public SpoolTest {
 protected:
  void SetUp() override {
    SpoolTest::SetUp();
    watched_syncs = {};
    watched_syncs.watched = true;
  }
  void TearDown() override {
    watched_syncs = {};
    SpoolTest::TearDown();
  }
};

using Calls = std::vector<std::string>;

// Files of this process cannot grow beyond `bytes`, as if the disk were full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : action_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{bytes, limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    signal(SIGXFSZ, action_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  sighandler_t action_;
  rlimit limit_ = {};
};

TEST_F(SpoolDisk, ANewSegmentIsOnTheDiskUnderItsNameBeforeItsEvents) {
  SpoolLog log = open();
  watched_syncs.called.clear();
  ASSERT_TRUE(log.append(SpoolTest::events(0, 2)));
  EXPECT_EQ(watched_syncs.called, (Calls{"fdatasync unfinished", "fsync spool"}));
  log.sync();
  log.sync();
  EXPECT_EQ(watched_syncs.called,
            (Calls{"fdatasync unfinished", "fsync spool", "fdatasync 00000000000000000000.spool",
                   "fdatasync position"}));
}

TEST_F(SpoolDisk, ANewFolderIsOnTheDiskUnderItsName) {
  open();
  const std::string parent = std::filesystem::path(folder_).filename();
  EXPECT_EQ(watched_syncs.called.front(), "fsync " + parent);
}

TEST_F(SpoolDisk, APositionIsOnTheDiskBeforeSegmentsGo) {
  SpoolLog log = open();
  put(log, 0, 4);
  watched_syncs.called.clear();
  log.release(3);
  EXPECT_TRUE(watched_syncs.called.empty()) << "it costs nothing as long as no segment goes";
  log.release(4);
  EXPECT_EQ(watched_syncs.called, Calls{"fdatasync position"});
}

TEST_F(SpoolDisk, WhatAKilledProcessLeftIsSyncedBeforeItCounts) {
  {
    SpoolLog log = open();
    ASSERT_TRUE(log.append(events(0, 2)));
  }
  watched_syncs.called.clear();
  SpoolLog log = open();
  EXPECT_EQ(log.events(), 2u);
  EXPECT_EQ(watched_syncs.called,
            (Calls{"fsync 00000000000000000000.spool", "fdatasync position"}));
}

TEST_F(SpoolDisk, AFailedSyncTakesOutWhatWasNotSafe) {
  SpoolLog log = open();
  put(log, 0, 2);
  const uint64_t bytes = log.bytes();
  ASSERT_TRUE(log.append(events(2, 4)));
  ASSERT_TRUE(log.append(events(4, 5)));
  EXPECT_EQ(rest_of(log), events(0, 2));
  watched_syncs.fail_with = EIO;
  const Error error = error_of([&] { log.sync(); });
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_EQ(error.where(), segments().front().string());
  EXPECT_EQ(log.events(), 2u);
  EXPECT_EQ(log.bytes(), bytes);
  EXPECT_EQ(std::filesystem::file_size(segments().front()), bytes);
  log.sync();
  EXPECT_TRUE(log.read(1000).empty());
  put(log, 12, 14);  // as long as what was taken out
  EXPECT_EQ(rest_of(log), events(12, 14));
}

TEST_F(SpoolDisk, AFirstSyncThatFailsLeavesAnEmptySpool) {
  SpoolLog log = open();
  ASSERT_TRUE(log.append(events(0, 2)));
  watched_syncs.fail_with = ENOSPC;
  const Error error = error_of([&] { log.sync(); });
  EXPECT_EQ(error.kind(), ErrorKind::transient);
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.bytes(), 0u);
  EXPECT_TRUE(segments().empty());
  put(log, 0, 2);
  EXPECT_EQ(rest_of(log), events(0, 2));
}

TEST_F(SpoolDisk, AFullDiskTakesNoPartOfABatch) {
  SpoolLog log = open();
  put(log, 0, 2, 1000);
  ASSERT_TRUE(log.append(events(2, 3, 1000)));
  const uint64_t bytes = log.bytes();
  // Room for one record and a half.
  std::optional<Error> error;
  {
    FullDisk full(bytes + 1500);
    error = error_of([&] { static_cast<void>(log.append(events(3, 6, 1000))); });
  }
  EXPECT_EQ(error->kind(), ErrorKind::transient);
  EXPECT_NE(error->hint().find("free space"), std::string::npos);
  EXPECT_EQ(log.bytes(), bytes);
  EXPECT_EQ(std::filesystem::file_size(segments().front()), bytes);
  log.sync();
  EXPECT_EQ(rest_of(log), events(0, 3, 1000)) << "what was appended before stays";
  put(log, 3, 6, 1000);
  EXPECT_EQ(rest_of(log), events(3, 6, 1000));
}

TEST_F(SpoolDisk, WhatCouldNotBeCutIsCutBeforeTheNextEvents) {
  {
    SpoolLog log = open();
    put(log, 0, 2, 1000);
    const uint64_t bytes = log.bytes();
    watched_syncs.truncate_fails = true;
    std::optional<Error> error;
    {
      FullDisk full(bytes + 3500);
      error = error_of([&] { static_cast<void>(log.append(events(2, 6, 1000))); });
    }
    EXPECT_EQ(error->kind(), ErrorKind::transient);
    EXPECT_GT(std::filesystem::file_size(segments().front()), bytes);
    EXPECT_THROW(static_cast<void>(log.append(events(2, 3))), Error);
    watched_syncs.truncate_fails = false;
    put(log, 2, 3);
    EXPECT_EQ(std::filesystem::file_size(segments().front()), log.bytes());
  }
  testing::internal::CaptureStderr();
  SpoolLog log = open();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "nothing is left to cut";
  EXPECT_EQ(log.events(), 3u);
}

TEST_F(SpoolDisk, AFullDiskLeavesNoEmptySegment) {
  SpoolLog log = open();
  for (const rlim_t room : {0, 10, 70}) {
    std::optional<Error> error;
    {
      FullDisk full(room);
      error = error_of([&] { static_cast<void>(log.append(events(0, 2))); });
    }
    EXPECT_EQ(error->kind(), ErrorKind::transient);
    EXPECT_TRUE(log.empty());
    EXPECT_EQ(log.bytes(), 0u);
    EXPECT_TRUE(segments().empty());
    EXPECT_FALSE(std::filesystem::exists(spool_path() + "/unfinished"));
  }
  put(log, 0, 2);
  EXPECT_EQ(rest_of(log), events(0, 2));
}

TEST_F(SpoolDisk, AFullDiskCanStillBeReadAndReleased) {
  SpoolLog log = open();
  put(log, 0, 4, 1000);
  std::vector<SpooledEvent> read;
  {
    FullDisk full(100);
    read = rest_of(log);
    log.release(4);
  }
  EXPECT_EQ(read, events(0, 4, 1000));
  EXPECT_TRUE(log.empty());
}

TEST_F(SpoolDisk, APositionThatCannotBeStoredIsToldOnceAndHoldsNothingUp) {
  SpoolLog log = open();
  put(log, 0, 4);
  // Behind the spool's back its position becomes a file for reading.
  const std::string file = spool_path() + "/position";
  const int readable = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(readable, 0);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    std::error_code gone;
    if (fd == readable || std::filesystem::read_symlink(entry.path(), gone) != file) continue;
    ASSERT_EQ(dup2(readable, fd), fd);
  }
  close(readable);
  testing::internal::CaptureStderr();
  log.release(1);
  log.release(2);
  const std::string said = testing::internal::GetCapturedStderr();
  const std::string_view told = "position cannot be stored";
  EXPECT_NE(said.find(told), std::string::npos) << said;
  EXPECT_EQ(said.find(told), said.rfind(told)) << said;
  EXPECT_EQ(log.events(), 2u);
  put(log, 4, 6);
  EXPECT_EQ(rest_of(log), events(2, 6)) << "they are safe nonetheless";
  log.release(6);
  EXPECT_TRUE(segments().empty());
}

}  // namespace
}  // namespace waltrack
