#include <fstream>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

constexpr const char* kOrders = R"yaml(
table: public.orders
user_id: user_id
track:
  - event: Ordered
    on: insert
  - event: Ordered Much
    on: insert
    when: amount > 10
)yaml";

RunSettings settings_of(const char* mapping) {
  RunSettings settings;
  settings.mappings = mapping;
  return settings;
}

// A run that serves its page on a port of this machine.
class WebPage : public testing::Test {
 protected:
  void add_to_config(const TestRun& run, const std::string& more = {}) const {
    std::ofstream file(run.folder() / "waltrack.yaml", std::ios::app);
    file << "\nweb: 127.0.0.1:" << port_.port() << "\n" << more;
  }
  httplib::Result get(const std::string& path, const std::string& token = {}) const {
    httplib::Headers headers;
    if (!token.empty()) headers.emplace("Authorization", "Bearer " + token);
    return httplib::Client("127.0.0.1", port_.port()).Get(path, headers);
  }
  int status_of(const std::string& path) const {
    const auto answer = get(path);
    return answer ? answer->status : 0;
  }
  std::string body_of(const std::string& path) const {
    const auto answer = get(path);
    return answer ? answer->body : "";
  }
  // A sample by its name and labels; -1 when there is none.
  double sample(const std::string& name) const {
    std::istringstream lines(body_of("/metrics"));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    }
    return -1;
  }
  double of_rule(const std::string& count, const std::string& rule, const std::string& more = {}) {
    return sample("waltrack_rule_" + count + "_total{table=\"public.orders\",rule=\"track/" + rule +
                  "\"" + more + "}");
  }

  PostgresServer server_;
  TestReceiver receiver_;
  PortClaim port_;
};

}  // namespace

TEST_F(WebPage, CountsByRuleAreExact) {
  server_.exec("CREATE TABLE orders (id int PRIMARY KEY, user_id int, amount int)");
  TestRun run(server_, receiver_, settings_of(kOrders));
  add_to_config(run);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  EXPECT_TRUE(run.wait_for_log("serving health and metrics"));
  EXPECT_EQ(of_rule("seen", "Ordered"), 0);  // there before it has anything to tell
  server_.exec("INSERT INTO orders VALUES (1, 1, 5), (2, 2, 20), (3, 3, 30), (4, NULL, 1)");
  server_.exec("UPDATE orders SET amount = 50 WHERE id = 1");
  ASSERT_TRUE(receiver_.wait_for_known(5));
  ASSERT_TRUE(run.wait_until_checkpoint(current_wal(server_)));

  EXPECT_EQ(of_rule("seen", "Ordered"), 5);
  EXPECT_EQ(of_rule("matched", "Ordered"), 3);
  EXPECT_EQ(of_rule("skipped", "Ordered", R"(,reason="other_change")"), 1);
  EXPECT_EQ(of_rule("skipped", "Ordered", R"(,reason="when")"), 0);
  EXPECT_EQ(of_rule("sent", "Ordered"), 3);
  EXPECT_EQ(of_rule("dead", "Ordered"), 1);
  EXPECT_EQ(of_rule("seen", "Ordered Much"), 5);
  EXPECT_EQ(of_rule("matched", "Ordered Much"), 2);
  EXPECT_EQ(of_rule("skipped", "Ordered Much", R"(,reason="other_change")"), 1);
  EXPECT_EQ(of_rule("skipped", "Ordered Much", R"(,reason="when")"), 2);
  EXPECT_EQ(of_rule("sent", "Ordered Much"), 2);
  EXPECT_EQ(of_rule("dead", "Ordered Much"), 0);

  EXPECT_EQ(sample("waltrack_rows_total"), 5);
  EXPECT_EQ(sample("waltrack_sent_events_total"), 5);
  EXPECT_EQ(sample("waltrack_dead_letters_total"), 1);
  EXPECT_EQ(sample("waltrack_unfinished_events"), 0);
  EXPECT_EQ(sample("waltrack_lag_seconds"), 0);
  EXPECT_GE(sample(R"(waltrack_requests_total{result="accepted",answer="200"})"), 1);
  for (const char* stage : {"capture", "delivery", "state", "reload", "watch"}) {
    EXPECT_EQ(sample("waltrack_stage_stuck{stage=\"" + std::string(stage) + "\"}"), 0) << stage;
  }
  EXPECT_EQ(body_of("/healthz"), "live\n");
  EXPECT_EQ(body_of("/readyz"), "ready\n");
}

