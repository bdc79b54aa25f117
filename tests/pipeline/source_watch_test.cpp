#include "pipeline/source_watch.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "base/error.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

class SourceWatchTest : public testing::Test {
 protected:
  // Runs the watch until it has looked `times` times, and returns what it logged.
  std::string log_of(int times, std::function<SourceReading(int)> read) {
    std::atomic<int> looks = 0;
    SourceWatchSettings settings;
    settings.interval = std::chrono::milliseconds(1);
    settings.read = [&] { return read(++looks); };
    SourceWatch watch(settings, status_, clock_);
    testing::internal::CaptureStderr();
    std::thread thread([&] { watch.run(); });
    const bool looked = wait_until([&] { return looks >= times; });
    watch.stop();
    thread.join();
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(looked);
    return text;
  }

  static size_t count(const std::string& text, const std::string& part) {
    size_t found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++found;
    return found;
  }

  SystemClock clock_;
  SourceStatus status_{clock_};
};

}  // namespace

TEST_F(SourceWatchTest, AWarningIsToldOnceWhateverItsFigures) {
  const std::string log = log_of(5, [](int look) {
    SourceReading reading;
    reading.warnings = {"only " + std::to_string(100 - look) + ".5 MB are left"};
    return reading;
  });
  EXPECT_EQ(count(log, "MB are left"), 1u) << log;
  EXPECT_EQ(status_.state().reading->warnings.size(), 1u);
}

TEST_F(SourceWatchTest, ThatAWarningIsOverIsToldAndTheNextOneAgain) {
  const std::string log = log_of(6, [](int look) {
    SourceReading reading;
    if (look % 3 == 1) reading.warnings = {"the slot is about to be lost"};
    return reading;
  });
  EXPECT_GE(count(log, "about to be lost"), 2u) << log;
  EXPECT_GE(count(log, "needs no attention any more"), 2u) << log;
}

TEST_F(SourceWatchTest, ASourceThatCantBeLookedAtKeepsTheLastReading) {
  log_of(3, [](int look) {
    if (look > 1) throw Error(ErrorKind::transient, "it is away");
    SourceReading reading;
    reading.server = "postgres at db:5432";
    return reading;
  });
  EXPECT_EQ(status_.state().reading->server, "postgres at db:5432");
}

TEST(SourceStatus, TellsSinceWhenItStreamsOrDoesNot) {
  SystemClock clock;
  SourceStatus status(clock);
  EXPECT_EQ(status.version(), 0u);
  status.set_streaming({1, false});
  const SourceState first = status.state();
  EXPECT_TRUE(first.streaming);
  EXPECT_GT(first.since_us, 0);
  status.set_streaming({1, false});
  EXPECT_EQ(status.state(), first);
  status.set_streaming({2, false});
  EXPECT_EQ(status.state().since_us, first.since_us);
  EXPECT_EQ(status.state().origin.timeline, 2u);
  status.set_problem("gone");
  EXPECT_FALSE(status.state().streaming);
  const int64_t since = status.state().since_us;
  status.set_problem("still gone");
  EXPECT_EQ(status.state().since_us, since);
  EXPECT_EQ(status.state().problem, "still gone");
}

}  // namespace waltrack
