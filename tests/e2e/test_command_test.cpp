#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"

namespace waltrack {
namespace {

constexpr const char* kLock = R"({"version": 1, "needs": "waltrack 0.2", "tables": [
  {"schema": "public", "name": "people", "replica_identity": "full", "columns": [
    {"name": "id", "type": "bigint", "kind": "int8", "nullable": false, "key": true},
    {"name": "plan", "type": "text", "kind": "text", "nullable": true}]}]}
)";

constexpr const char* kMapping = R"(table: people
user_id: id
track: { event: Signed Up, properties: { plan: plan } }
tests:
  - name: a sign-up is told
    insert: { id: 7, plan: free }
    expect:
      - { type: track, event: Signed Up, userId: "7", properties: { plan: free } }
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("nothing to replace: " + from);
  return text.replace(at, from.size(), to);
}

class TestCommand : public testing::Test {
 protected:
  TestCommand() {
    folder_.write("mappings/columns.lock.json", kLock);
    write(kMapping);
  }
  void write(const std::string& mapping) { folder_.write("mappings/people.yaml", mapping); }
  CommandResult run(std::vector<std::string> args = {}) {
    args.insert(args.begin(), "test");
    return run_waltrack(args, folder_.path());
  }
  void expect_told(const CommandResult& result, int code, const std::vector<std::string>& told) {
    EXPECT_EQ(result.status.code, code) << result.out << result.err;
    for (const std::string& one : told)
      EXPECT_NE((result.out + result.err).find(one), std::string::npos) << one << "\n"
                                                                        << result.out << result.err;
  }

  TempDir folder_;
};

TEST_F(TestCommand, PassesWithoutConfigurationDatabaseOrColors) {
  const CommandResult result = run();
  expect_told(result, 0, {"ok   mappings/people.yaml  1 test\n", "1 test passed\n"});
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
}

TEST_F(TestCommand, AsksForNoSecretThatTheConfigurationNames) {
  folder_.write("elsewhere/waltrack.yaml",
                "source:\n  url: ${NOT_SET_ANYWHERE}\nmappings: ../mappings\n");
  expect_told(run({"-c", "elsewhere/waltrack.yaml"}), 0, {"1 test passed"});
  expect_told(run({"-c", "missing.yaml"}), 2, {"missing.yaml"});
}

TEST_F(TestCommand, FailsWithPlaceAndDifference) {
  write(replaced(kMapping, "{ plan: free } }\n", "{ plan: pro } }\n"));
  expect_told(run(), 1,
              {"FAIL mappings/people.yaml  1 of 1 test failed", "mappings/people.yaml:5:5",
               "- \"pro\"", "+ \"free\""});
  const auto json = nlohmann::json::parse(run({"--json"}).out);
  EXPECT_FALSE(json["ok"]);
  EXPECT_EQ(json["tests"][0]["actual"][0]["properties"]["plan"], "free");
}

TEST_F(TestCommand, UpdatesWhatFailsAndThenPasses) {
  write(replaced(kMapping, "properties: { plan: free } }\n", "properties: { plan: pro } }\n"));
  expect_told(run({"--update"}), 0, {"mappings/people.yaml: wrote 1 expectation"});
  EXPECT_EQ(read_file(folder_ / "mappings/people.yaml"), kMapping);
  expect_told(run({"--update"}), 0, {"nothing to write"});
  expect_told(run(), 0, {"1 test passed"});
}

TEST_F(TestCommand, RunsTheFilesThatAreNamed) {
  folder_.write("mappings/other.yaml", "table: nowhere\n");
  expect_told(run(), 2, {"other.yaml"});
  expect_told(run({"mappings/people.yaml"}), 0, {"1 test passed"});
  expect_told(run({"mappings/none.yaml"}), 2, {"mappings/none.yaml"});
}

TEST_F(TestCommand, IsNotContentWithNoTestAtAll) {
  write("table: people\nuser_id: id\ntrack: { event: E }\n");
  expect_told(run(), 1, {"nothing was tested", "hint: "});
  expect_told(run({"--allow-none"}), 0, {"no tests"});
}

TEST_F(TestCommand, UpdatesAFileBehindALinkAndLeavesTheLink) {
  write(replaced(kMapping, "properties: { plan: free } }\n", "properties: { plan: pro } }\n"));
  std::filesystem::rename(folder_ / "mappings/people.yaml", folder_ / "real.yaml");
  std::filesystem::create_symlink("../real.yaml", folder_ / "mappings/people.yaml");
  expect_told(run({"--update"}), 0, {"wrote 1 expectation"});
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "mappings/people.yaml"));
  EXPECT_EQ(read_file(folder_ / "real.yaml"), kMapping);
}

TEST_F(TestCommand, TellsWhatWritesAMissingLock) {
  std::filesystem::remove(folder_ / "mappings/columns.lock.json");
  expect_told(run(), 2, {"mappings/columns.lock.json", "waltrack check"});
}

TEST_F(TestCommand, TellsAllFaultsOfTheFiles) {
  folder_.write("mappings/other.yaml", "table: people\nusr: id\ntrack: { event: E }\n");
  write(replaced(kMapping, "{ id: 7, plan: free }\n", "{ id: x, paln: free }\n"));
  expect_told(run(), 2,
              {"people.yaml:6:19", "whole number", "did you mean 'plan'?", "other.yaml:2:1"});
}

}  // namespace
}  // namespace waltrack
