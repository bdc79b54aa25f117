#include "state/state_file.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fstream>
#include <set>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/state_fixture.hpp"

namespace waltrack {
namespace {

class StateFileTest : public StateTest {
 protected:
  static mode_t mode_of(const std::string& path) {
    struct stat found = {};
    return stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }

  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
};

const SourceIdentity kSource{7'300'000'000'000'000'123ULL, "shop", "waltrack", "wal2json"};

TEST_F(StateFileTest, NewFileHoldsNothing) {
  StateFile file(path(), clock_);
  EXPECT_FALSE(file.identity());
  EXPECT_FALSE(file.checkpoint());
  EXPECT_EQ(file.dead_letter_count(), 0);
}

TEST_F(StateFileTest, FilesAreReadableByTheirOwnerOnly) {
  const mode_t before = umask(0);
  StateFile file(path(), clock_);
  file.save(at(1), {}, {});
  umask(before);
  EXPECT_EQ(mode_of(path()), 0600u);
  EXPECT_EQ(mode_of(path("waltrack.db-wal")), 0600u);
  EXPECT_EQ(mode_of(path("waltrack.db-shm")), 0600u);
  EXPECT_EQ(mode_of(path("waltrack.db-lock")), 0600u);
}

TEST_F(StateFileTest, AdoptedIdentityAndStartComeBack) {
  SourceIdentity largest = kSource;
  largest.system_identifier = UINT64_MAX;
  { StateFile(path(), clock_).adopt(largest, at(0x16B374D848)); }
  StateFile file(path(), clock_);
  EXPECT_EQ(file.identity(), largest);
  EXPECT_EQ(file.checkpoint(), at(0x16B374D848));
}

TEST_F(StateFileTest, PlaceInsideATransactionComesBackAndGoes) {
  Checkpoint within = at(500);
  within.within = letter(900, 4'000'000'000u).position;
  { StateFile(path(), clock_).save(within, {}, {}); }
  StateFile file(path(), clock_);
  EXPECT_EQ(file.checkpoint(), within);
  file.save(at(1000), {}, {});
  EXPECT_EQ(file.checkpoint(), at(1000));
}

TEST_F(StateFileTest, HighestPositionComesBack) {
  { StateFile(path(), clock_).save(at(UINT64_MAX), {}, {}); }
  EXPECT_EQ(StateFile(path(), clock_).checkpoint(), at(UINT64_MAX));
}

TEST_F(StateFileTest, DeadLetterComesBackWhole) {
  const DeadLetter stored = letter(7, 3);
  { StateFile(path(), clock_).save(at(1), std::vector{stored}, {}); }
  StateFile file(path(), clock_);
  const auto letters = file.dead_letters(10);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].letter.position, stored.position);
  EXPECT_EQ(letters[0].letter.commit_time_us, stored.commit_time_us);
  EXPECT_EQ(letters[0].letter.op, stored.op);
  EXPECT_EQ(letters[0].letter.message_id, stored.message_id);
  EXPECT_EQ(letters[0].letter.reason, stored.reason);
  EXPECT_EQ(letters[0].letter.detail, stored.detail);
  EXPECT_EQ(letters[0].letter.payload, stored.payload);
  EXPECT_EQ(letters[0].stored_at_us, clock_.now_us);
}

TEST_F(StateFileTest, SameDeadLetterAgainIsCountedNotRepeated) {
  StateFile file(path(), clock_);
  file.save(at(1), std::vector{letter(7)}, {});
  file.save(at(2), std::vector{letter(7), letter(8)}, {});
  EXPECT_EQ(file.dead_letter_count(), 2);
  const auto letters = file.dead_letters(10);
  EXPECT_EQ(letters[0].letter.position.lsn.value, 8u);
  EXPECT_EQ(letters[0].attempts, 1);
  EXPECT_EQ(letters[1].attempts, 2);
}

// As after a failover that lost something: the log went another way from there.
TEST_F(StateFileTest, AnotherDeadLetterAtTheSamePositionTakesItsPlace) {
  StateFile file(path(), clock_);
  file.save(at(1), std::vector{letter(7)}, {});
  DeadLetter other = letter(7);
  other.message_id = "another";
  other.reason = "no_user";
  file.save(at(2), std::vector{other}, {});
  const auto letters = file.dead_letters(10);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].letter.message_id, "another");
  EXPECT_EQ(letters[0].letter.reason, "no_user");
}

TEST_F(StateFileTest, EveryPartOfAPositionTellsDeadLettersApart) {
  std::vector<DeadLetter> letters(7, letter(7));
  letters[1].position.commit_lsn.value += 1;
  letters[2].position.kind = MessageKind::truncate;
  letters[3].position.lsn.value += 1;
  letters[4].position.table = "public.orders";
  letters[5].position.ordinal = 1;
  letters[6].position.rule = "identify";
  StateFile file(path(), clock_);
  file.save(at(1), letters, {});
  EXPECT_EQ(file.dead_letter_count(), 7);
  EXPECT_EQ(file.dead_letters(3).size(), 3u);
}

