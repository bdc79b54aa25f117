#include "base/folder_watch.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include "base/folder_fingerprint.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

class FolderWatchTest : public testing::Test {
 protected:
  FolderWatchTest() { temp_.write("m/a.yaml", "one"); }

  // Takes what is there already; inotify tells before the call that caused it returns.
  bool told() {
    bool told = false;
    pollfd waiting{watch().fd(), POLLIN, 0};
    while (poll(&waiting, 1, 0) > 0)
      told |= watch().take();
    return told;
  }
  FolderWatch& watch() {
    if (!watch_) watch_.emplace(temp_ / "m");
    return *watch_;
  }

  TempDir temp_;
  std::optional<FolderWatch> watch_;
};

}  // namespace

TEST_F(FolderWatchTest, TellsOfAFileWrittenInPlace) {
  EXPECT_FALSE(told());
  temp_.write("m/a.yaml", "two");
  EXPECT_TRUE(told());
  EXPECT_FALSE(told());
}

TEST_F(FolderWatchTest, TellsOfAFileReplacedByARename) {
  temp_.write("beside", "two");
  EXPECT_FALSE(told());
  fs::rename(temp_ / "beside", temp_ / "m/a.yaml");
  EXPECT_TRUE(told());
  temp_.write("m/a.yaml", "three");
  EXPECT_TRUE(told());
}

TEST_F(FolderWatchTest, TellsOfFilesMadeAndDeleted) {
  EXPECT_FALSE(told());
  temp_.write("m/b.yaml", "b");
  EXPECT_TRUE(told());
  fs::remove(temp_ / "m/a.yaml");
  EXPECT_TRUE(told());
}

// A ConfigMap's folder: files are links into `..data`, which is a link to a dated folder; the swap
// is a rename over `..data`.
TEST_F(FolderWatchTest, TellsOfEachConfigMapSwap) {
  fs::remove_all(temp_ / "m");
  temp_.write("m/..2026_1/a.yaml", "one");
  fs::create_symlink("..2026_1", temp_ / "m/..data");
  fs::create_symlink("..data/a.yaml", temp_ / "m/a.yaml");
  EXPECT_FALSE(told());
  std::string before = folder_fingerprint(temp_ / "m");
  for (const std::string next : {"..2026_2", "..2026_3"}) {
    temp_.write("m/" + next + "/a.yaml", next);
    fs::create_symlink(next, temp_ / "m/..data_tmp");
    told();
    fs::rename(temp_ / "m/..data_tmp", temp_ / "m/..data");
    EXPECT_TRUE(told()) << next;
    EXPECT_NE(folder_fingerprint(temp_ / "m"), before) << next;
    before = folder_fingerprint(temp_ / "m");
  }
}

TEST_F(FolderWatchTest, TellsWhenTheFolderIsALinkThatMoves) {
  fs::rename(temp_ / "m", temp_ / "one");
  temp_.write("two/a.yaml", "two");
  fs::create_directory_symlink("one", temp_ / "m");
  EXPECT_FALSE(told());
  fs::create_directory_symlink("two", temp_ / "tmp");
  EXPECT_FALSE(told());
  fs::rename(temp_ / "tmp", temp_ / "m");
  EXPECT_TRUE(told());
  temp_.write("two/a.yaml", "three");
  EXPECT_TRUE(told());
  temp_.write("one/a.yaml", "nobody's");
  EXPECT_FALSE(told());
}

TEST_F(FolderWatchTest, TellsOfAFileBehindALinkWrittenInPlace) {
  temp_.write("elsewhere/b.yaml", "one");
  fs::create_symlink("../elsewhere/b.yaml", temp_ / "m/b.yaml");
  EXPECT_FALSE(told());
  temp_.write("elsewhere/c.yaml", "nobody's");
  EXPECT_FALSE(told());
  temp_.write("elsewhere/b.yaml", "two");
  EXPECT_TRUE(told());
}

TEST_F(FolderWatchTest, TellsWhenTheFolderGoesAndComesBack) {
  EXPECT_FALSE(told());
  fs::remove_all(temp_ / "m");
  EXPECT_TRUE(told());
  fs::create_directory(temp_ / "m");
  EXPECT_TRUE(told());
  temp_.write("m/a.yaml", "two");
  EXPECT_TRUE(told());
}

TEST_F(FolderWatchTest, TellsWhenMissingFoldersOnTheWayAreMade) {
  fs::remove_all(temp_ / "m");
  FolderWatch watch(temp_ / "x/y/m");
  EXPECT_FALSE(watch.take());
  fs::create_directory(temp_ / "x");
  EXPECT_TRUE(watch.take());
  fs::create_directories(temp_ / "x/y/m");
  EXPECT_TRUE(watch.take());
  temp_.write("x/y/m/a.yaml", "one");
  EXPECT_TRUE(watch.take());
}

TEST_F(FolderWatchTest, KeepsQuietAboutFilesBesideTheFolder) {
  temp_.write("waltrack.db", "one");
  EXPECT_FALSE(told());
  temp_.write("waltrack.db", "two");
  temp_.write("waltrack.db-wal", "two");
  EXPECT_FALSE(told());
}

TEST_F(FolderWatchTest, LinksInACircleAreNoHindrance) {
  fs::create_symlink("c.yaml", temp_ / "m/b.yaml");
  fs::create_symlink("b.yaml", temp_ / "m/c.yaml");
  EXPECT_FALSE(told());
  temp_.write("m/a.yaml", "two");
  EXPECT_TRUE(told());
}

}  // namespace waltrack
