#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/failpoint.hpp"
#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"

namespace waltrack {

class FailpointRun : public testing::Test {
 protected:
  static RunSettings settings() {
    RunSettings settings;
    settings.mappings = Notes::kMapping;
    return settings;
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  TestRun run_{server_, receiver_, settings()};
};

TEST_F(FailpointRun, EndsAtItsPlaceAndTheNextStartHasNone) {
  run_.set_failpoint("delivery.answered=kill@2");
  run_.start();
  ASSERT_TRUE(run_.wait_until_streaming());
  notes_.write_singly(1);
  ASSERT_TRUE(receiver_.wait_for_known(1));
  notes_.write_singly(1);
  EXPECT_EQ(run_.wait_for_end(), (ExitStatus{-1, SIGKILL}));
  EXPECT_NE(run_.log().find("failpoint: kill name=delivery.answered"), std::string::npos);
  EXPECT_EQ(receiver_.known(), 2U);

  run_.start();
  ASSERT_TRUE(run_.wait_until_confirmed(current_wal(server_)));
  const nlohmann::json stats = receiver_.stats();
  EXPECT_GE(stats.at("duplicates"), 1);  // sent, and nobody knew
  EXPECT_EQ(stats.at("known"), 2);
  EXPECT_EQ(stats.at("conflicting"), 0);
}

TEST_F(FailpointRun, AnErrorInTheStreamIsMendedByAnotherStream) {
  run_.set_failpoint("capture.received=error;capture.mapped=sleep:1");
  run_.start();
  ASSERT_TRUE(run_.wait_for_log("failpoint capture.received"));
  notes_.write_singly(1);
  EXPECT_TRUE(receiver_.wait_for_known(1));
  EXPECT_EQ(run_.stop().code, 0);
}

// A run that streams, backfills, keeps a dead letter and spools meets all of them.
TEST_F(FailpointRun, EveryPlaceIsReached) {
  server_.exec(
      "CREATE TABLE facts (id int PRIMARY KEY, body text);"
      "INSERT INTO facts SELECT n, '{}' FROM generate_series(1, 100) n;"
      "INSERT INTO facts VALUES (101, 'no JSON')");
  RunSettings settings;
  settings.mappings = std::string(Notes::kMapping) + R"yaml(
---
table: public.facts
backfill: initial
user_id: id
track:
  - event: Fact Added
    on: [insert, backfill]
    properties: { theme: body ->> 'theme' }
)yaml";
  settings.more = "spool: { path: spool, after: 1s }\n";
  TestRun run(server_, receiver_, settings);
  std::string setting;
  for (const std::string_view name : failpoint_names())
    setting.append(setting.empty() ? "" : ";").append(name).append("=sleep:0@1");
  run.set_failpoint(setting);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  notes_.write(10);
  EXPECT_TRUE(receiver_.wait_for_known(110));
  EXPECT_TRUE(run.wait_for_log("a backfill is over"));
  receiver_.control(R"({"answer": 503})");
  notes_.write(10);
  EXPECT_TRUE(run.wait_for_log("events go to the spool"));
  receiver_.control(R"({"answer": 200})");
  EXPECT_TRUE(receiver_.wait_for_known(120));
  EXPECT_TRUE(run.wait_for_log("the spool is empty"));
  EXPECT_TRUE(run.wait_until_confirmed(current_wal(server_)));
  EXPECT_EQ(run.stop().code, 0);
  for (const std::string_view name : failpoint_names()) {
    EXPECT_EQ(count_of(run.log(), "failpoint: sleep name=" + std::string(name) + "\n"), 1U) << name;
  }
}

TEST_F(FailpointRun, ANameThatIsNoneEndsItAtOnce) {
  run_.set_failpoint("delivery.anwsered=kill");
  run_.start();
  EXPECT_EQ(run_.wait_for_end().code, 2);
  EXPECT_NE(run_.log().find("there is no failpoint 'delivery.anwsered'"), std::string::npos);
}

}  // namespace waltrack
