#include "state/state_lock.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/state_fixture.hpp"

namespace waltrack {
namespace {

class StateLockTest : public StateTest {};

TEST_F(StateLockTest, SecondOwnerIsRefusedAndToldWhoHoldsIt) {
  const StateLock first(path());
  const Error error = error_of([&] { StateLock second(path()); });
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_NE(std::string(error.what()).find("process " + std::to_string(getpid())),
            std::string::npos);
  EXPECT_NE(error.hint().find("state:"), std::string::npos);
}

TEST_F(StateLockTest, IsFreeAgainWhenItsOwnerIsDone) {
  { const StateLock first(path()); }
  EXPECT_FALSE(StateLock::holder(path()));
  EXPECT_NO_THROW(StateLock second(path()));
}

TEST_F(StateLockTest, AskingTakesNothing) {
  const StateLock owner(path());
  const auto holder = StateLock::holder(path());
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, getpid());
  EXPECT_TRUE(StateLock::holder(path())) << "the question must not have released the lock";
}

TEST_F(StateLockTest, AskingMakesNoFile) {
  EXPECT_FALSE(StateLock::holder(path()));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(StateLockTest, DiesWithAKilledOwner) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const StateLock owner(path());
    (void)!write(ready[1], "x", 1);
    pause();
    _exit(0);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const auto holder = StateLock::holder(path());
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, child);
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(StateLock::holder(path()));
  EXPECT_NO_THROW(StateLock next(path()));
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace waltrack
