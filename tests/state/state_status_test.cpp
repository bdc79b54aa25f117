#include "state/state_status.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <atomic>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "state/state_fixture.hpp"

namespace waltrack {
namespace {

class StateStatusTest : public StateTest {};

TEST_F(StateStatusTest, TellsEverythingThatIsStored) {
  StateFile file(path(), clock_);
  file.settle_destination_id("shop");
  file.adopt({77, "shop", "waltrack", "pgoutput"}, at(10));
  clock_.now_us += 5;
  file.save(at(20), std::vector{letter(1), letter(2), letter(3)}, {});
  clock_.now_us += 5;
  file.save_condition("delivering");

  const StateStatus status = read_state_status(path(), 2);
  EXPECT_EQ(status.path, path());
  EXPECT_TRUE(status.running);
  EXPECT_EQ(status.pid, getpid());
  EXPECT_EQ(status.created_at_us, clock_.now_us - 10);
  EXPECT_EQ(status.destination_id, "shop");
  ASSERT_TRUE(status.source);
  EXPECT_EQ(status.source->plugin, "pgoutput");
  ASSERT_TRUE(status.checkpoint);
  EXPECT_EQ(status.checkpoint->checkpoint, at(20));
  EXPECT_EQ(status.checkpoint->saved_at_us, clock_.now_us - 5);
  ASSERT_TRUE(status.condition);
  EXPECT_EQ(status.condition->text, "delivering");
  EXPECT_EQ(status.condition->since_us, clock_.now_us);
  EXPECT_EQ(status.dead_letter_count, 3);
  ASSERT_EQ(status.newest_dead_letters.size(), 2u);
  EXPECT_EQ(status.newest_dead_letters[0].letter.position.lsn.value, 3u);
}

TEST_F(StateStatusTest, TheRunsFiguresComeBackWhole) {
  StateFile file(path(), clock_);
  EXPECT_FALSE(read_state_status(path()).figures);
  RunFigures figures;
  file.save_figures(figures);
  EXPECT_EQ(read_state_status(path()).figures, figures);
  figures.taken_at_us = 1;
  figures.started_at_us = 2;
  figures.version = "1.2.3";
  figures.streaming = true;
  figures.problem = "none";
  figures.flowing = false;
  figures.delivery = "held: HTTP 401";
  figures.rows = 3;
  figures.backfilled_rows = 4;
  figures.checkpoint = Lsn{5};
  figures.checkpoint_at_us = 6;
  figures.lag_bytes = UINT64_MAX;
  figures.lag_s = 1.5;
  figures.retained_wal_bytes = 7;
  figures.slot_headroom_bytes = -8;
  figures.queue_bytes = 9;
  figures.unfinished_events = 10;
  figures.ledger_entries = 11;
  figures.ledger_bytes = 12;
  figures.dead_letter_queue_bytes = 13;
  figures.memory_bytes = 14;
  figures.sent_events = 15;
  figures.dead_letters = 16;
  figures.dead_letter_room = 17;
  figures.requests = {{"retry", "timeout", 18}};
  figures.request_times.counts[2] = 19;
  figures.request_times.sum_s = 0.25;
  figures.rules = {{"public.t", "identify", 6, 1, {1, 2, 1}, 20, 1}};
  figures.backfills = {{"public.t", "running", 21}};
  figures.stages = {{"capture", 22, true, std::nullopt, ""},
                    {"delivery", 23, false, 24, "held: HTTP 401"}};
  file.save_figures(figures);
  EXPECT_EQ(read_state_status(path()).figures, figures);
}

TEST_F(StateStatusTest, TheMappingsStateComesBackWhole) {
  StateFile file(path(), clock_);
  EXPECT_FALSE(read_state_status(path()).mappings);
  MappingState mappings;
  mappings.live = {{3, 12, "00ff"}, 42};
  file.save_mappings(mappings);
  EXPECT_EQ(read_state_status(path()).mappings, mappings);
  mappings.pending = {{4, 13, "11ff"}, 43, "an outage"};
  mappings.invalid = {44, {"a.yaml:1:1: error: no\n  hint: do", "b.yaml: error: \"no\""}};
  mappings.unchecked = {45, "the server is away"};
  mappings.lacking = {"run the SQL"};
  mappings.shadow = {{"public.t", "identify", UINT64_MAX, 2, "no_user"}};
  file.save_mappings(mappings);
  EXPECT_EQ(read_state_status(path()).mappings, mappings);
}

TEST_F(StateStatusTest, TheSourcesStateComesBackWhole) {
  StateFile file(path(), clock_);
  EXPECT_FALSE(read_state_status(path()).source_state);
  SourceState source;
  source.since_us = 42;
  source.problem = "the server \"went\" away";
  file.save_source(source);
  EXPECT_EQ(read_state_status(path()).source_state, source);
  source.streaming = true;
  source.origin = {2, true};
  source.reading.emplace();
  source.reading->read_at_us = 43;
  source.reading->server = "postgres at db:5432";
  source.reading->standby = true;
  source.reading->position = Lsn{300};
  source.reading->confirmed = Lsn{200};
  source.reading->restart = Lsn{100};
  source.reading->wal_status = "extended";
  source.reading->safe_wal_bytes = -1;
  source.reading->warnings = {"mend it"};
  source.reading->skipped = {{"public.t", 7, 8}};
  file.adopt({77, "shop", "waltrack", "pgoutput", {1, false}}, at(7));
  file.save_source(source);
  EXPECT_EQ(read_state_status(path()).source_state, source);
  EXPECT_EQ(file.identity()->origin, source.origin);  // for the next start
}

// The file as it was made before the timeline was kept in it.
TEST_F(StateStatusTest, AFileWithoutATimelineIsReadAndTakenOver) {
  const SourceIdentity identity{77, "shop", "waltrack", "pgoutput", {3, true}};
  { StateFile(path(), clock_).adopt(identity, at(7)); }
  SQLite::Database(path(), SQLite::OPEN_READWRITE)
      .exec(
          "alter table source drop column timeline; alter table source drop column from_standby; "
          "drop table source_state");
  EXPECT_EQ(read_state_status(path()).source->origin.timeline, 0u);
  StateFile file(path(), clock_);
  EXPECT_EQ(file.identity()->origin.timeline, 0u);
  file.adopt(identity, at(8));
  EXPECT_EQ(file.identity(), identity);
}

TEST_F(StateStatusTest, AFaultThatIsNoUtf8IsStored) {
  StateFile file(path(), clock_);
  MappingState mappings;
  mappings.invalid = {44, {"\xff"}};
  file.save_mappings(mappings);
  EXPECT_EQ(read_state_status(path()).mappings->invalid->faults.size(), 1u);
}

TEST_F(StateStatusTest, AMappingsStateOfAnotherVersionIsReadAsFarAsItGoes) {
  {
    StateFile file(path(), clock_);
    file.save_mappings({});
  }
  SQLite::Database database(path(), SQLite::OPEN_READWRITE);
  const auto with = [&](const std::string& text) {
    SQLite::Statement update(database, "update mappings set state = ?");
    update.bind(1, text);
    update.exec();
    return *read_state_status(path()).mappings;
  };
  EXPECT_EQ(with(R"({"live":{"files":3,"more":[]},"pending":7,"shadow":[1,{"events":-1}]})")
                .live.set.files,
            3u);
  EXPECT_EQ(with("no JSON"), MappingState{});
}

// The file as it was made before the mappings' state was kept in it.
TEST_F(StateStatusTest, AFileWithoutAMappingsStateIsReadAndTakenOver) {
  { StateFile(path(), clock_).save(at(7), {}, {}); }
  SQLite::Database(path(), SQLite::OPEN_READWRITE).exec("drop table mappings");
  EXPECT_EQ(read_state_status(path()).checkpoint->checkpoint, at(7));
  EXPECT_FALSE(read_state_status(path()).mappings);
  StateFile file(path(), clock_);
  EXPECT_EQ(file.checkpoint(), at(7));
  MappingState mappings;
  mappings.live.set.files = 1;
  file.save_mappings(mappings);
  EXPECT_EQ(read_state_status(path()).mappings, mappings);
}

TEST_F(StateStatusTest, ConditionKeepsSinceWhenItHolds) {
  {
    StateFile file(path(), clock_);
    file.save_condition("held: 401");
    const int64_t since = clock_.now_us;
    clock_.now_us += 1'000'000;
    file.save_condition("held: 401");
    EXPECT_EQ(read_state_status(path()).condition->since_us, since);
    file.save_condition("delivering");
    EXPECT_EQ(read_state_status(path()).condition->since_us, clock_.now_us);
  }
  EXPECT_EQ(read_state_status(path()).condition->text, "delivering");
}

TEST_F(StateStatusTest, StoppedRunIsToldAsStopped) {
  { StateFile(path(), clock_).save(at(3), {}, {}); }
  const StateStatus status = read_state_status(path());
  EXPECT_FALSE(status.running);
  EXPECT_EQ(status.checkpoint->checkpoint, at(3));
  EXPECT_FALSE(status.source);
}

TEST_F(StateStatusTest, KilledRunIsToldAsStoppedWithItsLastSave) {
  const pid_t child = fork();
  if (child == 0) {
    StateFile file(path(), clock_);
    file.save(at(12), {}, {});
    kill(getpid(), SIGKILL);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  const StateStatus status = read_state_status(path());
  EXPECT_FALSE(status.running);
  ASSERT_TRUE(status.checkpoint);
  EXPECT_EQ(status.checkpoint->checkpoint, at(12));
}

TEST_F(StateStatusTest, EveryLookWhileWritingSeesOneMoment) {
  StateFile file(path(), clock_);
  file.save(at(0), {}, {});
  std::atomic<bool> stop = false;
  std::atomic<int> looks = 0;
  const auto look = [&] {
    while (!stop || looks == 0) {
      const StateStatus status = read_state_status(path(), 1);
      ASSERT_EQ(status.dead_letter_count,
                static_cast<int64_t>(status.checkpoint->checkpoint.lsn.value));
      ++looks;
    }
  };
  std::thread first(look), second(look);
  for (uint64_t i = 1; i <= 300; ++i)
    file.save(at(i), std::vector{letter(i)}, {});
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(read_state_status(path()).dead_letter_count, 300);
}

TEST_F(StateStatusTest, LookingDoesNotHinderAStart) {
  { StateFile file(path(), clock_); }
  SQLite::Database reader(path(), SQLite::OPEN_READONLY);
  SQLite::Statement query(reader, "select destination_id from origin");
  ASSERT_TRUE(query.executeStep());
  StateFile file(path(), clock_);
  EXPECT_NO_THROW(file.save(at(1), {}, {}));
}

TEST_F(StateStatusTest, MissingFileIsToldAndNotMade) {
  const Error error = error_of([&] { read_state_status(path()); });
  EXPECT_NE(std::string(error.what()).find("no state file"), std::string::npos);
  EXPECT_NE(error.hint().find("waltrack run"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(StateStatusTest, FileThatIsNoDatabaseIsRefused) {
  std::ofstream(path()) << std::string(5000, 'n');
  const Error error = error_of([&] { read_state_status(path()); });
  EXPECT_NE(std::string(error.what()).find("not a waltrack state file"), std::string::npos);
}

}  // namespace
}  // namespace waltrack
