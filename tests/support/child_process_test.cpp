#include "support/child_process.hpp"

#include <gtest/gtest.h>

#include "support/wait_until.hpp"

namespace waltrack {

TEST(ChildProcess, CapturesOutputAndTellsTheExitCode) {
  ChildOptions options;
  options.args = {"/bin/sh", "-c", "echo out $NAME; echo err >&2; exit 3"};
  options.env = {{"NAME", "value"}};
  ChildProcess child(options);
  EXPECT_EQ(child.wait(std::chrono::seconds(20)), (ExitStatus{3, 0}));
  EXPECT_EQ(child.stdout_text(), "out value\n");
  EXPECT_EQ(child.stderr_text(), "err\n");
}

TEST(ChildProcess, AWaitThatTakesTooLongReturnsAndASignalEndsIt) {
  ChildOptions options;
  options.args = {"/bin/sleep", "1000"};
  ChildProcess child(options);
  EXPECT_EQ(child.wait(std::chrono::milliseconds(1)), std::nullopt);
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(std::chrono::seconds(20)), (ExitStatus{-1, SIGTERM}));
}

TEST(ChildProcess, DoesNotOutliveItsObject) {
  pid_t pid = -1;
  {
    ChildOptions options;
    options.args = {"/bin/sleep", "1000"};
    ChildProcess child(options);
    pid = child.pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

}  // namespace waltrack
