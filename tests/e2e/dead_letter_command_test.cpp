#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sys/mount.h>
#include <unistd.h>

#include "e2e/e2e_fixture.hpp"
#include "segment/http_server.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

constexpr const char* kTable =
    "CREATE TABLE notes (id bigint PRIMARY KEY, user_id text, body text)";

constexpr const char* kMapping = R"yaml(
table: public.notes
user_id: user_id
track:
  event: Note Added
  properties:
    id: id
    body: body
)yaml";

// Refuses what holds the word "poison" as long as it is choosy, and remembers what it took.
class ChoosyReceiver {
 public:
  std::string url() const { return server_.url(); }
  void mend() { choosy_ = false; }

  std::vector<nlohmann::json> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  // The bodies in the order of their arrival, repeats included.
  std::vector<std::string> bodies() const {
    std::vector<std::string> all;
    for (const nlohmann::json& event : events())
      all.push_back(event.at("properties").at("body"));
    return all;
  }
  size_t count() const { return events().size(); }

 private:
  GivenAnswer answer(const SeenRequest& request) {
    if (choosy_ && request.body.find("poison") != std::string::npos) {
      return {400, R"({"success":false,"message":"not to my liking"})", {}};
    }
    const nlohmann::json batch = nlohmann::json::parse(request.body);
    const std::lock_guard lock(mutex_);
    for (const nlohmann::json& event : batch.at("batch"))
      events_.push_back(event);
    return {};
  }

  std::atomic<bool> choosy_ = true;
  mutable std::mutex mutex_;
  std::vector<nlohmann::json> events_;  // guarded by mutex_
  HttpServer server_{[this](const SeenRequest& request) { return answer(request); }};
};

// A small disk.
class SmallDisk {
 public:
  SmallDisk() {
    mounted_ = mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=1m") == 0;
    if (!mounted_) error_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_there() const { return mounted_; }
  const std::string& error() const { return error_; }
  std::string state_file() const { return (folder_ / "waltrack.db").string(); }

  void fill() const {
    const int fd = open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string page(4096, 'x');
    while (write(fd, page.data(), page.size()) > 0) {
    }
    close(fd);
  }
  void make_room() const { unlink(filler().c_str()); }

 private:
  std::string filler() const { return (folder_ / "filler").string(); }

  TempDir folder_;
  bool mounted_ = false;
  std::string error_;
};

class DeadLetterCommands : public testing::Test {
 protected:
  void SetUp() override { server_.exec(kTable); }

  // `more`: lines of the configuration.
  void start(const std::string& more = {}, const std::string& state = {}) {
    RunSettings settings;
    settings.mappings = kMapping;
    run_.emplace(server_, receiver_.url(), settings);
    std::string config = read_file(run_->folder() / "waltrack.yaml") + more;
    if (!state.empty()) {
      const std::string line = "state: waltrack.db";
      config.replace(config.find(line), line.size(), "state: " + state);
    }
    run_->folder().write("waltrack.yaml", config);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
  }

  void insert(int id, const std::string& body, const std::string& user = "'u1'") {
    server_.exec("INSERT INTO notes VALUES (" + std::to_string(id) + ", " + user + ", '" + body +
                 "')");
  }
  int64_t count() const { return run_->status().at("dead_letters").at("count"); }
  std::string condition() const {
    const nlohmann::json status = run_->status();
    if (!status.contains("delivery")) return {};
    return status.at("delivery").at("condition").get<std::string>();
  }

  CommandResult dead(std::vector<std::string> args) const {
    args.insert(args.begin(), "dead");
    return run_->command(std::move(args));
  }
  std::vector<nlohmann::json> letters() const {
    std::vector<nlohmann::json> all;
    std::istringstream lines(dead({"list", "--limit", "0", "--json"}).out);
    for (std::string line; std::getline(lines, line);)
      all.push_back(nlohmann::json::parse(line));
    return all;
  }

  // Two that are refused, with good ones around them, and one without a user.
  void make_letters() {
    insert(1, "a good one");
    insert(2, "poison 2");
    insert(3, "another good one");
    insert(4, "poison 4");
    insert(5, "nobody wrote this", "null");
    insert(6, "the last good one");
    ASSERT_TRUE(wait_until([&] { return count() == 3; }, kPatience, std::chrono::milliseconds(50)));
    ASSERT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
    ASSERT_EQ(receiver_.bodies(),
              (std::vector<std::string>{"a good one", "another good one", "the last good one"}));
  }

  PostgresServer server_;
  ChoosyReceiver receiver_;
  std::optional<TestRun> run_;
};

}  // namespace

