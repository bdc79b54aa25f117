#include "base/replace_file.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(ReplaceFile, MakesAndReplacesAndLeavesNothingBeside) {
  TempDir folder;
  EXPECT_TRUE(replace_file(folder / "a", "one"));
  EXPECT_TRUE(replace_file(folder / "a", "two"));
  EXPECT_EQ(text_of(folder / "a"), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(ReplaceFile, LinkStaysALinkAndPermissionsStay) {
  TempDir folder;
  EXPECT_TRUE(replace_file(folder / "real", "one"));
  fs::permissions(folder / "real", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("real", folder / "link");
  EXPECT_TRUE(replace_file(folder / "link", "two"));
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(text_of(folder / "real"), "two");
  EXPECT_EQ(fs::status(folder / "real").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST(ReplaceFile, FolderThatIsNotThereIsToldAsFalse) {
  TempDir folder;
  EXPECT_FALSE(replace_file(folder / "no/such", "x"));
}

}  // namespace
}  // namespace waltrack
