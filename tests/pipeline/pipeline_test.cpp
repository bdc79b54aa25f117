#include "pipeline/pipeline.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/folder_fingerprint.hpp"
#include "base/wakeup.hpp"
#include "pipeline/fakes.hpp"
#include "support/temp_dir.hpp"
#include "support/wait_until.hpp"

using namespace std::chrono_literals;

namespace waltrack {
namespace {

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    settings_.lanes = 3;
    settings_.batch = {.bytes = 475'000, .events = 2500};
    settings_.delivery = {.first_backoff = 1ms, .backoff_cap = 5ms, .probe_interval = 5ms};
    settings_.grace = 2000ms;
  }
  ~PipelineTest() override { stop(); }

  void start(Checkpoint from = {}) {
    MappingSet first = fake_mappings();
    // As read just before: else the reload would begin with offering what is there.
    if (settings_.reload) first.summary.fingerprint = folder_fingerprint(settings_.reload->folder);
    thread_ = std::jthread([this, from, first = std::move(first)]() mutable {
      try {
        summary_ = run_pipeline(source_, std::move(first), destination_, store_, from, settings_,
                                clock_, stop_.fd());
      } catch (...) {
        failure_ = std::current_exception();
      }
      ended_ = true;
    });
  }
  void stop() {
    stop_.wake();
    if (thread_.joinable()) thread_.join();
  }

  SystemClock clock_;
  PipelineSettings settings_;
  FakeSource source_;
  FakeDestination destination_{[](size_t, const std::string&) { return accepted(); }};
  FakeStore store_;
  Wakeup stop_;
  RunSummary summary_;
  std::atomic<bool> ended_ = false;
  std::exception_ptr failure_;  // read after stop()
  std::jthread thread_;
};

}  // namespace