TEST_F(StateFileTest, UnchangedCheckpointWithoutLettersWritesNothing) {
  StateFile file(path(), clock_);
  file.save(at(5), {}, {});
  const auto size = std::filesystem::file_size(path("waltrack.db-wal"));
  for (int i = 0; i < 10; ++i)
    file.save(at(5), {}, {});
  EXPECT_EQ(std::filesystem::file_size(path("waltrack.db-wal")), size);
  file.save(at(6), {}, {});
  EXPECT_GT(std::filesystem::file_size(path("waltrack.db-wal")), size);
}

TEST_F(StateFileTest, ReopenedFileKnowsItsCheckpointIsUnchanged) {
  { StateFile(path(), clock_).save(at(5), {}, {}); }
  StateFile file(path(), clock_);
  file.save(at(5), {}, {});
  const std::string wal = path("waltrack.db-wal");
  EXPECT_TRUE(!std::filesystem::exists(wal) || std::filesystem::file_size(wal) == 0);
}

TEST_F(StateFileTest, MintedDestinationIdIsKept) {
  std::string minted;
  {
    StateFile file(path(), clock_);
    const DestinationId first = file.settle_destination_id("");
    minted = first.id;
    EXPECT_EQ(first.warning, "");
  }
  EXPECT_EQ(minted.size(), 19u);
  EXPECT_EQ(minted.substr(0, 3), "wt-");
  EXPECT_EQ(minted.find_first_not_of("0123456789abcdef", 3), std::string::npos);
  EXPECT_EQ(StateFile(path(), clock_).settle_destination_id("").id, minted);
  EXPECT_NE(StateFile(path("other.db"), clock_).settle_destination_id("").id, minted);
}

TEST_F(StateFileTest, ConfiguredDestinationIdReplacesTheStoredOneWithAWarning) {
  StateFile file(path(), clock_);
  EXPECT_EQ(file.settle_destination_id("shop-staging").warning, "");
  EXPECT_EQ(file.settle_destination_id("shop-staging").warning, "");
  const DestinationId changed = file.settle_destination_id("shop-production");
  EXPECT_EQ(changed.id, "shop-production");
  EXPECT_NE(changed.warning.find("shop-staging"), std::string::npos);
  EXPECT_NE(changed.warning.find("shop-production"), std::string::npos);
  EXPECT_EQ(file.settle_destination_id("").id, "shop-production");
}

TEST_F(StateFileTest, SecondOpenerIsRefusedWhileTheFirstGoesOn) {
  StateFile first(path(), clock_);
  const Error error = error_of([&] { StateFile second(path(), clock_); });
  EXPECT_NE(std::string(error.what()).find("in use"), std::string::npos);
  EXPECT_NO_THROW(first.save(at(3), {}, {}));
}

TEST_F(StateFileTest, AnotherNameOfTheSameFileIsRefusedToo) {
  StateFile first(path(), clock_);
  std::filesystem::create_symlink(path(), path("alias.db"));
  error_of([&] { StateFile second(path("alias.db"), clock_); });
}

