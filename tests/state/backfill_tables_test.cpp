#include "state/backfill_tables.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/backfill_fixture.hpp"
#include "state/backfill_requests.hpp"
#include "state/state_status.hpp"

namespace waltrack {
namespace {

class BackfillTablesTest : public StateTest {
 protected:
  void save(StateFile& file, const std::vector<BackfillStep>& steps) {
    file.save(at(1), {}, steps);
  }

  // As a program made the file that knew no backfills.
  void make_older() {
    SQLite::Database(path(), SQLite::OPEN_READWRITE)
        .exec(
            "drop table backfills; drop table backfill_keys; drop table backfill_requests; "
            "drop table tracked");
  }
};

const SourceIdentity kSource{77, "shop", "waltrack", "wal2json"};

TEST_F(BackfillTablesTest, ProgressAndMarksComeBackWhole) {
  BackfillStep step;
  step.progress = whole_progress();
  step.table = step.progress->table;
  KeyMark straggler;
  straggler.kind = KeyMark::Kind::straggler;
  straggler.undecided = {key("1"), key("2"), key("3")};
  const RowKey odd = key(std::string("a\0\xff", 3));
  step.marks = {{key("7"), KeyMark{}}, {odd, straggler}, {key(""), KeyMark{}}};
  {
    StateFile file(path(), clock_);
    save(file, {step});
  }
  StateFile file(path(), clock_);
  const std::vector<StoredBackfill> stored = file.backfills();
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].progress, step.progress);
  EXPECT_EQ(stored[0].marks, (KeyMarks{{key("7"), {}}, {odd, straggler}, {key(""), {}}}));
}

TEST_F(BackfillTablesTest, OfSeveralStepsTheLastProgressOfATableStands) {
  StateFile file(path(), clock_);
  save(file, {begun("users", 1), begun("orders", 7), begun("users", 2)});
  ASSERT_EQ(file.backfills().size(), 2u);
  EXPECT_EQ(file.backfills()[0].progress.rows, 7u);
  EXPECT_EQ(file.backfills()[1].progress.rows, 2u);
  save(file, {begun("users", 3)});
  EXPECT_EQ(file.backfills()[0].progress.rows, 7u);
  EXPECT_EQ(file.backfills()[1].progress.rows, 3u);
}

TEST_F(BackfillTablesTest, MarksFollowTheOrderOfTheSteps) {
  StateFile file(path(), clock_);
  BackfillStep first = begun("users");
  first.marks = {{key("1"), KeyMark{}}, {key("2"), KeyMark{}}, {key("3"), KeyMark{}}};
  BackfillStep second = begun("users");
  second.marks = {{key("1"), std::nullopt}, {key("4"), KeyMark{}}, {key("4"), std::nullopt}};
  save(file, {first, second});
  EXPECT_EQ(file.backfills()[0].marks, (KeyMarks{{key("2"), {}}, {key("3"), {}}}));
  BackfillStep anew = begun("users");
  anew.forget_marks = true;
  anew.marks = {{key("9"), KeyMark{}}};
  save(file, {anew});
  EXPECT_EQ(file.backfills()[0].marks, (KeyMarks{{key("9"), {}}}));
}

TEST_F(BackfillTablesTest, MarksOfOneTableAreNotAnothers) {
  StateFile file(path(), clock_);
  BackfillStep users = begun("users");
  users.marks = {{key("1"), KeyMark{}}};
  BackfillStep orders = begun("orders");
  orders.marks = {{key("2"), KeyMark{}}};
  save(file, {users, orders});
  BackfillStep over = begun("users");
  over.forget_marks = true;
  save(file, {over});
  EXPECT_EQ(file.backfills()[0].marks, (KeyMarks{{key("2"), {}}}));
  EXPECT_TRUE(file.backfills()[1].marks.empty());
}

// "a.b"."c" is not "a"."b.c".
TEST_F(BackfillTablesTest, NamesWithPeriodsAreToldApart) {
  StateFile file(path(), clock_);
  BackfillStep one = begun("c"), other = begun("b.c");
  one.table.schema = one.progress->table.schema = "a.b";
  other.table.schema = other.progress->table.schema = "a";
  save(file, {one, other});
  EXPECT_EQ(file.backfills().size(), 2u);
}

TEST_F(BackfillTablesTest, StepsAreStoredThoughTheCheckpointStands) {
  StateFile file(path(), clock_);
  file.save(at(5), {}, {});
  file.save(at(5), {}, std::vector{begun("users", 7)});
  EXPECT_EQ(file.backfills()[0].progress.rows, 7u);
}

