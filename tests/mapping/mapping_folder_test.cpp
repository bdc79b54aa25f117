#include "mapping/mapping_folder.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

TEST(MappingFolder, ReadsYamlFilesByName) {
  TempDir folder;
  write(folder.path() / "b.yml",
        "table: b\nuser_id: id\nidentify: {}\n---\ntable: s.c\n"
        "user_id: id\nidentify: {}\n");
  write(folder.path() / "a.yaml", "table: a\nuser_id: id\nidentify: {}\n");
  write(folder.path() / "c.yaml", "table: public.a\nuser_id: id\ntrack: { event: E }\n");
  write(folder.path() / "notes.txt", "table: [");
  Diagnostics diagnostics;
  std::vector<MappingFile> files = read_mapping_folder(folder.path(), diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].path, (folder.path() / "a.yaml").string());
  EXPECT_EQ(followed(files, {}).tables,
            (std::vector<TableName>{{"public", "a"}, {"public", "b"}, {"s", "c"}}));
}

MappingFile file_of(std::string_view yaml) {
  Diagnostics diagnostics;
  MappingFile file = read_mapping_file(yaml, "m.yaml", diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  return file;
}

TEST(MappingFolder, TablesAreBackfilledWhereADocumentAsksForIt) {
  const std::vector<TableName> existing = {{"t1", "users"}, {"t2", "users"}, {"t1", "other"}};
  const std::string calls = "user_id: id\nidentify: {}\n";
  const MappingFile file = file_of(
      "table: t*.users\nbackfill: initial\n" + calls + "---\ntable: accounts\nbackfill: initial\n" +
      calls + "---\ntable: t1.users\n" + calls + "---\ntable: t1.other\nbackfill: never\n" + calls +
      "---\ntable: orders\nenabled: false\nbackfill: initial\n" + calls);
  EXPECT_EQ(initially_backfilled({file}, existing),
            (std::vector<TableName>{{"t1", "users"}, {"t2", "users"}, {"public", "accounts"}}));
}

TEST(MappingFolder, NeverIsNeverWhateverAnotherDocumentSays) {
  const std::vector<TableName> existing = {{"t1", "users"}, {"t2", "users"}};
  const std::string calls = "user_id: id\nidentify: {}\n";
  const MappingFile some = file_of("table: t2.users\nbackfill: never\n" + calls);
  const MappingFile all = file_of("table: t*.users\nbackfill: initial\n" + calls);
  const std::vector<TableName> first = {{"t1", "users"}};
  EXPECT_EQ(initially_backfilled({some, all}, existing), first);
  EXPECT_EQ(initially_backfilled({all, some}, existing), first);
}

TEST(MappingFolder, MissingFolderIsAFault) {
  Diagnostics diagnostics;
  read_mapping_folder("/nowhere/mappings", diagnostics);
  EXPECT_EQ(diagnostics.text(),
            "/nowhere/mappings: error: cannot read the mapping files: No such file or directory\n"
            "  hint: the setting `mappings` names the folder\n");
}

TEST(MappingFolder, NoMappingIsAFault) {
  TempDir folder;
  write(folder.path() / "a.yaml", "# nothing yet\n");
  Diagnostics diagnostics;
  read_mapping_folder(folder.path(), diagnostics);
  EXPECT_EQ(diagnostics.text(),
            (folder.path() / "a.yaml").string() + ": warning: there is no mapping in this file\n" +
                folder.path().string() +
                ": error: no mapping: there is no *.yaml file with a table or message in it\n"
                "  hint: write one that begins with table: schema.name\n");
}

TEST(MappingFolder, FileWithoutAMappingIsToldAmongOthers) {
  TempDir folder;
  write(folder.path() / "a.yaml", "table: a\nuser_id: id\nidentify: {}\n");
  write(folder.path() / "b.yaml", "");
  Diagnostics diagnostics;
  EXPECT_EQ(followed(read_mapping_folder(folder.path(), diagnostics), {}).tables.size(), 1U);
  EXPECT_EQ(diagnostics.text(),
            (folder.path() / "b.yaml").string() + ": warning: there is no mapping in this file\n");
}

TEST(MappingFolder, FilesOfEditorsAreLeftAlone) {
  TempDir folder;
  write(folder.path() / "a.yaml", "table: a\nuser_id: id\nidentify: {}\n");
  std::filesystem::create_symlink("someone@host.1234", folder.path() / ".#a.yaml");
  Diagnostics diagnostics;
  read_mapping_folder(folder.path(), diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
}

TEST(MappingFolder, FileThatCannotBeReadIsAFault) {
  TempDir folder;
  std::filesystem::create_directory(folder.path() / "a.yaml");
  Diagnostics diagnostics;
  read_mapping_folder(folder.path(), diagnostics);
  EXPECT_EQ(diagnostics.text(),
            (folder.path() / "a.yaml").string() + ": error: cannot read this file\n");
}

}  // namespace
}  // namespace waltrack
