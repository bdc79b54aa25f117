#include <atomic>
#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr const char* kReloaded = " mappings reloaded ";
constexpr int kRowsOfOne = 10;  // transaction of a NoteStream

// Of table `notes`, as Notes::kMapping, under another event name.
std::string notes_mapping(const std::string& event) {
  return "table: public.notes\nuser_id: user_id\ntrack:\n  - event: " + event +
         "\n    properties:\n      number: number\n";
}

const char* const kExtrasMapping = R"yaml(
table: public.extras
user_id: user_id
track:
  - event: Extra Made
    properties:
      number: number
)yaml";

// Writes notes, ten a transaction, at 5,000 a second, until it is gone.
class NoteStream {
 public:
  explicit NoteStream(const PostgresServer& server) : thread_([this, &server] { write(server); }) {}

  // How many were written in all.
  int64_t end() {
    stop_ = true;
    thread_.join();
    return written_;
  }
  int64_t written() const { return written_; }

 private:
  void write(const PostgresServer& server) {
    pqxx::connection connection(server.conninfo());
    pqxx::nontransaction plain(connection);
    auto due = std::chrono::steady_clock::now();
    while (!stop_) {
      plain.exec("INSERT INTO notes SELECT g, g % 10 FROM generate_series(" +
                 std::to_string(written_) + ", " + std::to_string(written_ + kRowsOfOne - 1) +
                 ") g");
      written_ += kRowsOfOne;
      std::this_thread::sleep_until(due += 2ms);
    }
  }

  std::atomic<bool> stop_ = false;
  std::atomic<int64_t> written_ = 0;
  std::jthread thread_;
};

class Reload : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { start_run(settings()); }

  RunSettings settings() const {
    RunSettings settings;
    settings.mappings = notes_mapping("Noted");
    settings.plugin = GetParam();
    return settings;
  }
  void start_run(RunSettings settings) {
    run_.emplace(server_, receiver_, std::move(settings));
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
  }

  // As an editor does it: a new file takes the old one's place.
  void edit(const std::string& text, const std::string& name = "mapping.yaml") {
    const auto fresh = run_->folder().write("mappings/." + name + ".new", text);
    std::filesystem::rename(fresh, run_->folder() / ("mappings/" + name));
  }
  [[nodiscard]] bool wait_for_reloads(size_t count) {
    return wait_until([&] { return count_of(run_->log(), kReloaded) >= count; }, kPatience);
  }
  nlohmann::json mappings() const { return run_->status().value("mappings", nlohmann::json()); }

  // How many events came under each name.
  std::map<std::string, int> names() const {
    std::map<std::string, int> names;
    for (const nlohmann::json& event : receiver_.events())
      ++names[event.at("event")];
    return names;
  }
  void expect_clean_end() {
    EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
    EXPECT_EQ(run_->stop().code, 0);
    EXPECT_EQ(receiver_.stats().at("conflicting"), 0);
    EXPECT_EQ(run_->status().at("dead_letters").at("count"), 0);
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  std::optional<TestRun> run_;
};

class ReloadPublication : public Reload {};

}  // namespace

TEST_P(Reload, AnEditIsLiveWithoutARestart) {
  notes_.write(5);
  ASSERT_TRUE(receiver_.wait_for_known(5));
  const auto edited_at = std::chrono::steady_clock::now();
  edit(notes_mapping("Jotted"));
  ASSERT_TRUE(wait_for_reloads(1));
  const auto took = std::chrono::steady_clock::now() - edited_at;
  RecordProperty("live_after_ms", static_cast<int>(took / 1ms));
  notes_.write(5);
  ASSERT_TRUE(receiver_.wait_for_known(10));
  EXPECT_EQ(names(), (std::map<std::string, int>{{"Noted", 5}, {"Jotted", 5}}));
  // The tables are the same: nobody needs a new connection.
  EXPECT_EQ(count_of(run_->log(), " streaming slot="), 1u);
  expect_clean_end();
}

