#include "state/backfill_requests.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <atomic>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "state/backfill_fixture.hpp"
#include "state/state_status.hpp"

namespace waltrack {
namespace {

class BackfillRequestsTest : public StateTest {
 protected:
  std::vector<int64_t> ask(const std::vector<BackfillRequest>& requests) {
    return request_backfill(path(), requests, clock_);
  }
};

TEST_F(BackfillRequestsTest, ARequestComesBackWholeFromTheFileThatIsOpen) {
  StateFile file(path(), clock_);
  EXPECT_TRUE(file.backfill_requests().empty());
  BackfillRequest asked;
  asked.table = {"shop", "orders"};
  asked.where = "name = 'ö'";
  asked.rows_per_s = 4'000'000'000u;
  const std::vector<int64_t> numbers = ask({asked});
  const std::vector<BackfillRequest> found = file.backfill_requests();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(numbers, std::vector<int64_t>{found[0].number});
  EXPECT_EQ(found[0].action, asked.action);
  EXPECT_EQ(found[0].table, asked.table);
  EXPECT_EQ(found[0].where, asked.where);
  EXPECT_EQ(found[0].rows_per_s, asked.rows_per_s);
}

TEST_F(BackfillRequestsTest, RequestsComeInTheOrderInWhichTheyWereMade) {
  using Action = BackfillRequest::Action;
  StateFile file(path(), clock_);
  const std::vector<int64_t> first = ask({request("b"), request("a", Action::pause)});
  const std::vector<int64_t> second =
      ask({request("a", Action::resume), request("b", Action::cancel)});
  EXPECT_LT(first[1], second[0]);
  std::vector<Action> actions;
  for (const BackfillRequest& found : file.backfill_requests())
    actions.push_back(found.action);
  EXPECT_EQ(actions, (std::vector{Action::start, Action::pause, Action::resume, Action::cancel}));
}

TEST_F(BackfillRequestsTest, ANumberIsNeverGivenTwice) {
  StateFile file(path(), clock_);
  const int64_t first = ask({request("users")})[0];
  BackfillStep step = begun("users");
  step.request = first;
  file.save(at(1), {}, std::vector{step});
  EXPECT_GT(ask({request("users")})[0], first);
}

TEST_F(BackfillRequestsTest, WhatIsAskedBetweenRunsWaitsForTheNext) {
  { StateFile file(path(), clock_); }
  ask({request("users")});
  StateFile file(path(), clock_);
  EXPECT_EQ(file.backfill_requests().size(), 1u);
}

// The poll looks at a counter only, which tells of other connections.
TEST_F(BackfillRequestsTest, OwnSavesHideNoRequestFromThePoll) {
  StateFile file(path(), clock_);
  EXPECT_TRUE(file.backfill_requests().empty());
  ask({request("users")});
  EXPECT_EQ(file.backfill_requests().size(), 1u);
  EXPECT_EQ(file.backfill_requests().size(), 1u);
  file.save(at(9), {}, {});
  EXPECT_EQ(file.backfill_requests().size(), 1u);
  ask({request("orders")});
  EXPECT_EQ(file.backfill_requests().size(), 2u);
}

// The child has nothing of SQLite's open when it is made.
TEST_F(BackfillRequestsTest, AnotherProcessCanAskWhileTheFileIsOpen) {
  { StateFile file(path(), clock_); }
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = fork();
  if (child == 0) {
    char token = 0;
    if (read(go[0], &token, 1) != 1) _exit(1);
    _exit(ask({request("users")}).size() == 1 ? 0 : 1);
  }
  StateFile file(path(), clock_);
  EXPECT_TRUE(file.backfill_requests().empty());
  ASSERT_EQ(write(go[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  close(go[0]);
  close(go[1]);
  EXPECT_EQ(file.backfill_requests().size(), 1u);
  file.save(at(1), {}, {});
  EXPECT_EQ(file.backfill_requests().size(), 1u);
}

TEST_F(BackfillRequestsTest, AskingAndSavingAtOnceLosesNothing) {
  StateFile file(path(), clock_);
  constexpr int kRequests = 100;
  std::atomic<bool> failed = false;
  std::thread asking([&] {
    try {
      for (int i = 0; i < kRequests; ++i)
        ask({request("users")});
    } catch (const Error&) {
      failed = true;
    }
  });
  int64_t taken_up = 0;
  for (uint64_t i = 1; taken_up < kRequests && !failed; ++i) {
    std::vector<BackfillStep> steps;
    for (const BackfillRequest& found : file.backfill_requests()) {
      EXPECT_EQ(found.number, ++taken_up);
      steps.push_back(begun("users", i));
      steps.back().request = found.number;
    }
    file.save(at(i), {}, steps);
  }
  asking.join();
  EXPECT_FALSE(failed);
  EXPECT_EQ(taken_up, kRequests);
  EXPECT_TRUE(file.backfill_requests().empty());
}

TEST_F(BackfillRequestsTest, AFileOfAnEarlierVersionIsTakenOverWhenNoRunHasIt) {
  { StateFile file(path(), clock_); }
  SQLite::Database(path(), SQLite::OPEN_READWRITE)
      .exec(
          "drop table backfills; drop table backfill_keys; drop table backfill_requests; "
          "drop table tracked");
  ask({request("users")});
  EXPECT_EQ(StateFile(path(), clock_).backfill_requests().size(), 1u);
}

TEST_F(BackfillRequestsTest, ARunOfAnEarlierVersionWouldNeverLook) {
  StateFile file(path(), clock_);
  SQLite::Database(path(), SQLite::OPEN_READWRITE).exec("drop table tracked");
  const Error error = error_of([&] { ask({request("users")}); });
  EXPECT_NE(std::string(error.what()).find("earlier version"), std::string::npos);
  EXPECT_NE(error.hint().find("start it anew"), std::string::npos);
}

TEST_F(BackfillRequestsTest, MissingFileIsToldAndNotMade) {
  const Error error = error_of([&] { ask({request("users")}); });
  EXPECT_NE(std::string(error.what()).find("no state file"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(BackfillRequestsTest, WhatIsNotOursIsLeftAlone) {
  std::ofstream(path()) << std::string(5000, 'n');
  EXPECT_NE(std::string(error_of([&] { ask({request("users")}); }).what())
                .find("not a waltrack state file"),
            std::string::npos);
  SQLite::Database other(path("other.db"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  other.exec("create table t (a)");
  EXPECT_NE(std::string(error_of([&] {
                          request_backfill(path("other.db"), std::vector{request("users")}, clock_);
                        }).what())
                .find("not a waltrack state file"),
            std::string::npos);
  EXPECT_FALSE(other.tableExists("backfill_requests"));
}

TEST_F(BackfillRequestsTest, EmptyFileIsToldAsOne) {
  std::ofstream(path()) << "";
  EXPECT_NE(std::string(error_of([&] { ask({request("users")}); }).what()).find("is empty"),
            std::string::npos);
}

}  // namespace
}  // namespace waltrack
