// What `waltrack backfill` says before anything is asked of a run: wrong usage, and requests that
// wait. No run takes part.

#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "e2e/e2e_fixture.hpp"
#include "state/backfill_requests.hpp"
#include "state/state_file.hpp"

namespace waltrack {
namespace {

class BackfillCommand : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec(
        "create table people (id int primary key, plan text, joined timestamptz);"
        "insert into people values (1, 'hush', now());"
        "create table orders (id int primary key);"
        "create table lonely (id int primary key);"
        "create table off (id int primary key);");
  }
  static void TearDownTestSuite() { server_.reset(); }

  BackfillCommand() {
    folder_.write("mappings/people.yaml",
                  "table: people\nuser_id: id\nidentify: { traits: { plan: plan } }\n---\n"
                  "table: orders\nuser_id: id\ntrack: { event: Order Placed }\n---\n"
                  "table: off\nenabled: false\nuser_id: id\ntrack: { event: O }\n");
    // The write key is not set: who only asks a run needs none.
    folder_.write("waltrack.yaml", "source: { url: \"" + server_->conninfo() +
                                       "\" }\ndestination: { write_key: \"${NOT_SET}\" }\n");
  }

  CommandResult run(std::vector<std::string> args) const {
    args.insert(args.begin(), "backfill");
    return run_waltrack(args, folder_.path());
  }
  void expect_told(const std::vector<std::string>& args, int code,
                   const std::vector<std::string>& told) const {
    const CommandResult result = run(args);
    EXPECT_EQ(result.status.code, code) << result.out << result.err;
    for (const std::string& one : told) {
      EXPECT_NE((result.out + result.err).find(one), std::string::npos)
          << "not told: " << one << "\n"
          << result.out << result.err;
    }
  }

