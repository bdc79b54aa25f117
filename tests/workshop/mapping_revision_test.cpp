#include "workshop/mapping_revision.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/temp_dir.hpp"
#include "workshop/program_output.hpp"

namespace waltrack {
namespace {

class MappingRevision : public testing::Test {
 protected:
  MappingRevision() {
    folder_.write("mappings/a.yaml", "table: a\nuser_id: id\ntrack: { event: Old }\n");
    folder_.write("mappings/notes.txt", "no mapping");
    folder_.write("mappings/deeper/b.yaml", "not: read\n");
    git({"init", "-q", "."});
    git({"add", "-A"});
    git({"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "first"});
  }
  void git(std::vector<std::string> args) {
    args.insert(args.begin(), "git");
    const ProgramOutput output = run_program(args, folder_.path());
    ASSERT_EQ(output.exit_code, 0) << output.err;
  }
  std::vector<MappingFile> read(const std::string& other) {
    return read_mapping_revision(other, folder_ / "mappings/", diagnostics_);
  }

  TempDir folder_;
  Diagnostics diagnostics_;
};

TEST_F(MappingRevision, ReadsTheFilesOfTheFolderAsTheyWere) {
  folder_.write("mappings/a.yaml", "table: a\nuser_id: id\ntrack: { event: New }\n");
  folder_.write("mappings/later.yaml", "table: b\n");
  const auto files = read("HEAD");
  ASSERT_EQ(files.size(), 1U) << diagnostics_.text();
  EXPECT_TRUE(files[0].path.starts_with("HEAD:")) << files[0].path;
  EXPECT_TRUE(files[0].path.ends_with("mappings/a.yaml")) << files[0].path;
  EXPECT_EQ(files[0].documents.at(0).calls.at(0).rule_id, "track/Old");
}

TEST_F(MappingRevision, ReadsAnotherFolder) {
  folder_.write("before/c.yaml", "table: c\nuser_id: id\ntrack: { event: C }\n");
  const auto files = read((folder_ / "before").string());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_FALSE(diagnostics_.has_errors());
}

TEST_F(MappingRevision, RefusesARevisionThatHasNoMappingsThere) {
  folder_.write("new/a.yaml", "table: a\nuser_id: id\ntrack: { event: New }\n");
  read_mapping_revision("HEAD", folder_ / "new", diagnostics_);
  EXPECT_EQ(diagnostics_.error_count(), 1);
  EXPECT_NE(diagnostics_.text().find("HEAD:"), std::string::npos) << diagnostics_.text();
}

TEST_F(MappingRevision, NamesTheRevisionInFaults) {
  folder_.write("mappings/a.yaml", "table: a\nuser: id\n");
  git({"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-a", "-m", "second"});
  read("HEAD");
  EXPECT_NE(diagnostics_.text().find("HEAD:"), std::string::npos) << diagnostics_.text();
  EXPECT_NE(diagnostics_.text().find("a.yaml:2:1: error: unknown key 'user'"), std::string::npos);
}

TEST_F(MappingRevision, RefusesWhatIsNoRevision) {
  for (const char* other : {"nope", "", "-h", "--output=x", "HEAD; touch x", "$(touch x)"})
    EXPECT_THROW(read(other), Error) << other;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "mappings/x"));
}

TEST(ProgramOutput, TellsTheEndOfAProgram) {
  EXPECT_EQ(run_program({"false"}, "/").exit_code, 1);
  EXPECT_EQ(run_program({"waltrack-has-no-such-program"}, "/").exit_code, -1);
  EXPECT_EQ(run_program({"echo", "$HOME; x"}, "/").out, "$HOME; x\n");
}

TEST(ProgramOutput, TakesMoreThanAPipeHolds) {
  const ProgramOutput output =
      run_program({"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"}, "/");
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.out.size(), 300000U);
  EXPECT_EQ(output.err.size(), 4096U);
}

}  // namespace
}  // namespace waltrack