TEST_F(WebPage, RowsThatWereThereAlreadyCountToo) {
  server_.exec("CREATE TABLE orders (id int PRIMARY KEY, user_id int, amount int)");
  server_.exec("INSERT INTO orders SELECT n, n, n FROM generate_series(1, 20) n");
  TestRun run(server_, receiver_, settings_of(R"yaml(
table: public.orders
backfill: initial
user_id: user_id
track:
  - event: Ordered
    on: [insert, backfill]
  - event: Ordered Much
    on: [insert, backfill]
    when: amount > 15
)yaml"));
  add_to_config(run);
  run.start();
  ASSERT_TRUE(receiver_.wait_for_known(25));
  ASSERT_TRUE(wait_until([&] { return of_rule("sent", "Ordered") == 20; }, kPatience));
  EXPECT_EQ(of_rule("seen", "Ordered"), 20);
  EXPECT_EQ(of_rule("matched", "Ordered"), 20);
  EXPECT_EQ(of_rule("seen", "Ordered Much"), 20);
  EXPECT_EQ(of_rule("skipped", "Ordered Much", R"(,reason="when")"), 15);
  EXPECT_EQ(of_rule("sent", "Ordered Much"), 5);
  EXPECT_EQ(sample("waltrack_rows_total"), 0);
  EXPECT_EQ(sample("waltrack_backfilled_rows_total"), 20);
}

TEST_F(WebPage, CountsGoOnWhenTheMappingChanges) {
  server_.exec("CREATE TABLE orders (id int PRIMARY KEY, user_id int, amount int)");
  TestRun run(server_, receiver_, settings_of(kOrders));
  add_to_config(run);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server_.exec("INSERT INTO orders VALUES (1, 1, 5), (2, 2, 20)");
  ASSERT_TRUE(receiver_.wait_for_known(3));
  std::ofstream(run.folder() / "mappings" / "more.yaml") << R"yaml(
table: public.orders
user_id: user_id
track:
  - event: Another
    on: insert
)yaml";
  ASSERT_TRUE(run.wait_for_log("mappings reloaded"));
  server_.exec("INSERT INTO orders VALUES (3, 3, 30)");
  ASSERT_TRUE(receiver_.wait_for_known(6));
  ASSERT_TRUE(wait_until([&] { return of_rule("sent", "Another") == 1; }, kPatience));
  EXPECT_EQ(of_rule("seen", "Ordered"), 3);
  EXPECT_EQ(of_rule("sent", "Ordered"), 3);
  EXPECT_EQ(of_rule("sent", "Ordered Much"), 2);
  EXPECT_EQ(of_rule("seen", "Another"), 1);
}

TEST_F(WebPage, AReceiverThatRefusesTheKeyMakesItUnready) {
  Notes notes(server_);
  TestRun run(server_, receiver_, settings_of(Notes::kMapping));
  add_to_config(run);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  ASSERT_TRUE(wait_until([&] { return status_of("/readyz") == 200; }, kPatience));
  receiver_.control(R"({"answer": 401})");
  notes.write(5);
  ASSERT_TRUE(wait_until([&] { return status_of("/readyz") == 503; }, kPatience));
  EXPECT_TRUE(body_of("/readyz").starts_with("not ready: delivery is held\nHTTP 401"));
  EXPECT_EQ(status_of("/healthz"), 200);
  EXPECT_EQ(sample("waltrack_delivering"), 0);
  EXPECT_GE(sample(R"(waltrack_requests_total{result="hold",answer="401"})"), 1);
  EXPECT_GT(sample("waltrack_queue_bytes"), 0);
  double in_lanes = 0;
  for (int lane = 0; lane < run.settings().lanes; ++lane)
    in_lanes += sample("waltrack_lane_bytes{lane=\"" + std::to_string(lane) + "\"}");
  EXPECT_EQ(in_lanes, sample("waltrack_queue_bytes"));
  EXPECT_EQ(sample("waltrack_unfinished_events"), 5);
}