  std::string state() const { return (folder_ / "waltrack.db").string(); }
  void make_state() const { StateFile file(state(), clock_); }
  void save(const std::string& table, BackfillPhase phase) const {
    BackfillStep step;
    step.table.name = table;
    step.progress.emplace();
    step.progress->table.name = table;
    step.progress->phase = phase;
    step.progress->rows = 25;
    step.progress->row_estimate = 100;
    StateFile(state(), clock_).save({}, {}, std::vector{step});
  }
  nlohmann::json status() const {
    const CommandResult result = run({"--status", "--json"});
    EXPECT_EQ(result.status.code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }

  static std::unique_ptr<PostgresServer> server_;
  TempDir folder_;
  SystemClock clock_;
};

std::unique_ptr<PostgresServer> BackfillCommand::server_;

TEST_F(BackfillCommand, ATableIsNeeded) {
  expect_told({}, 2, {"which tables?", "waltrack backfill users orders"});
}

TEST_F(BackfillCommand, OptionsThatSayDifferentThingsExcludeEachOther) {
  for (const char* other : {"--pause", "--resume", "--cancel", "--detach"})
    expect_told({"people", "--status", other}, 2, {"--status", other, "excludes"});
  expect_told({"--pause", "--resume"}, 2, {"--pause", "--resume", "excludes"});
  expect_told({"--cancel", "--resume"}, 2, {"--cancel", "--resume", "excludes"});
  expect_told({"people", "--pause", "--where", "true"}, 2, {"--pause", "--where", "excludes"});
  expect_told({"people", "--cancel", "--since", "id=1"}, 2, {"--cancel", "--since", "excludes"});
  expect_told({"people", "--resume", "--rate", "5"}, 2, {"--resume", "--rate", "excludes"});
}

TEST_F(BackfillCommand, ARateIsANumberOfRows) {
  expect_told({"people", "--rate", "0"}, 2, {"--rate"});
  expect_told({"people", "--rate", "fast"}, 2, {"--rate"});
}

TEST_F(BackfillCommand, ATableThatIsNotThereIsToldWithTheOneThatIs) {
  expect_told({"poeple"}, 2, {"no table 'public.poeple'", "did you mean 'public.people'?"});
  expect_told({"people; drop"}, 2, {"is not a table's name"});
}

TEST_F(BackfillCommand, ATableNeedsAMappingThatIsSwitchedOn) {
  expect_told({"lonely"}, 2, {"no mapping is about the table public.lonely"});
  expect_told({"off"}, 2, {"switched off", "enabled: false"});
}

TEST_F(BackfillCommand, ATableNeedsARuleForRowsThatExist) {
  expect_told({"orders"}, 2, {"public.orders", "rows that exist", "on: [insert, backfill]"});
}

TEST_F(BackfillCommand, AConditionThatTheServerDoesNotTakeIsToldInItsWords) {
  expect_told({"people", "--where", "nope = 1"}, 2, {"--where for public.people", "nope"});
  expect_told({"people", "--where", "id"}, 2, {"--where for public.people", "boolean"});
  expect_told({"people", "--where", "joined > 'soon'"}, 2, {"--where for public.people", "soon"});
}

TEST_F(BackfillCommand, AConditionIsOneAndReadsOnly) {
  for (const char* where : {"true); delete from people; select (true", "id = 1) or (true",
                            "true] or array[true", "true /*", "true, true", "id in (select 1"}) {
    expect_told({"people", "--where", where}, 2, {"--where for public.people"});
  }
  EXPECT_EQ(server_->value("select count(*) from people"), "1");
}

TEST_F(BackfillCommand, NoRowsValueIsToldWithACondition) {
  const CommandResult result = run({"people", "--where", "plan::int = 1 and nope"});
  EXPECT_EQ(result.status.code, 2);
  EXPECT_EQ((result.out + result.err).find("hush"), std::string::npos) << result.err;
}

TEST_F(BackfillCommand, SinceTakesAColumnOfTheTableAndAValueOfItsType) {
  expect_told({"people", "--since", "joined"}, 2, {"--since", "COLUMN=VALUE"});
  expect_told({"people", "--since", "joind=2026-01-01"}, 2, {"--since", "'joined'"});
  expect_told({"people", "--since", "joined=soon"}, 2, {"--since for public.people", "soon"});
}

TEST_F(BackfillCommand, AllThatIsWrongIsToldAtOnce) {
  expect_told({"poeple", "lonely", "people", "--since", "nope=1", "--where", "("}, 2,
              {"public.poeple", "public.lonely", "--where", "faults", "nothing was asked"});
}

TEST_F(BackfillCommand, ABackfillThatIsUnderWayIsNotBegunAgain) {
  save("people", BackfillPhase::paused);
  expect_told({"people"}, 2,
              {"under way (paused, 25 %)", "waltrack backfill --cancel public.people"});
  expect_told({"--cancel", "people"}, 0, {"public.people: cancel asked", "the next one"});
  const CommandResult result = run({"people", "--detach"});
  EXPECT_EQ(result.err.find("under way"), std::string::npos) << result.err;
}

TEST_F(BackfillCommand, WithoutAStateFileThereIsNothingToTell) {
  for (const char* option : {"--status", "--pause", "--resume", "--cancel"})
    expect_told({option}, 1, {"there is no state file", "waltrack run"});
  EXPECT_FALSE(std::filesystem::exists(state()));
}

TEST_F(BackfillCommand, TheStatusTellsWhatStandsInTheFile) {
  make_state();
  expect_told({"--status"}, 0, {"no backfill was ever asked for"});
  save("people", BackfillPhase::running);
  save("orders", BackfillPhase::paused);
  expect_told({"--status"}, 0, {"public.people: 25 %, 25 of about 100 rows", "orders: paused"});
  EXPECT_EQ(run({"--status", "orders"}).out.find("people"), std::string::npos);
  expect_told({"--status", "users"}, 2, {"knows no backfill of 'users'"});
  EXPECT_EQ(status()["backfills"].size(), 2U);
  EXPECT_EQ(status()["backfills"][1]["percent"], 25);
  const CommandResult whole = run_waltrack({"status", "--json"}, folder_.path());
  EXPECT_EQ(nlohmann::json::parse(whole.out)["backfills"], status()["backfills"]);
}

TEST_F(BackfillCommand, AnOrderBecomesOneRequestForEachTable) {
  make_state();
  expect_told({"people", "public.people", "--where", "id > 1 -- the first", "--since",
               "joined=2026-01-01", "--rate", "500", "--detach"},
              0, {"public.people: start asked", "the next one takes it up"});
  const nlohmann::json told = status();
  ASSERT_EQ(told["backfill_requests"].size(), 1U);
  const nlohmann::json& request = told["backfill_requests"][0];
  EXPECT_EQ(request["action"], "start");
  EXPECT_EQ(request["table"], "public.people");
  EXPECT_EQ(request["rows_per_s"], 500);
  const std::string where = request["where"];
  EXPECT_EQ(server_->value("select count(*) from people where " + where), "0");
  EXPECT_NE(where.find("\"joined\" >= '2026-01-01'"), std::string::npos) << where;
  expect_told({"people"}, 2, {"a backfill of this table is under way"});
}

TEST_F(BackfillCommand, WhatIsAskedWithoutARunWaitsForTheNext) {
  save("people", BackfillPhase::running);
  save("orders", BackfillPhase::paused);
  expect_told({"--pause"}, 0, {"public.people: pause asked", "the next one takes it up"});
  expect_told({"--resume", "orders"}, 0, {"public.orders: resume asked"});
  expect_told({"--cancel"}, 0, {"public.people: cancel asked", "public.orders: cancel asked"});
  expect_told({"--cancel"}, 0, {"none to which it applies"});
  expect_told({"--cancel", "people"}, 2, {"no backfill of this table is under way"});
  std::vector<std::string> asked;
  const nlohmann::json told = status();
  for (const auto& request : told["backfill_requests"]) {
    asked.push_back(request["action"].get<std::string>() + " " +
                    request["table"].get<std::string>());
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"pause public.people", "resume public.orders",
                                             "cancel public.orders", "cancel public.people"}));
}

}  // namespace
}  // namespace waltrack