TEST_P(Reload, AWrongEditIsToldAndTheOldSetGoesOn) {
  edit("tabel: public.notes\nuser_id: user_id\ntrack:\n  - event: Jotted\n");
  ASSERT_TRUE(run_->wait_for_log("the mapping files have faults"));
  EXPECT_NE(run_->log().find("tabel"), std::string::npos);
  ASSERT_TRUE(wait_until([&] { return mappings().contains("invalid"); }, kPatience));
  EXPECT_NE(mappings()["invalid"]["faults"].dump().find("mapping.yaml:1:1: error: "),
            std::string::npos);
  notes_.write(5);
  ASSERT_TRUE(receiver_.wait_for_known(5));
  edit(notes_mapping("Jotted"));
  ASSERT_TRUE(wait_for_reloads(1));
  notes_.write(5);
  ASSERT_TRUE(receiver_.wait_for_known(10));
  EXPECT_EQ(names(), (std::map<std::string, int>{{"Noted", 5}, {"Jotted", 5}}));
  EXPECT_TRUE(wait_until([&] { return !mappings().contains("invalid"); }, kPatience));
  expect_clean_end();
}

TEST_P(Reload, ASignalReadsTheFilesAgain) {
  run_->signal(SIGHUP);
  ASSERT_TRUE(wait_for_reloads(1));
  notes_.write(5);
  ASSERT_TRUE(receiver_.wait_for_known(5));
  expect_clean_end();
}

TEST_P(Reload, ANewTableFlowsWithoutARestart) {
  server_.exec("CREATE TABLE extras (number bigint PRIMARY KEY, user_id bigint)");
  notes_.write(5);
  edit(kExtrasMapping, "extras.yaml");
  ASSERT_TRUE(wait_for_reloads(1));
  server_.exec("INSERT INTO extras VALUES (1, 1)");
  notes_.write(5);
  ASSERT_TRUE(receiver_.wait_for_known(11));
  EXPECT_EQ(names(), (std::map<std::string, int>{{"Noted", 10}, {"Extra Made", 1}}));
  EXPECT_EQ(count_of(run_->log(), " streaming slot="), GetParam() == "wal2json" ? 2u : 1u);
  expect_clean_end();
}

TEST_P(Reload, UnderLoadNothingIsLostOrRepeatedAndEachTransactionHasOneSet) {
  constexpr size_t kReloads = 5;
  NoteStream stream(server_);
  int64_t slowest_ms = 0;
  for (size_t i = 1; i <= kReloads; ++i) {
    const int64_t before = stream.written();
    ASSERT_TRUE(wait_until([&] { return stream.written() > before + 2500; }, kPatience));
    const auto edited_at = std::chrono::steady_clock::now();
    // Every second one with another set of tables.
    if (i == 2) server_.exec("CREATE TABLE extras (number bigint PRIMARY KEY, user_id bigint)");
    std::string text = notes_mapping("Noted " + std::to_string(i));
    if (i % 2 == 0) text += std::string("---") + kExtrasMapping;
    edit(text);
    ASSERT_TRUE(wait_for_reloads(i));
    slowest_ms =
        std::max<int64_t>(slowest_ms, (std::chrono::steady_clock::now() - edited_at) / 1ms);
  }
  const int64_t written = stream.end();
  RecordProperty("rows", static_cast<int>(written));
  RecordProperty("slowest_reload_ms", static_cast<int>(slowest_ms));
  ASSERT_TRUE(receiver_.wait_for_known(static_cast<uint64_t>(written)));
  expect_clean_end();
  EXPECT_EQ(receiver_.stats().at("accepted"), written);
  EXPECT_EQ(receiver_.stats().at("duplicates"), 0);

  std::vector<std::string> name_of(static_cast<size_t>(written));
  for (const nlohmann::json& event : receiver_.events()) {
    std::string& name = name_of.at(event.at("properties").at("number").get<size_t>());
    EXPECT_EQ(name, "");
    name = event.at("event");
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < name_of.size(); ++i) {
    ASSERT_NE(name_of[i], "") << "note " << i;
    if (i % kRowsOfOne != 0) {
      ASSERT_EQ(name_of[i], name_of[i - 1]) << "note " << i;
    } else {
      ASSERT_TRUE(i == 0 || name_of[i] >= name_of[i - 1]) << "note " << i;
    }
    seen.insert(name_of[i]);
  }
  EXPECT_EQ(seen.size(), kReloads + 1);
}

