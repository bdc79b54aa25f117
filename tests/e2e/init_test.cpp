#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "workshop/mapping_draft.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

std::string schema_sql() {
  return read_file(fs::path(WALTRACK_SOURCE_DIR) / "tests/e2e/init_schema.sql");
}

// The files of a folder by their names below it.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  }
  return files;
}

class Init : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec(schema_sql());
  }
  static void TearDownTestSuite() { server_.reset(); }

  CommandResult run(std::vector<std::string> args, const std::string& user = "postgres") const {
    return run_waltrack(
        std::move(args), folder_.path(),
        {{"DATABASE_URL", server_->conninfo("postgres", user)}, {"SEGMENT_WRITE_KEY", "key"}});
  }

  static std::unique_ptr<PostgresServer> server_;
  TempDir folder_;
};
std::unique_ptr<PostgresServer> Init::server_;

}  // namespace

TEST_F(Init, WhatItWritesIsFineForCheck) {
  const CommandResult init = run({"init", "--yes"});
  ASSERT_EQ(init.status, (ExitStatus{0, 0})) << init.out << init.err;
  const CommandResult check = run({"check", "--offline", "--json"});
  EXPECT_EQ(check.status, (ExitStatus{0, 0})) << check.out;
  const nlohmann::json report = nlohmann::json::parse(check.out);
  EXPECT_EQ(report["columns_lock"], "unchanged");
  // The tests' role is one.
  ASSERT_EQ(report["findings"].size(), 1u) << check.out;
  EXPECT_EQ(report["findings"][0]["code"], "role_superuser");
}

TEST_F(Init, TheRoleOfItsSetupIsFineForCheckToo) {
  ASSERT_EQ(run({"init", "--yes"}).status.code, 0);
  const std::string setup = read_file(folder_ / "waltrack-setup.sql");
  server_->exec(setup);
  server_->exec(setup);
  const CommandResult check = run({"check", "--offline"}, "waltrack");
  EXPECT_EQ(check.out.find("error:"), std::string::npos) << check.out;
  EXPECT_EQ(check.status.code, 0);
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_publication_tables WHERE tablename = 'orders'"),
            "1");
  server_->exec("DROP PUBLICATION waltrack");
}

TEST_F(Init, NothingIsEverOverwritten) {
  folder_.write("mappings/carts.yaml", "# mine\n");
  folder_.write("mappings/my.yaml",
                "table: public.orders\nuser_id: user_id\ntrack:\n  - event: Order Mine\n");
  folder_.write("waltrack-setup.sql", "-- mine\n");
  const CommandResult first = run({"init", "--yes"});
  EXPECT_EQ(first.status.code, 0) << first.err;
  EXPECT_NE(first.out.find("kept   mappings/carts.yaml"), std::string::npos) << first.out;
  const auto files = files_of(folder_.path());
  EXPECT_EQ(files.at("mappings/carts.yaml"), "# mine\n");
  EXPECT_EQ(files.at("waltrack-setup.sql"), "-- mine\n");
  EXPECT_EQ(files.count("mappings/orders.yaml"), 0u);
  EXPECT_EQ(files.count("mappings/users.yaml"), 1u);

  const CommandResult again = run({"init", "--yes"});
  EXPECT_EQ(again.status.code, 0);
  EXPECT_EQ(again.out.find("wrote"), std::string::npos) << again.out;
  EXPECT_EQ(files_of(folder_.path()), files);
}

TEST_F(Init, NoSecretGoesIntoAFileOrIsTold) {
  const CommandResult init = run_waltrack(
      {"init", "--yes", "--url", server_->conninfo() + " password=hunter2"}, folder_.path());
  ASSERT_EQ(init.status.code, 0) << init.err;
  EXPECT_NE(init.out.find("the URL holds a password"), std::string::npos);
  EXPECT_EQ((init.out + init.err).find("hunter2"), std::string::npos);
  for (const auto& [name, text] : files_of(folder_.path())) {
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << name;
    EXPECT_EQ(text.find("127.0.0.1:" + std::to_string(server_->port())), std::string::npos) << name;
  }
}

TEST_F(Init, OnlyTheTablesThatAreNamedAreWritten) {
  const CommandResult done = run({"init", "--json", "--tables", "users,billing.*,order*", "-c",
                                  "etc/waltrack.yaml", "--mappings", "maps"});
  ASSERT_EQ(done.status.code, 0) << done.err;
  const nlohmann::json json = nlohmann::json::parse(done.out);
  EXPECT_EQ(json["tables"].size(), 4u) << json.dump(2);
  const auto files = files_of(folder_.path());
  EXPECT_EQ(files.count("maps/billing.invoices.yaml"), 1u);
  EXPECT_EQ(files.count("maps/order_items.yaml"), 1u);
  EXPECT_EQ(files.count("maps/carts.yaml"), 0u);
  EXPECT_EQ(run({"check", "--offline", "-c", "etc/waltrack.yaml"}).status.code, 0);
}

TEST_F(Init, WrongUsageIsTold) {
  const CommandResult unknown = run({"init", "--yes", "--tables", "userz"});
  EXPECT_EQ(unknown.status.code, 2);
  EXPECT_NE(unknown.err.find("public.users"), std::string::npos) << unknown.err;
  const CommandResult nowhere =
      run_waltrack({"init", "--yes"}, folder_.path(), {{"DATABASE_URL", ""}});
  EXPECT_EQ(nowhere.status.code, 2);
  EXPECT_NE(nowhere.err.find("--url"), std::string::npos);
  EXPECT_TRUE(files_of(folder_.path()).empty());
}

TEST_F(Init, CheckBringsTheColumnsLockUpToDate) {
  ASSERT_EQ(run({"init", "--yes", "--tables", "users"}).status.code, 0);
  const std::string lock = read_file(folder_ / "mappings/columns.lock.json");
  EXPECT_NE(lock.find("\"name\": \"locale\""), std::string::npos);
  folder_.write("mappings/columns.lock.json", "old");
  EXPECT_EQ(run({"check", "--offline", "--no-lock"}).out.find("columns.lock.json"),
            std::string::npos);
  EXPECT_EQ(read_file(folder_ / "mappings/columns.lock.json"), "old");
  EXPECT_NE(run({"check", "--offline"}).out.find("wrote columns.lock.json"), std::string::npos);
  EXPECT_EQ(read_file(folder_ / "mappings/columns.lock.json"), lock);
  EXPECT_EQ(run({"check", "--offline"}).out.find("columns.lock.json"), std::string::npos);

  // Where it cannot be written that is a note, not a warning.
  fs::remove(folder_ / "mappings/columns.lock.json");
  fs::create_directory(folder_ / "mappings/columns.lock.json");
  const CommandResult stuck = run({"check", "--offline", "--json"});
  EXPECT_EQ(nlohmann::json::parse(stuck.out)["columns_lock"], "not_writable") << stuck.out;
  EXPECT_EQ(nlohmann::json::parse(stuck.out)["findings"].size(), 1u) << stuck.out;
  EXPECT_EQ(stuck.status.code, 0);
  fs::remove(folder_ / "mappings/columns.lock.json");
  folder_.write("mappings/columns.lock.json", lock);

  // What would lack a table is not written over what has it.
  folder_.write("mappings/gone.yaml",
                "table: public.gone\nuser_id: id\ntrack:\n  - event: Thing Made\n");
  EXPECT_NE(run({"check", "--offline"}).status.code, 0);
  EXPECT_EQ(read_file(folder_ / "mappings/columns.lock.json"), lock);
}

}  // namespace waltrack
