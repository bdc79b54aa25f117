#include "state/spool_log.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/spool_fixture.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

class SpoolLogTest : public SpoolTest {
 protected:
  static auto open_files() {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  }

  static mode_t mode_of(const fs::path& file) {
    struct stat facts = {};
    EXPECT_EQ(stat(file.c_str(), &facts), 0) << file;
    return facts.st_mode & 07777;
  }
};

TEST_F(SpoolLogTest, GivesBackWhatWentInInOrder) {
  SpoolLog log = open();
  ASSERT_TRUE(log.append(events(0, 3)));
  ASSERT_TRUE(log.append(events(3, 10)));
  log.sync();
  EXPECT_EQ(log.events(), 10u);
  EXPECT_EQ(rest_of(log), events(0, 10));
  EXPECT_TRUE(log.read(1000).empty()) << "each is given once";
}

TEST_F(SpoolLogTest, KeepsFieldsOfAnyContent) {
  SpooledEvent odd;
  odd.users.digests = {~uint32_t{0}, 1, ~uint32_t{0} - 1};
  odd.payload = std::string("\0\xff\n\"", 4);
  odd.position = {Lsn{~uint64_t{0}}, MessageKind::backfill, Lsn{}, "", ~uint32_t{0}, "ä/ö"};
  odd.commit_time_us = std::numeric_limits<int64_t>::min();
  {
    SpoolLog log = open();
    ASSERT_TRUE(log.append({{odd}}));
    log.sync();
  }
  SpoolLog log = open();
  EXPECT_EQ(log.read(1), (std::vector<ReadEvent>{{0, odd}}));
}

TEST_F(SpoolLogTest, GivesOnlyWhatIsSafe) {
  SpoolLog log = open();
  put(log, 0, 2);
  ASSERT_TRUE(log.append(events(2, 4)));
  EXPECT_EQ(rest_of(log), events(0, 2));
  log.sync();
  EXPECT_EQ(rest_of(log), events(2, 4));
}

TEST_F(SpoolLogTest, GivesAsMuchAsAskedForAndAtLeastOne) {
  SpoolLog log = open();
  put(log, 0, 10, 1000);
  EXPECT_EQ(log.read(0).size(), 1u);
  EXPECT_EQ(log.read(3500).size(), 3u);
  EXPECT_EQ(log.read(1 << 20).size(), 6u);
}

TEST_F(SpoolLogTest, RefusesWhatDoesNotFit) {
  SpoolLog log = open(10'000);
  put(log, 0, 5, 1000);
  const uint64_t before = log.bytes();
  EXPECT_FALSE(log.append(events(5, 12, 1000)));
  EXPECT_EQ(log.bytes(), before);
  EXPECT_EQ(log.events(), 5u);
  EXPECT_TRUE(log.append(events(5, 7, 1000))) << "a smaller batch fits";
  EXPECT_LE(log.bytes(), log.max_bytes());
  log.sync();
  EXPECT_EQ(rest_of(log), events(0, 7, 1000));
}

TEST_F(SpoolLogTest, FillsItsBoundToTheByte) {
  uint64_t three = 0;
  {
    SpoolLog log = open();
    put(log, 0, 3);
    three = log.bytes();
    log.release(3);
  }
  for (const uint64_t missing : {0, 1}) {
    SpoolLog log(path("bound" + std::to_string(missing)), three - missing, "wt-one");
    put(log, 0, 2);
    EXPECT_EQ(log.append({{event(2)}}), missing == 0);
  }
}

TEST_F(SpoolLogTest, TakesOneBatchOfAnySizeWhenEmpty) {
  SpoolLog log = open(10'000);
  ASSERT_TRUE(log.append(events(0, 30, 1000)));
  EXPECT_GT(log.bytes(), log.max_bytes());
  EXPECT_FALSE(log.append({{event(30)}})) << "though nothing of it is safe yet";
  log.sync();
  EXPECT_EQ(rest_of(log), events(0, 30, 1000));
  log.release(30);
  EXPECT_TRUE(log.append(events(30, 60, 1000)));
}

TEST_F(SpoolLogTest, ReleasedEventsDoNotComeBackAfterARestart) {
  {
    SpoolLog log = open();
    put(log, 0, 10);
    const auto read = log.read(1 << 20);
    ASSERT_EQ(read.size(), 10u);
    log.release(read[5].number + 1);
    EXPECT_EQ(log.events(), 4u);
  }
  SpoolLog log = open();
  EXPECT_EQ(log.events(), 4u);
  EXPECT_EQ(rest_of(log), events(6, 10));
}

TEST_F(SpoolLogTest, EventsReadButNotReleasedComeBackAfterARestart) {
  {
    SpoolLog log = open();
    put(log, 0, 4);
    EXPECT_EQ(rest_of(log), events(0, 4));
  }
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), events(0, 4));
}

