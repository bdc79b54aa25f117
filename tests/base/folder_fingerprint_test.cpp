#include "base/folder_fingerprint.hpp"

#include <gtest/gtest.h>
#include <set>

#include "support/temp_dir.hpp"

namespace waltrack {

TEST(FolderFingerprint, ChangesWithEachNameAndText) {
  TempDir folder;
  std::set<std::string> seen;
  const auto is_new = [&] { return seen.insert(folder_fingerprint(folder / "m")).second; };
  EXPECT_TRUE(is_new());  // no folder
  std::filesystem::create_directory(folder / "m");
  EXPECT_TRUE(is_new());
  folder.write("m/a.yaml", "");
  EXPECT_TRUE(is_new());
  folder.write("m/a.yaml", "table: t");
  EXPECT_TRUE(is_new());
  folder.write("m/b.yml", "table: t");
  EXPECT_TRUE(is_new());
  std::filesystem::rename(folder / "m/b.yml", folder / "m/c.yml");
  EXPECT_TRUE(is_new());
  folder.write("m/a.yaml", std::string(100'000, 'x'));
  EXPECT_TRUE(is_new());
  folder.write("m/a.yaml", std::string(99'999, 'x') + "y");
  EXPECT_TRUE(is_new());
}

TEST(FolderFingerprint, StaysWithTimesAndWithFilesThatAreNoMappings) {
  TempDir folder;
  folder.write("m/a.yaml", "table: t");
  const std::string before = folder_fingerprint(folder / "m");
  folder.write("m/a.yaml", "table: t");
  folder.write("m/.a.yaml.swp", "x");
  folder.write("m/.hidden.yaml", "x");
  folder.write("m/a.yaml~", "x");
  folder.write("m/deeper/b.yaml", "x");
  EXPECT_EQ(folder_fingerprint(folder / "m"), before);
}

}  // namespace waltrack