TEST_F(BackfillTablesTest, EverySavedStepSurvivesAKillTogetherWithItsCheckpoint) {
  const pid_t child = fork();
  if (child == 0) {
    StateFile file(path(), clock_);
    for (uint64_t i = 1; i <= 20; ++i)
      file.save(at(i), {}, std::vector{begun("users", i)});
    kill(getpid(), SIGKILL);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  StateFile file(path(), clock_);
  EXPECT_EQ(file.checkpoint(), at(20));
  EXPECT_EQ(file.backfills()[0].progress.rows, 20u);
}

TEST_F(BackfillTablesTest, ARequestGoesWithTheStepThatTakesItUp) {
  StateFile file(path(), clock_);
  const std::vector<int64_t> numbers =
      request_backfill(path(), std::vector{request("users"), request("orders")}, clock_);
  ASSERT_EQ(file.backfill_requests().size(), 2u);
  BackfillStep step = begun("users");
  step.request = numbers[0];
  save(file, {step});
  const std::vector<BackfillRequest> left = file.backfill_requests();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].number, numbers[1]);
  EXPECT_EQ(left[0].table.name, "orders");
}

TEST_F(BackfillTablesTest, ARequestOfALaterProgramIsPassedOver) {
  StateFile file(path(), clock_);
  request_backfill(path(), std::vector{request("users"), request("orders")}, clock_);
  SQLite::Database(path(), SQLite::OPEN_READWRITE)
      .exec("update backfill_requests set action = 'muse' where table_name = 'users'");
  ASSERT_EQ(file.backfill_requests().size(), 1u);
  EXPECT_EQ(file.backfill_requests()[0].table.name, "orders");
}

TEST_F(BackfillTablesTest, AFileOfAnEarlierVersionTellsNothingOfWhatIsTracked) {
  { StateFile(path(), clock_).adopt(kSource, at(7)); }
  make_older();
  EXPECT_TRUE(read_state_status(path()).backfills.empty());
  EXPECT_TRUE(read_state_status(path()).backfill_requests.empty());
  StateFile file(path(), clock_);
  EXPECT_FALSE(file.tracked());
  EXPECT_TRUE(file.backfills().empty());
  file.adopt(kSource, at(8));
  EXPECT_FALSE(file.tracked());
  BackfillStep step;
  step.tracked = {"public.users", "shop.*"};
  save(file, {step});
  EXPECT_EQ(file.tracked(), (std::vector<std::string>{"public.users", "shop.*"}));
}

TEST_F(BackfillTablesTest, AFirstStartStoresThatNothingIsTracked) {
  {
    StateFile file(path(), clock_);
    EXPECT_FALSE(file.tracked());
    file.adopt(kSource, at(7));
  }
  StateFile file(path(), clock_);
  EXPECT_EQ(file.tracked(), std::vector<std::string>{});
  BackfillStep step;
  step.tracked = {"public.users"};
  save(file, {step, step});
  file.adopt(kSource, at(8));
  EXPECT_EQ(file.tracked(), std::vector<std::string>{"public.users"});
}

TEST_F(BackfillTablesTest, AForgottenSourceTakesItsBackfillsAlong) {
  StateFile file(path(), clock_);
  file.adopt(kSource, at(7));
  BackfillStep step = begun("users");
  step.marks = {{key("1"), KeyMark{}}};
  step.tracked = {"public.users"};
  save(file, {step});
  request_backfill(path(), std::vector{request("users")}, clock_);
  ASSERT_EQ(file.backfill_requests().size(), 1u);
  file.forget_source();
  EXPECT_TRUE(file.backfills().empty());
  EXPECT_TRUE(file.backfill_requests().empty());
  EXPECT_FALSE(file.tracked());
  save(file, {begun("users")});
  EXPECT_TRUE(file.backfills()[0].marks.empty());
}

TEST_F(BackfillTablesTest, TheStatusTellsBackfillsAndRequests) {
  StateFile file(path(), clock_);
  save(file, {begun("users", 7)});
  clock_.now_us += 5;
  BackfillRequest asked = request("users", BackfillRequest::Action::pause);
  request_backfill(path(), std::vector{asked}, clock_);
  const StateStatus status = read_state_status(path());
  ASSERT_EQ(status.backfills.size(), 1u);
  EXPECT_EQ(status.backfills[0].rows, 7u);
  ASSERT_EQ(status.backfill_requests.size(), 1u);
  EXPECT_EQ(status.backfill_requests[0].request.action, BackfillRequest::Action::pause);
  EXPECT_EQ(status.backfill_requests[0].requested_at_us, clock_.now_us);
}

}  // namespace
}  // namespace waltrack