TEST_F(SpoolLogTest, GoesOnWithItsLastSegmentAndItsNumbersAfterARestart) {
  {
    SpoolLog log = open();
    put(log, 0, 4);
  }
  SpoolLog log = open();
  put(log, 4, 6);
  EXPECT_EQ(segments().size(), 1u);
  const auto read = log.read(1 << 20);
  ASSERT_EQ(read.size(), 6u);
  for (uint64_t n = 0; n < 6; ++n)
    EXPECT_EQ(read[n].number, n);
}

TEST_F(SpoolLogTest, WithoutItsPositionARestartBeginsWithTheOldest) {
  {
    SpoolLog log = open();
    put(log, 0, 4);
    log.release(2);
  }
  const std::string stored = bytes_of(spool_path() + "/position");
  fs::remove(spool_path() + "/position");
  {
    SpoolLog log = open();
    EXPECT_EQ(rest_of(log), events(0, 4));
  }
  overwrite(spool_path() + "/position", stored.substr(0, stored.size() - 1));
  {
    SpoolLog log = open();
    EXPECT_EQ(rest_of(log), events(0, 4));
  }
  std::string flipped = stored;
  flipped[9] ^= 1;
  overwrite(spool_path() + "/position", flipped);
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), events(0, 4));
}

TEST_F(SpoolLogTest, ReleaseDeletesWholeSegmentsAndMakesRoom) {
  SpoolLog log = open(kSmallMax);
  uint64_t count = 0;
  while (log.append({{event(count, kLarge)}})) {
    log.sync();
    ++count;
  }
  const size_t files = segments().size();
  EXPECT_GE(files, 8u);
  for (const fs::path& segment : segments())
    EXPECT_LE(fs::file_size(segment), 1u << 20);
  const uint64_t bytes = log.bytes();

  log.release(1);
  EXPECT_EQ(segments().size(), files) << "the rest of the segment is not released";
  log.release(count / 2);
  EXPECT_LT(segments().size(), files);
  EXPECT_LT(log.bytes(), bytes);
  uint64_t on_disk = 0;
  for (const fs::path& segment : segments())
    on_disk += fs::file_size(segment);
  EXPECT_EQ(log.bytes(), on_disk);
  EXPECT_TRUE(log.append({{event(count, kLarge)}}));
  log.sync();
  EXPECT_EQ(rest_of(log), events(count / 2, count + 1, kLarge));
}

TEST_F(SpoolLogTest, GoesOnInTheMiddleOfManySegmentsAfterARestart) {
  {
    SpoolLog log = open(kSmallMax);
    put(log, 0, 50, kLarge);
    log.release(23);
  }
  SpoolLog log = open(kSmallMax);
  EXPECT_EQ(log.events(), 27u);
  EXPECT_EQ(rest_of(log, 350'000), events(23, 50, kLarge));
}

TEST_F(SpoolLogTest, HoldsFewFilesOpenHoweverManyItHas) {
  const auto before = open_files();
  const auto few = 4;  // lock, position, one to write, one to read
  {
    SpoolLog log = open(kSmallMax);
    put(log, 0, 60, kLarge);
    EXPECT_EQ(log.read(1).size(), 1u);
    EXPECT_GE(segments().size(), 6u);
    EXPECT_LE(open_files(), before + few);
  }
  SpoolLog log = open(kSmallMax);
  EXPECT_EQ(log.read(1).size(), 1u);
  EXPECT_LE(open_files(), before + few);
}

TEST_F(SpoolLogTest, IsEmptyWhenAllIsReleased) {
  {
    SpoolLog log = open();
    EXPECT_TRUE(log.empty());
    const auto files = open_files();
    put(log, 0, 4);
    EXPECT_FALSE(log.empty());
    EXPECT_EQ(log.read(1).size(), 1u);
    log.release(4);
    EXPECT_TRUE(log.empty());
    EXPECT_EQ(log.bytes(), 0u);
    EXPECT_EQ(open_files(), files) << "an open file keeps its place on the disk";
    EXPECT_TRUE(segments().empty());
  }
  SpoolLog log = open();
  EXPECT_TRUE(log.empty());
  EXPECT_TRUE(log.read(1000).empty());
  put(log, 4, 6);
  const auto read = log.read(1000);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].number, 4u) << "numbers go on";
}