TEST_F(WebPage, AServerThatStopsMakesItUnreadyUntilItIsBack) {
  Notes notes(server_);
  TestRun run(server_, receiver_, settings_of(Notes::kMapping));
  add_to_config(run);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  ASSERT_TRUE(wait_until([&] { return status_of("/readyz") == 200; }, kPatience));
  server_.stop(StopMode::fast);
  ASSERT_TRUE(wait_until([&] { return status_of("/readyz") == 503; }, kPatience));
  EXPECT_TRUE(body_of("/readyz").starts_with("not ready: not streaming\n"));
  EXPECT_EQ(status_of("/healthz"), 200);
  server_.start();
  EXPECT_TRUE(wait_until([&] { return status_of("/readyz") == 200; }, kPatience));
  EXPECT_EQ(run.stop().code, 0);
  EXPECT_EQ(status_of("/healthz"), 0);
}

TEST_F(WebPage, MetricsNeedTheTokenAndNothingTellsIt) {
  Notes notes(server_);
  TestRun run(server_, receiver_, settings_of(Notes::kMapping));
  add_to_config(run, "web_token: t0ken-of-the-page\n");
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  EXPECT_EQ(status_of("/metrics"), 401);
  EXPECT_EQ(get("/metrics", "t0ken-of-the-pagf")->status, 401);
  const auto metrics = get("/metrics", "t0ken-of-the-page");
  EXPECT_EQ(metrics->status, 200);
  EXPECT_EQ(status_of("/healthz"), 200);
  for (const std::string& text : {metrics->body, run.all_logs(), run.status().dump()}) {
    EXPECT_EQ(text.find("t0ken"), std::string::npos);
    EXPECT_EQ(text.find(run.settings().write_key), std::string::npos);
  }
}

TEST_F(WebPage, AnAddressInUseEndsTheStartAndSaysWhatToDo) {
  Notes notes(server_);
  httplib::Server other;
  ASSERT_TRUE(other.bind_to_port("127.0.0.1", port_.port()));
  TestRun run(server_, receiver_, settings_of(Notes::kMapping));
  add_to_config(run);
  run.start();
  EXPECT_EQ(run.wait_for_end().code, 1);
  EXPECT_NE(run.log().find("could not listen"), std::string::npos) << run.log();
  EXPECT_NE(run.log().find("stop what uses the port"), std::string::npos) << run.log();
}

TEST_F(WebPage, StatusHasTheFiguresOfTheRun) {
  server_.exec("CREATE TABLE orders (id int PRIMARY KEY, user_id int, amount int)");
  TestRun run(server_, receiver_, settings_of(kOrders));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server_.exec("INSERT INTO orders VALUES (1, 1, 5), (2, 2, 20)");
  ASSERT_TRUE(receiver_.wait_for_known(3));
  EXPECT_EQ(run.stop().code, 0);  // it writes them once more at the end
  const nlohmann::json figures = run.status().at("figures");
  EXPECT_EQ(figures.at("rows"), 2);
  EXPECT_EQ(figures.at("sent_events"), 3);
  EXPECT_EQ(figures.at("rules").at(0).at("rule"), "track/Ordered");
  EXPECT_EQ(figures.at("rules").at(0).at("sent"), 2);
  EXPECT_NE(run.command({"status"}).out.find("2 rows read"), std::string::npos);
}

}  // namespace waltrack