TEST_F(PipelineTest, DeliveredStoredAndConfirmedInThisOrder) {
  for (uint64_t i = 1; i <= 200; ++i) {
    source_.add_transaction(Lsn{i * 100}, Lsn{i * 100 - 50}, {"a", "b", "c", "d"});
  }
  start();
  ASSERT_TRUE(wait_until([&] { return source_.reported() == Lsn{20'008}; }));
  stop();
  EXPECT_EQ(summary_.delivered_events, 800u);
  EXPECT_EQ(summary_.unfinished_events, 0u);
  EXPECT_EQ(store_.checkpoint(), (Checkpoint{Lsn{20'008}, std::nullopt}));
}

TEST_F(PipelineTest, FiguresMayBeAskedAtAnyTimeAndOnlyRise) {
  for (uint64_t i = 1; i <= 200; ++i) {
    source_.add_transaction(Lsn{i * 100}, Lsn{i * 100 - 50}, {"a", "b", "c", "poison"});
  }
  RunBoard board(clock_);
  settings_.board = &board;
  std::atomic<bool> over = false;
  std::jthread asks([&] {
    uint64_t sent = 0, matched = 0;
    while (!over) {
      for (const RuleCount& rule : board.figures().rules) {
        EXPECT_GE(rule.sent, sent);
        EXPECT_GE(rule.matched, matched);
        EXPECT_GE(rule.seen, rule.matched);
        sent = rule.sent;
        matched = rule.matched;
      }
    }
  });
  start();
  EXPECT_TRUE(wait_until([&] { return source_.reported() == Lsn{20'008}; }));
  stop();
  over = true;
  asks.join();
  const RunFigures figures = board.figures();
  EXPECT_FALSE(figures.streaming);
  ASSERT_EQ(figures.rules.size(), 1u);
  EXPECT_EQ(figures.rules[0].seen, 800u);
  EXPECT_EQ(figures.rules[0].matched, 600u);
  EXPECT_EQ(figures.rules[0].sent, 600u);
  EXPECT_EQ(figures.rules[0].dead, 200u);
  EXPECT_EQ(figures.sent_events, 600u);
  EXPECT_EQ(figures.dead_letters, 200u);
}

TEST_F(PipelineTest, WhileTheReceiverRefusesNothingIsConfirmed) {
  destination_.set_answer(
      [](size_t, const std::string&) { return answered(Outcome::Verdict::hold, "HTTP 403"); });
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  source_.add_keepalive(Lsn{5000});
  start();
  ASSERT_TRUE(wait_until([&] { return destination_.attempts() >= 3; }));
  stop();
  EXPECT_EQ(source_.reported(), Lsn{});
  EXPECT_EQ(store_.checkpoint(), Checkpoint{});
  EXPECT_EQ(summary_.unfinished_events, 1u);
}

TEST_F(PipelineTest, AStopFinishesWhatIsOnItsWay) {
  destination_.set_answer([](size_t, const std::string&) {
    std::this_thread::sleep_for(20ms);
    return accepted();
  });
  for (uint64_t i = 1; i <= 20; ++i) {
    source_.add_transaction(Lsn{i * 100}, Lsn{i * 100 - 50}, {"a", "b"});
  }
  start();
  ASSERT_TRUE(wait_until([&] { return destination_.attempts() > 0; }));
  stop();
  EXPECT_EQ(summary_.unfinished_events, 0u);
  EXPECT_EQ(source_.reported(), summary_.confirmed);
  EXPECT_EQ(store_.checkpoint().lsn, summary_.confirmed);
}

TEST_F(PipelineTest, AStateFileThatFailsEndsTheRunBeforeAnythingIsConfirmed) {
  store_.fail_from_now_on();
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  start();
  ASSERT_TRUE(wait_until([&] { return ended_.load(); }));
  stop();
  EXPECT_EQ(source_.reported(), Lsn{});
  EXPECT_THROW(std::rethrow_exception(failure_), Error);
}

TEST_F(PipelineTest, WhatCameBeforeALostSlotIsStillDelivered) {
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a", "b"});
  source_.add_fatal();
  start();
  ASSERT_TRUE(wait_until([&] { return ended_.load(); }));
  stop();
  EXPECT_EQ(store_.checkpoint().lsn, Lsn{108});
  EXPECT_THROW(std::rethrow_exception(failure_), Error);
}

TEST_F(PipelineTest, ADeadLetterDoesNotStopTheOthers) {
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a", "poison", "b"});
  start();
  ASSERT_TRUE(wait_until([&] { return source_.reported() == Lsn{108}; }));
  stop();
  EXPECT_EQ(store_.dead_letters().size(), 1u);
  EXPECT_EQ(summary_.delivered_events, 2u);
}

// Every row comes under exactly one set, whole transactions under the same, and the sets change in
// the order in which they were offered.
TEST_F(PipelineTest, ReloadsUnderLoadLoseAndRepeatNothing) {
  constexpr int kTransactions = 3000;
  TempDir folder;
  folder.write("m/a.yaml", "0");
  settings_.reload =
      ReloadSettings{.folder = folder / "m",
                     .read =
                         [&] {
                           return MappingReading{fake_mappings(read_file(folder / "m/a.yaml")), {}};
                         },
                     .prepare = [](const Followed&) { return std::vector<std::string>{}; },
                     .quiet = 1ms};
  source_.reconnect_to_follow();
  start();
  for (uint64_t i = 1; i <= kTransactions; ++i) {
    const std::string n = std::to_string(i);
    source_.add_transaction(Lsn{i * 100}, Lsn{i * 100 - 50}, {n + "a", n + "b"});
    if (i % 1000 != 0) continue;
    std::filesystem::rename(folder.write("m/.new", std::to_string(i)), folder / "m/a.yaml");
    ASSERT_TRUE(wait_until([&] {
      return store_.mappings().live.set.rules == 1 && source_.followed().size() >= i / 1000;
    }));
  }
  ASSERT_TRUE(wait_until([&] { return source_.reported() == Lsn{kTransactions * 100 + 8}; }));
  stop();
  std::map<std::string, std::string> set_of;  // by user
  for (const std::string& batch : destination_.accepted()) {
    for (const auto& event : nlohmann::json::parse("[" + batch + "]")) {
      const bool first = set_of.emplace(event.at("u"), event.value("m", "")).second;
      EXPECT_TRUE(first) << event;
    }
  }
  EXPECT_EQ(set_of.size(), 2u * kTransactions);
  int before = 0;
  for (int i = 1; i <= kTransactions; ++i) {
    const std::string set = set_of[std::to_string(i) + "a"];
    EXPECT_EQ(set_of[std::to_string(i) + "b"], set);
    const int number = set.empty() ? 0 : std::stoi(set);
    EXPECT_GE(number, before);
    before = number;
  }
  EXPECT_GE(before, 2000);
  EXPECT_GE(source_.opened_at().size(), 3u);
}

TEST_F(PipelineTest, ChangedMappingsWaitForAnOutageToEnd) {
  destination_.set_answer(
      [](size_t, const std::string&) { return answered(Outcome::Verdict::retry, "HTTP 503"); });
  TempDir folder;
  folder.write("m/a.yaml", "new");
  settings_.reload =
      ReloadSettings{.folder = folder / "m",
                     .read =
                         [&] {
                           return MappingReading{fake_mappings("new"), {}};
                         },
                     .prepare = [](const Followed&) { return std::vector<std::string>{}; },
                     .quiet = 1ms};
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  start();
  ASSERT_TRUE(wait_until([&] { return destination_.attempts() > 3; }));
  folder.write("m/a.yaml", "newer");
  ASSERT_TRUE(wait_until([&] {
    const MappingState mappings = store_.mappings();
    return mappings.pending && !mappings.pending->reason.empty();
  }));
  source_.add_transaction(Lsn{200}, Lsn{190}, {"b"});
  destination_.set_answer([](size_t, const std::string&) { return accepted(); });
  ASSERT_TRUE(wait_until([&] { return source_.reported() == Lsn{208}; }));
  stop();
  EXPECT_FALSE(store_.mappings().pending);
  EXPECT_EQ(destination_.accepted(),
            (std::vector<std::string>{R"({"u":"a"})", R"({"u":"b","m":"new"})"}));
}

TEST_F(PipelineTest, MemoryStaysBoundedWhileTheReceiverIsAway) {
  destination_.set_answer(
      [](size_t, const std::string&) { return answered(Outcome::Verdict::retry, "HTTP 503"); });
  settings_.memory_bytes = 10'000;
  for (uint64_t i = 1; i <= 5000; ++i) {
    source_.add_transaction(Lsn{i * 100}, Lsn{i * 100 - 50}, {"a", "b"});
  }
  start();
  ASSERT_TRUE(wait_until([&] { return destination_.attempts() > 50; }));
  EXPECT_LT(source_.steps_read(), 2000u);  // of 20,000
  destination_.set_answer([](size_t, const std::string&) { return accepted(); });
  ASSERT_TRUE(wait_until([&] { return source_.reported() == Lsn{500'008}; }));
  stop();
  EXPECT_EQ(summary_.delivered_events, 10'000u);
}

}  // namespace waltrack