TEST_F(StateFileTest, EveryAcknowledgedSaveSurvivesKill) {
  for (int round = 0; round < 5; ++round) {
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    const pid_t child = fork();
    if (child == 0) {
      StateFile file(path(), clock_);
      const uint64_t first = file.checkpoint().value_or(Checkpoint{}).lsn.value + 1;
      for (uint64_t i = first;; ++i) {
        file.save(at(i), std::vector{letter(i)}, {});
        if (write(acknowledged[1], &i, sizeof i) != sizeof i) _exit(1);
      }
    }
    close(acknowledged[1]);
    uint64_t last = 0;
    for (int i = 0; i < 20 + round; ++i) {
      ASSERT_EQ(read(acknowledged[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    }
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    while (read(acknowledged[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
    }
    close(acknowledged[0]);

    StateFile file(path(), clock_);
    ASSERT_TRUE(file.checkpoint());
    EXPECT_GE(file.checkpoint()->lsn.value, last);
    EXPECT_EQ(file.dead_letter_count(), static_cast<int64_t>(file.checkpoint()->lsn.value))
        << "letters and checkpoint move together";
  }
}

// In a child process: file-size limits are a process's own.
TEST_F(StateFileTest, DiskWithoutSpaceKeepsTheLastSaveAndTheNextOneWorks) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    StateFile file(path(), clock_);
    file.save(at(1), {}, {});
    const rlim_t size = std::filesystem::file_size(path("waltrack.db-wal"));
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    const struct rlimit full = {size + 4096, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &full);
    DeadLetter large = letter(9);
    large.payload.assign(100'000, 'x');
    int exit_code = 0;
    try {
      file.save(at(2), std::vector{large}, {});
      exit_code = 10;
    } catch (const Error& error) {
      if (std::string(error.what()).find("no space left") == std::string::npos) exit_code = 11;
      if (error.hint().empty() || error.where().empty()) exit_code = 12;
    }
    if (file.checkpoint() != at(1) || file.dead_letter_count() != 0) exit_code = 13;
    setrlimit(RLIMIT_FSIZE, &unlimited);
    try {
      file.save(at(2), std::vector{large}, {});
    } catch (const Error&) {
      exit_code = 14;
    }
    if (file.checkpoint() != at(2) || file.dead_letter_count() != 1) exit_code = 15;
    _exit(exit_code);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(StateFile(path(), clock_).checkpoint(), at(2));
}

TEST_F(StateFileTest, FileThatCannotBeMadeWholeIsNotLeftBehind) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit full = {8192, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &full);
    try {
      StateFile file(path(), clock_);
      _exit(10);
    } catch (const Error& error) {
      _exit(std::string(error.what()).find("no space left") == std::string::npos ? 11 : 0);
    }
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(files(), std::set<std::string>{"waltrack.db-lock"});
  EXPECT_NO_THROW(StateFile(path(), clock_));
}

TEST_F(StateFileTest, FolderIsRefusedAsUsage) {
  const Error error = error_of([&] { StateFile file(folder_, clock_); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_NE(std::string(error.what()).find("is a folder"), std::string::npos);
  EXPECT_NE(error.hint().find("waltrack.db"), std::string::npos);
}

TEST_F(StateFileTest, MissingFolderIsRefusedWithTheCommandThatMakesIt) {
  const Error error = error_of([&] { StateFile file(path("none/waltrack.db"), clock_); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_NE(error.hint().find("mkdir -p " + path("none")), std::string::npos);
}

// As another user: root may write anywhere. Root drops its rights in a child; others just may not.
TEST_F(StateFileTest, UnwritableFolderIsRefused) {
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(9);
    try {
      StateFile file(path(), clock_);
      _exit(10);
    } catch (const Error& error) {
      _exit(error.hint().find("must be able to write") == std::string::npos ? 11 : 0);
    }
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(files().empty());
}

TEST_F(StateFileTest, FileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string text(5000, 'n');
  std::ofstream(path()) << text;
  const Error error = error_of([&] { StateFile file(path(), clock_); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_NE(std::string(error.what()).find("not a waltrack state file"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path()), text.size());
}

TEST_F(StateFileTest, DatabaseOfAnotherProgramIsRefused) {
  {
    SQLite::Database other(path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("create table t (x); pragma user_version = 1");
  }
  const Error error = error_of([&] { StateFile file(path(), clock_); });
  EXPECT_NE(std::string(error.what()).find("not a waltrack state file"), std::string::npos);
}

TEST_F(StateFileTest, FileOfANewerVersionIsRefused) {
  { StateFile file(path(), clock_); }
  {
    SQLite::Database raw(path(), SQLite::OPEN_READWRITE);
    raw.exec("pragma user_version = 99");
  }
  const Error error = error_of([&] { StateFile file(path(), clock_); });
  EXPECT_NE(std::string(error.what()).find("newer waltrack"), std::string::npos);
  EXPECT_NE(std::string(error.what()).find("99"), std::string::npos);
  EXPECT_FALSE(error.hint().empty());
}

TEST_F(StateFileTest, EmptyFileIsTakenAsNew) {
  std::ofstream(path()).flush();
  StateFile(path(), clock_).save(at(4), {}, {});
  EXPECT_EQ(StateFile(path(), clock_).checkpoint(), at(4));
}

TEST_F(StateFileTest, WriteAheadLogOfAMovedFileIsNotTakenForItsOwn) {
  std::ofstream(path("waltrack.db-wal")) << "left behind";
  const Error error = error_of([&] { StateFile file(path(), clock_); });
  EXPECT_NE(error.where().find("waltrack.db-wal"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(StateFileTest, AForgottenSourceLeavesTheDestinationIdAndTheDeadLetters) {
  StateFile file(path(), clock_);
  const std::string id = file.settle_destination_id({}).id;
  file.adopt({77, "shop", "waltrack", "pgoutput", {1, false}}, at(7));
  file.save(at(8), std::vector{letter(1)}, {});
  file.save_condition("delivering");
  file.save_source({});
  file.forget_source();
  EXPECT_FALSE(file.checkpoint());
  EXPECT_FALSE(file.identity());
  EXPECT_EQ(file.dead_letter_count(), 1);
  EXPECT_EQ(file.settle_destination_id({}).id, id);
  file.save(at(8), {}, {});
  EXPECT_EQ(file.checkpoint(), at(8));
}

TEST_F(StateFileTest, NamesThatSqliteTreatsSpeciallyAreOrdinaryFiles) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  { StateFile(":memory:", clock_).save(at(8), {}, {}); }
  std::filesystem::current_path(before);
  EXPECT_EQ(StateFile(path(":memory:"), clock_).checkpoint(), at(8));
}

}  // namespace
}  // namespace waltrack