// What was delivered under the old rules must not come again under the new ones: it would have
// other ids.
TEST_P(Reload, AKillRightAfterItBringsNothingOldUnderNewRules) {
  constexpr int kKills = 5;
  NoteStream stream(server_);
  for (int i = 1; i <= kKills; ++i) {
    const uint64_t known = receiver_.known();
    ASSERT_TRUE(wait_until([&] { return receiver_.known() > known + 1000; }, kPatience));
    edit(notes_mapping("Noted " + std::to_string(i)));
    ASSERT_TRUE(wait_for_reloads(1));
    run_->kill();
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
  }
  const int64_t written = stream.end();
  ASSERT_TRUE(receiver_.wait_for_known(static_cast<uint64_t>(written)));
  expect_clean_end();
  EXPECT_EQ(receiver_.known(), static_cast<uint64_t>(written));
}

TEST_P(Reload, WaitsForAnOutageToEndAndSaysSo) {
  receiver_.kill();
  notes_.write_singly(5);
  ASSERT_TRUE(run_->wait_for_log("trying again"));
  edit(notes_mapping("Jotted"));
  ASSERT_TRUE(run_->wait_for_log("changed mapping files wait"));
  ASSERT_TRUE(wait_until([&] { return mappings().contains("pending"); }, kPatience));
  EXPECT_NE(mappings()["pending"]["reason"], "");
  notes_.write_singly(5);
  receiver_.start();
  ASSERT_TRUE(wait_for_reloads(1));
  ASSERT_TRUE(receiver_.wait_for_known(10));
  EXPECT_EQ(names(), (std::map<std::string, int>{{"Noted", 5}, {"Jotted", 5}}));
  EXPECT_TRUE(wait_until([&] { return !mappings().contains("pending"); }, kPatience));
  expect_clean_end();
}

TEST_P(Reload, WhileItWaitsTheServerCanStop) {
  receiver_.kill();
  notes_.write_singly(5);
  ASSERT_TRUE(run_->wait_for_log("trying again"));
  edit(notes_mapping("Jotted"));
  ASSERT_TRUE(run_->wait_for_log("changed mapping files wait"));
  server_.request_stop(StopMode::fast);
  EXPECT_TRUE(server_.wait_stopped(10s)) << server_.log_text();
  server_.start();
  receiver_.start();
  ASSERT_TRUE(wait_for_reloads(1));
  notes_.write_singly(5);
  ASSERT_TRUE(receiver_.wait_for_known(10));
  EXPECT_EQ(names(), (std::map<std::string, int>{{"Noted", 5}, {"Jotted", 5}}));
  expect_clean_end();
}

INSTANTIATE_TEST_SUITE_P(Plugin, Reload, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

TEST_P(ReloadPublication, WhereTheRoleMayNotAddATableTheSqlIsToldUntilItIsRun) {
  EXPECT_EQ(run_->stop().code, 0);
  server_.exec("CREATE ROLE tracker LOGIN REPLICATION");
  server_.exec("GRANT SELECT ON ALL TABLES IN SCHEMA public TO tracker");
  RunSettings limited = settings();
  limited.slot = "limited";
  limited.source_url = server_.conninfo("postgres", "tracker");
  start_run(limited);
  server_.exec("CREATE TABLE extras (number bigint PRIMARY KEY, user_id bigint)");
  server_.exec("GRANT SELECT ON extras TO tracker");
  edit(kExtrasMapping, "extras.yaml");
  ASSERT_TRUE(wait_for_reloads(1));
  const std::string sql = R"(ALTER PUBLICATION "waltrack" ADD TABLE "public"."extras")";
  ASSERT_TRUE(wait_until([&] { return !mappings()["lacking"].empty(); }, kPatience));
  EXPECT_NE(mappings()["lacking"][0].get<std::string>().find(sql), std::string::npos)
      << mappings()["lacking"];
  EXPECT_NE(run_->log().find("ADD TABLE"), std::string::npos);
  notes_.write(5);
  ASSERT_TRUE(receiver_.wait_for_known(5));
  server_.exec(sql);
  server_.exec("INSERT INTO extras VALUES (1, 1)");
  ASSERT_TRUE(receiver_.wait_for_known(6));
  EXPECT_TRUE(wait_until([&] { return mappings()["lacking"].empty(); }, kPatience));
  expect_clean_end();
}

INSTANTIATE_TEST_SUITE_P(Plugin, ReloadPublication, testing::Values("pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
