#include <fstream>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"

namespace waltrack {
namespace {

constexpr const char* kWriteKey = "sEcReT-write-key-4711";
constexpr const char* kPassword = "sEcReT-password-0815";

}  // namespace

// The server asks for a password, so that it matters.
class Secrets : public testing::Test {
 protected:
  Secrets() {
    server_.exec("CREATE ROLE tracker LOGIN REPLICATION SUPERUSER PASSWORD '" +
                 std::string(kPassword) + "'");
    std::ofstream file(server_.data_dir() / "pg_hba.conf", std::ios::trunc);
    file << "host all tracker 127.0.0.1/32 scram-sha-256\n"
            "host replication tracker 127.0.0.1/32 scram-sha-256\n"
            "host all postgres 127.0.0.1/32 trust\n";
    file.close();
    server_.reload();
  }

  RunSettings settings(const std::string& password) const {
    RunSettings settings;
    settings.mappings = Notes::kMapping;
    settings.write_key = kWriteKey;
    settings.source_url = "postgresql://tracker:" + password +
                          "@127.0.0.1:" + std::to_string(server_.port()) + "/postgres";
    return settings;
  }

  static void expect_silent(const std::string& text, const std::string& what) {
    EXPECT_EQ(text.find(kWriteKey), std::string::npos) << what << ": " << text;
    EXPECT_EQ(text.find(kPassword), std::string::npos) << what << ": " << text;
  }
  static void expect_silent(const CommandResult& result, const std::string& what) {
    expect_silent(result.out + result.err, what);
  }
  // All that a run leaves behind; the configuration itself may know the password.
  static void expect_silent_files(const TestRun& run) {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run.folder().path())) {
      if (!entry.is_regular_file() || entry.path().filename() == "waltrack.yaml") continue;
      expect_silent(read_file(entry.path()), entry.path().filename().string());
      ++files;
    }
    EXPECT_GE(files, 3);
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
};

TEST_F(Secrets, AreInNoLogNoStateFileAndNoOutputOfARunThatSeesTrouble) {
  TestRun run(server_, receiver_, settings(kPassword));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  notes_.write(10);
  ASSERT_TRUE(receiver_.wait_for_known(10));
  receiver_.control(R"({"answer": 401, "count": 1})");
  notes_.write_singly(1);
  ASSERT_TRUE(run.wait_for_log("the receiver refuses events"));
  server_.stop(StopMode::immediate);
  ASSERT_TRUE(run.wait_for_log("reconnecting"));
  receiver_.kill();
  expect_silent_files(run);
  expect_silent(run.command({"status"}), "status");
  expect_silent(run.command({"status", "--json"}), "status --json");
  expect_silent(run.command({"check"}), "check without a server");
  EXPECT_EQ(run.stop().code, 0);
  expect_silent(run.command({"run"}), "run without a server");
  server_.start();
  expect_silent(run.command({"check", "--json"}), "check --json");
  expect_silent_files(run);
}

TEST_F(Secrets, AreInNoErrorOfAConfigurationThatIsWrong) {
  TestRun wrong_password(server_, receiver_, settings(std::string(kPassword) + "x"));
  const CommandResult refused = wrong_password.command({"run"});
  EXPECT_EQ(refused.status.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("password authentication failed"), std::string::npos) << refused.err;
  expect_silent(refused, "run with a wrong password");
  expect_silent(wrong_password.command({"check"}), "check with a wrong password");

  for (const std::string& url :
       {"postgresql://tracker:" + std::string(kPassword) + "@127.0.0.1:notaport/x",
        "postgresql://tracker:" + std::string(kPassword) + "@[::1/x",
        "host=127.0.0.1 pasword=" + std::string(kPassword),
        "host=127.0.0.1 password='" + std::string(kPassword),
        "postgresql://tracker:" + std::string(kPassword) + "@127.0.0.1/x?nonsense=1"}) {
    RunSettings broken = settings(kPassword);
    broken.source_url = url;
    TestRun run(server_, receiver_, broken);
    const CommandResult result = run.command({"run"});
    EXPECT_NE(result.status.code, 0);
    expect_silent(result, "run with " + url.substr(0, 12));
    expect_silent(run.command({"check"}), "check with a broken URL");
  }
  TestRun odd_key(server_, receiver_, settings(kPassword));
  odd_key.set_env({{"E2E_WRITE_KEY", std::string(kWriteKey) + ":\n"}});
  expect_silent(odd_key.command({"run"}), "run with an odd key");
}

TEST_F(Secrets, LeftBehindFailTheTestOfTheirRun) {
  const auto leave = [&](const std::string& text) {
    const TestRun run(server_, receiver_, settings(kPassword));
    run.folder().write("cores/core.1", "before " + text + " after");
  };
  EXPECT_NONFATAL_FAILURE(leave(kWriteKey), "the write key is in ");
  // "sEcReT-write-key-4711:" in base64
  EXPECT_NONFATAL_FAILURE(leave("c0VjUmVULXdyaXRlLWtleS00NzExOg=="),
                          "the write key, as sent, is in ");
  leave("sEcReT-write-key-4712");
}

}  // namespace waltrack
