#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"

namespace waltrack {
namespace {

constexpr const char* kMapping = R"(table: people
user_id: id
track:
  - event: Signed Up
    timestamp: joined
    properties: { plan: plan, tags: tags, fee: fee, ok: ok, photo: photo }
  - event: Plan Changed
    on: update
    when: changed.plan
    properties: { from: old.plan, to: plan }
)";

class Preview : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec(
        "create table people (id int primary key, plan text, tags text[], fee numeric(10,2), "
        "ok bool, photo bytea, joined timestamptz);"
        "alter table people replica identity full;"
        "insert into people values (1, 'free', '{a,\"b c\"}', 1.50, false, '\\xdeadbeef', "
        "'2026-05-06 07:08:09+02'), (2, 'pro', null, null, null, null, null);"
        "create table lonely (x int);"
        "create schema other; create table other.there (id int primary key);"
        "create table parted (id int primary key) partition by range (id);"
        "create table parted_1 partition of parted for values from (0) to (10);"
        "insert into parted values (5);");
  }
  static void TearDownTestSuite() { server_.reset(); }

  Preview() {
    folder_.write("mappings/people.yaml", kMapping);
    folder_.write("mappings/more.yaml",
                  "table: other.there\nuser_id: id\ntrack: { event: E }\n---\n"
                  "table: parted\nuser_id: id\ntrack: { event: P }\n");
    // The write key is not set: nobody needs it to look.
    folder_.write("waltrack.yaml", "source: { url: \"" + server_->conninfo() +
                                       "\" }\ndestination: { write_key: \"${NOT_SET}\" }\n");
  }
  CommandResult run(std::vector<std::string> args) {
    args.insert(args.begin(), "preview");
    return run_waltrack(args, folder_.path());
  }
  nlohmann::json json(std::vector<std::string> args) {
    args.push_back("--json");
    const CommandResult result = run(args);
    EXPECT_EQ(result.status.code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
  void expect_told(const CommandResult& result, int code, const std::vector<std::string>& told) {
    EXPECT_EQ(result.status.code, code) << result.out << result.err;
    for (const std::string& one : told)
      EXPECT_NE((result.out + result.err).find(one), std::string::npos) << one << "\n"
                                                                        << result.out << result.err;
  }

  static std::unique_ptr<PostgresServer> server_;
  TempDir folder_;
};

std::unique_ptr<PostgresServer> Preview::server_;

TEST_F(Preview, ShowsWhatTheRealMapperMakesOfRealRows) {
  const auto preview = json({"people", "--where", "id = 1 -- the first"});
  ASSERT_EQ(preview["rows"].size(), 1U);
  const auto event = preview["rows"][0]["rules"][0]["event"];
  EXPECT_EQ(event["userId"], "1");
  EXPECT_EQ(event["timestamp"], "2026-05-06T05:08:09.000000Z");
  EXPECT_EQ(event["properties"].dump(),
            R"({"fee":1.5,"ok":false,"photo":"3q2+7w==","plan":"free","tags":["a","b c"]})");
  EXPECT_EQ(preview["rows"][0]["rules"][1]["outcome"], "silent");
}

TEST_F(Preview, TakesTheLastRowsByPrimaryKey) {
  const auto preview = json({"people", "--limit", "1"});
  EXPECT_EQ(preview["rows"][0]["key"]["id"], 2);
}

TEST_F(Preview, PutsOldValuesInPlaceForUpdates) {
  expect_told(run({"public.people", "--op", "update", "--was", "plan=free", "--limit", "1"}), 0,
              {"free → pro", "✓ track Plan Changed", "nothing was sent"});
  expect_told(run({"people", "--op", "update"}), 0, {"note: nothing has changed", "--was"});
  expect_told(run({"people", "--was", "plan=free"}), 2, {"--op update"});
}

TEST_F(Preview, KeepsARowsValueOutOfTheFaultOfACondition) {
  const CommandResult result = run({"people", "--where", "plan::int = 1"});
  EXPECT_EQ(result.status.code, 2);
  EXPECT_EQ(result.err.find("\"pro\""), std::string::npos) << result.err;
  expect_told(result, 2, {"--where", "22P02"});
}

TEST_F(Preview, SaysThatAMappingIsSwitchedOff) {
  folder_.write("mappings/off.yaml",
                "table: lonely\nenabled: false\nuser_id: x\ntrack: { event: L }\n");
  expect_told(run({"lonely"}), 2, {"off.yaml:1:8", "switched off", "enabled: false"});
}

TEST_F(Preview, FindsTheTableThatIsMeant) {
  expect_told(run({"there"}), 0, {"no row"});
  expect_told(run({"parted_1"}), 0, {"insert public.parted, id 5"});
  expect_told(run({"poeple"}), 2, {"did you mean 'public.people'?"});
  expect_told(run({"lonely"}), 2, {"no mapping is about the table public.lonely", "public.people"});
}

TEST_F(Preview, TakesOneReadOnlyConditionOnly) {
  expect_told(run({"people", "--where", "true); delete from people; select (true"}), 2,
              {"--where", "multiple commands"});
  expect_told(run({"people", "--where", "nope = 1"}), 2, {"--where", "nope"});
  server_->exec(
      "create or replace function wipe() returns bool language plpgsql as $$ begin delete from "
      "people; return true; end $$");
  EXPECT_NE(run({"people", "--where", "wipe()"}).status.code, 0);
  EXPECT_EQ(server_->value("select count(*) from people"), "2");
}

TEST_F(Preview, ShowsWhatAnEditChanges) {
  folder_.write("before/people.yaml", kMapping);
  std::string edited = kMapping;
  edited.replace(edited.find("fee: fee"), 8, "fee: fee * 2");
  folder_.write("mappings/people.yaml", edited);
  expect_told(run({"people", "--where", "id = 1", "--diff", "before"}), 0,
              {"changed track/Signed Up", "properties.fee", "- 1.5", "+ 3",
               "events added 0, removed 0, changed 1, unchanged 0"});
  EXPECT_EQ(json({"people", "--diff", "before"})["count"]["changed"], 1);
  folder_.write("before/people.yaml", "table: people\nuser_id: nope\ntrack: { event: E }\n");
  expect_told(run({"people", "--diff", "before"}), 2, {"before/people.yaml:2:", "nope"});
  expect_told(run({"people", "--diff", "no-such"}), 2, {"neither a folder nor a Git revision"});
}

TEST_F(Preview, TellsOfAServerThatIsNotThere) {
  folder_.write("waltrack.yaml", "source: { url: \"host=127.0.0.1 port=1\" }\n");
  expect_told(run({"people"}), 1, {"hint: "});
}

}  // namespace
}  // namespace waltrack