TEST_F(DeadLetterCommands, LookSendAgainAndThrowAwayWhileARunGoesOn) {
  start();
  make_letters();
  const CommandResult list = dead({"list"});
  EXPECT_EQ(list.status.code, 0) << list.err;
  EXPECT_NE(list.out.find("refused"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("no_user"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("id=5"), std::string::npos) << list.out;
  EXPECT_NE(dead({"list", "--limit", "1"}).out.find("and 2 older ("), std::string::npos);
  EXPECT_NE(dead({"list", "--table", "other"}).out.find("no such dead letters"), std::string::npos);

  const std::vector<nlohmann::json> before = letters();
  ASSERT_EQ(before.size(), 3u);
  const auto first_refused = std::ranges::find_if(before, [](const nlohmann::json& letter) {
    return letter.at("reason") == "refused" &&
           letter.at("event").at("properties").at("body") == "poison 2";
  });
  ASSERT_NE(first_refused, before.end());
  EXPECT_EQ(first_refused->at("detail"), "HTTP 400");
  const std::string number = first_refused->at("number").dump();
  const CommandResult shown = dead({"show", number});
  EXPECT_NE(shown.out.find("\"body\": \"poison 2\""), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("not to my liking"), std::string::npos) << shown.out;
  EXPECT_EQ(dead({"show", "999"}).status.code, 1);

  // The receiver is as it was: it stays, and the attempt is counted.
  const CommandResult refused = dead({"replay", number});
  EXPECT_EQ(refused.status.code, 1) << refused.out << refused.err;
  EXPECT_NE(refused.out.find("1 refused again: #" + number), std::string::npos) << refused.out;
  EXPECT_EQ(nlohmann::json::parse(dead({"show", number, "--json"}).out).at("attempts"), 2);

  receiver_.mend();
  const CommandResult replayed = dead({"replay", "--all"});
  EXPECT_EQ(replayed.status.code, 1) << replayed.out << replayed.err;
  EXPECT_NE(replayed.out.find("2 accepted and removed"), std::string::npos) << replayed.out;
  EXPECT_NE(replayed.out.find(R"(waltrack backfill public.notes --where "\"id\" = '5'")"),
            std::string::npos)
      << replayed.out;
  const std::vector<nlohmann::json> events = receiver_.events();
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[3].at("properties").at("body"), "poison 2") << "in their order";
  EXPECT_EQ(events[4].at("properties").at("body"), "poison 4");
  EXPECT_EQ(events[3].at("messageId"), first_refused->at("message_id"));
  ASSERT_EQ(letters().size(), 1u);

  EXPECT_EQ(dead({"drop"}).status.code, 2) << "not all without being told";
  EXPECT_EQ(dead({"drop", "--all"}).status.code, 2) << "nobody can be asked";
  EXPECT_EQ(count(), 1);
  const CommandResult dropped = dead({"drop", "--reason", "no_user", "--yes"});
  EXPECT_EQ(dropped.status.code, 0) << dropped.err;
  EXPECT_EQ(dropped.out, "dropped 1 dead letter, 0 left\n");
  insert(7, "and on");
  EXPECT_TRUE(wait_until([&] { return receiver_.count() == 6; }, kPatience));
  EXPECT_EQ(run_->stop().code, 0);
}

TEST_F(DeadLetterCommands, ASaltMakesOtherIdsWithoutARun) {
  start();
  make_letters();
  EXPECT_EQ(run_->stop().code, 0);
  receiver_.mend();
  std::set<std::string> old_ids;
  for (const nlohmann::json& letter : letters())
    old_ids.insert(letter.at("message_id"));
  const CommandResult replayed = dead({"replay", "--reason", "refused", "--salt", "again"});
  EXPECT_EQ(replayed.status.code, 0) << replayed.out << replayed.err;
  const std::vector<nlohmann::json> events = receiver_.events();
  ASSERT_EQ(events.size(), 5u);
  for (size_t i = 3; i < 5; ++i) {
    const std::string id = events[i].at("messageId");
    EXPECT_EQ(id.size(), 32u);
    EXPECT_FALSE(old_ids.contains(id));
  }
}

TEST_F(DeadLetterCommands, ReplayGivesUpWhenTheReceiverIsAway) {
  start();
  make_letters();
  EXPECT_EQ(run_->stop().code, 0);
  std::string config = read_file(run_->folder() / "waltrack.yaml");
  const std::string url = receiver_.url();
  const PortClaim nobody;
  config.replace(config.find(url), url.size(),
                 "http://127.0.0.1:" + std::to_string(nobody.port()) + "/v1/batch");
  run_->folder().write("waltrack.yaml", config);
  const CommandResult replayed =
      dead({"replay", "--reason", "refused", "--timeout", "2", "--json"});
  EXPECT_EQ(replayed.status.code, 1);
  const nlohmann::json told = nlohmann::json::parse(replayed.out);
  EXPECT_EQ(told.at("end"), "away");
  EXPECT_EQ(told.at("left"), 2);
  EXPECT_EQ(count(), 3);
}

TEST_F(DeadLetterCommands, TheCapHoldsAndARunGoesOnWhenSomeWereDropped) {
  start("dead_letters:\n  max: 2\n");
  insert(1, "good");
  insert(2, "x", "null");
  insert(3, "x", "null");
  ASSERT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  insert(4, "x", "null");
  const Lsn end = current_wal(server_);
  insert(5, "good, too");
  ASSERT_TRUE(wait_until([&] { return receiver_.count() == 2; }, kPatience));
  ASSERT_TRUE(wait_until(
      [&] {
        return condition().starts_with("held: 2 dead letters are kept, which is dead_letters.max");
      },
      kPatience, std::chrono::milliseconds(50)))
      << condition();
  EXPECT_LT(run_->confirmed(), end);
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(run_->command({"status", "--health"}).status.code, 1);

  EXPECT_EQ(dead({"drop", "1", "--yes"}).status.code, 0);
  EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  EXPECT_EQ(count(), 2);
  EXPECT_TRUE(wait_until([&] { return condition() == "delivering"; }, kPatience,
                         std::chrono::milliseconds(50)));
  EXPECT_EQ(run_->stop().code, 0);
}

TEST_F(DeadLetterCommands, WithoutPayloadThereIsNothingToReplay) {
  start("dead_letters:\n  keep_payload: false\n");
  make_letters();
  EXPECT_EQ(run_->stop().code, 0);
  for (const nlohmann::json& letter : letters()) {
    EXPECT_TRUE(letter.at("event").is_null()) << letter;
    EXPECT_TRUE(letter.at("answer").is_null()) << letter;
  }
  for (const char* suffix : {"", "-wal"}) {
    EXPECT_EQ(read_file(run_->state_file().string() + suffix).find("poison 2"), std::string::npos);
  }
  receiver_.mend();
  const CommandResult replayed = dead({"replay", "--all"});
  EXPECT_EQ(replayed.status.code, 1);
  EXPECT_NE(replayed.out.find("3 with nothing to replay"), std::string::npos) << replayed.out;
  EXPECT_EQ(receiver_.count(), 3u);
}

TEST_F(DeadLetterCommands, AFullDiskConfirmsNothingAndGoesOnWhenThereIsRoom) {
  const SmallDisk disk;
  if (!disk.is_there()) {
    GTEST_SKIP() << "NOT TESTED: a small disk cannot be mounted here: " << disk.error();
  }
  start({}, disk.state_file());
  insert(1, "before");
  ASSERT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  disk.fill();
  const Lsn before = current_wal(server_);
  insert(2, "while it is full");
  insert(3, "a dead one", "null");
  const Lsn end = current_wal(server_);
  ASSERT_TRUE(run_->wait_for_log("the state file has no space"));
  EXPECT_NE(run_->log().find("free some space"), std::string::npos);
  ASSERT_TRUE(wait_until([&] { return receiver_.count() == 2; }, kPatience));
  insert(4, "more");
  ASSERT_TRUE(wait_until([&] { return receiver_.count() == 3; }, kPatience));
  EXPECT_LE(run_->confirmed(), before);
  EXPECT_TRUE(run_->running());

  disk.make_room();
  EXPECT_TRUE(run_->wait_until_confirmed(end));
  EXPECT_TRUE(run_->wait_for_log("there is space for the state file again"));
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(condition(), "delivering");
  EXPECT_EQ(receiver_.count(), 3u) << "nothing came twice";
  EXPECT_EQ(run_->stop().code, 0);
}

TEST_F(DeadLetterCommands, AStopWhileTheDiskIsFullEndsPromptlyWithTheReason) {
  const SmallDisk disk;
  if (!disk.is_there()) {
    GTEST_SKIP() << "NOT TESTED: a small disk cannot be mounted here: " << disk.error();
  }
  start({}, disk.state_file());
  disk.fill();
  insert(1, "while it is full");
  const Lsn end = current_wal(server_);
  ASSERT_TRUE(run_->wait_for_log("the state file has no space"));
  EXPECT_EQ(run_->stop(SIGTERM, std::chrono::seconds(5)).code, 1);
  EXPECT_NE(run_->log().find("no space left for the state file"), std::string::npos);
  EXPECT_LT(run_->confirmed(), end);
  disk.make_room();
  run_->start();
  EXPECT_TRUE(run_->wait_until_confirmed(end));
}

}  // namespace waltrack
