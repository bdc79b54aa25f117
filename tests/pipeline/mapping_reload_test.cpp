#include "pipeline/mapping_reload.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "base/error.hpp"
#include "base/folder_fingerprint.hpp"
#include "pipeline/fakes.hpp"
#include "support/temp_dir.hpp"
#include "support/wait_until.hpp"

using namespace std::chrono_literals;

namespace waltrack {
namespace {

// Reads the one file m/a.yaml: "wrong…" has a fault, anything else is a set of that name.
class MappingReloadTest : public testing::Test {
 protected:
  MappingReloadTest() { folder_.write("m/a.yaml", "first"); }
  ~MappingReloadTest() override {
    reload_->stop();
    thread_.join();
  }

  void start() {
    MappingSet first = fake_mappings("first");
    first.summary.fingerprint = folder_fingerprint(folder_ / "m");
    reload_.emplace(
        ReloadSettings{.folder = folder_ / "m",
                       .read = [this] { return read(); },
                       .prepare = [this](const Followed&) { return lacking(); },
                       .asked = &asked_,
                       .quiet = 5ms,
                       .look_again = 20ms},
        first, status_, [this](MappingSet set) { take(std::move(set)); }, clock_);
    thread_ = std::jthread([this] { reload_->run(); });
  }
  MappingReading read() {
    ++reads_;
    if (server_away_) throw Error(ErrorKind::transient, "the server is away");
    MappingReading reading;
    const std::string text = read_file(folder_ / "m/a.yaml");
    if (text.starts_with("wrong")) {
      reading.diagnostics.error({"a.yaml", 1, 1}, text);
    } else {
      reading.set = fake_mappings(text);
    }
    return reading;
  }
  std::vector<std::string> lacking() {
    if (lacks_) return {"run the SQL"};
    return {};
  }
  void take(MappingSet set) {
    const std::lock_guard lock(mutex_);
    offers_.push_back(set.summary.fingerprint);
  }
  size_t offers() {
    const std::lock_guard lock(mutex_);
    return offers_.size();
  }
  // At once: half a file is another test's matter.
  void write(std::string_view text) {
    std::filesystem::rename(folder_.write("m/.new", text), folder_ / "m/a.yaml");
  }

  SystemClock clock_;
  TempDir folder_;
  Wakeup asked_;
  MappingStatus status_{clock_};
  std::atomic<bool> server_away_ = false;
  std::atomic<bool> lacks_ = false;
  std::atomic<int> reads_ = 0;
  std::mutex mutex_;
  std::vector<std::string> offers_;  // guarded by mutex_
  std::optional<MappingReload> reload_;
  std::jthread thread_;
};

}  // namespace

TEST_F(MappingReloadTest, AChangeIsOfferedUnderItsFingerprint) {
  start();
  write("second");
  ASSERT_TRUE(wait_until([&] { return offers() == 1; }));
  EXPECT_EQ(offers_[0], folder_fingerprint(folder_ / "m"));
  EXPECT_EQ(status_.state().pending->set.fingerprint, offers_[0]);
}

TEST_F(MappingReloadTest, ATouchDoesNothing) {
  start();
  write("first");
  folder_.write("m/.a.yaml.swp", "x");
  write("second");
  ASSERT_TRUE(wait_until([&] { return offers() == 1; }));
  EXPECT_EQ(reads_, 1);
}

TEST_F(MappingReloadTest, ASignalReadsWithoutAChange) {
  start();
  asked_.wake();
  EXPECT_TRUE(wait_until([&] { return offers() == 1; }));
}

TEST_F(MappingReloadTest, FaultsAreToldUntilTheyAreMended) {
  start();
  write("wrong one");
  ASSERT_TRUE(wait_until([&] { return status_.state().invalid.has_value(); }));
  EXPECT_EQ(status_.state().invalid->faults,
            (std::vector<std::string>{"a.yaml:1:1: error: wrong one"}));
  EXPECT_EQ(offers(), 0u);
  write("second");
  ASSERT_TRUE(wait_until([&] { return offers() == 1; }));
  EXPECT_FALSE(status_.state().invalid);
}

TEST_F(MappingReloadTest, GoingBackToWhatIsLiveOffersNothing) {
  start();
  write("wrong");
  ASSERT_TRUE(wait_until([&] { return status_.state().invalid.has_value(); }));
  write("first");
  ASSERT_TRUE(wait_until([&] { return !status_.state().invalid; }));
  EXPECT_EQ(offers(), 0u);
}

TEST_F(MappingReloadTest, AServerThatIsAwayIsAskedAgainAndNoFault) {
  server_away_ = true;
  start();
  write("second");
  ASSERT_TRUE(wait_until([&] { return status_.state().unchecked.has_value() && reads_ > 1; }));
  EXPECT_FALSE(status_.state().invalid);
  server_away_ = false;
  ASSERT_TRUE(wait_until([&] { return offers() == 1; }));
  EXPECT_FALSE(status_.state().unchecked);
}

TEST_F(MappingReloadTest, WhatTheSourceLacksIsToldUntilItIsThere) {
  lacks_ = true;
  start();
  write("second");
  ASSERT_TRUE(wait_until([&] { return offers() == 1; }));
  EXPECT_EQ(status_.state().lacking, (std::vector<std::string>{"run the SQL"}));
  lacks_ = false;
  EXPECT_TRUE(wait_until([&] { return status_.state().lacking.empty(); }));
  EXPECT_EQ(offers(), 1u);
}

TEST_F(MappingReloadTest, TheSourceIsAskedAgainWhatItLacks) {
  start();
  write("second");
  ASSERT_TRUE(wait_until([&] { return offers() == 1; }));
  EXPECT_TRUE(status_.state().lacking.empty());
  lacks_ = true;
  EXPECT_TRUE(wait_until([&] { return !status_.state().lacking.empty(); }));
  EXPECT_EQ(offers(), 1u);
}

}  // namespace waltrack