TEST_F(SpoolLogTest, ReleaseLeavesWhatIsNotSafe) {
  SpoolLog log = open();
  put(log, 0, 2);
  ASSERT_TRUE(log.append(events(2, 4)));
  log.release(1000);
  EXPECT_EQ(log.events(), 2u);
  log.sync();
  EXPECT_EQ(rest_of(log), events(2, 4));
}

TEST_F(SpoolLogTest, ReleaseOfWhatWasNotReadSkipsIt) {
  SpoolLog log = open();
  put(log, 0, 4);
  log.release(3);
  log.release(1);
  EXPECT_EQ(log.events(), 1u);
  EXPECT_EQ(rest_of(log), events(3, 4));
}

TEST_F(SpoolLogTest, AFullSegmentIsLeftWhenAllOfItIsSafe) {
  {
    SpoolLog log = open(kSmallMax);
    ASSERT_TRUE(log.append({{event(0, kWhole)}}));
    ASSERT_TRUE(log.append({{event(1, kWhole)}}));
    EXPECT_EQ(segments().size(), 1u) << "though it is full";
    log.sync();
    EXPECT_EQ(segments().size(), 1u) << "nothing needs another yet";
    ASSERT_TRUE(log.append(events(2, 4)));
    EXPECT_EQ(segments().size(), 2u);
    EXPECT_EQ(segments().back().filename(), spool_segment_name(2));
    log.sync();
  }
  SpoolLog log = open(kSmallMax);
  put(log, 4, 5);
  EXPECT_EQ(segments().size(), 2u);
  EXPECT_EQ(rest_of(log), joined(events(0, 2, kWhole), events(2, 5)));
}

TEST_F(SpoolLogTest, AnEventLargerThanARecordIsRefused) {
  SpoolLog log = open();
  put(log, 0, 1);
  const Error error = error_of([&] { static_cast<void>(log.append({{event(1, 17 << 20)}})); });
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  put(log, 1, 2);
  EXPECT_EQ(rest_of(log), events(0, 2));
}

TEST_F(SpoolLogTest, AnotherDestinationIsRefused) {
  {
    SpoolLog log = open();
    put(log, 0, 2);
  }
  const Error error = error_of([&] { open(kPlenty, "wt-two"); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_NE(std::string(error.what()).find("wt-one"), std::string::npos);
  EXPECT_NE(std::string(error.what()).find("wt-two"), std::string::npos);
  EXPECT_NE(error.hint().find("spool.path"), std::string::npos);
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), events(0, 2));
  log.release(2);
}

TEST_F(SpoolLogTest, AnEmptySpoolServesAnyDestination) {
  {
    SpoolLog log = open();
    put(log, 0, 2);
    log.release(2);
  }
  SpoolLog log = open(kPlenty, "wt-two");
  EXPECT_TRUE(log.empty());
}

TEST_F(SpoolLogTest, IsForItsOwnerAlone) {
  const mode_t usual = umask(0);
  SpoolLog log = open();
  put(log, 0, 1);
  log.release(0);
  umask(usual);
  EXPECT_EQ(mode_of(spool_path()), 0700u);
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(spool_path())) {
    EXPECT_EQ(mode_of(entry.path()), 0600u) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 3u) << "segment, position, lock";
}

TEST_F(SpoolLogTest, ASecondOwnerIsRefused) {
  const SpoolLog first = open();
  const Error error = error_of([&] { open(); });
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_EQ(std::string(error.what()),
            "the spool is in use by process " + std::to_string(getpid()));
  EXPECT_EQ(error.where(), spool_path());
  EXPECT_NE(error.hint().find("spool.path"), std::string::npos);
}

TEST_F(SpoolLogTest, AFolderThatCannotBeMadeIsToldWithItsPath) {
  EXPECT_EQ(error_of([&] { SpoolLog log(path("no/spool"), kPlenty, "x"); }).where(),
            path("no/spool"));
  overwrite(path("file"), "");
  EXPECT_EQ(error_of([&] { SpoolLog log(path("file"), kPlenty, "x"); }).kind(), ErrorKind::usage);
}

TEST_F(SpoolLogTest, WhatWasSafeSurvivesAKilledProcess) {
  const pid_t child = fork();
  if (child == 0) {
    SpoolLog log = open();
    if (!log.append(events(0, 100))) _exit(1);
    log.sync();
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), events(0, 100));
}

}  // namespace
}  // namespace waltrack
