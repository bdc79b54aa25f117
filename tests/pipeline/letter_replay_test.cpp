#include "pipeline/letter_replay.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/wakeup.hpp"
#include "pipeline/fakes.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

class FakeShelf final : public ReplayShelf {
 public:
  explicit FakeShelf(std::vector<std::string> events) : events_(std::move(events)) {}

  size_t size() const override { return events_.size(); }
  std::optional<std::string> event(size_t n) override {
    if (events_[n].empty()) return std::nullopt;
    return events_[n];
  }
  void accepted(std::span<const uint64_t> letters) override {
    accepted_.insert(letters.begin(), letters.end());
    if (on_accepted) on_accepted();
  }
  void refused(uint64_t letter, const Refusal& why) override { refused_[letter] = why.reason; }

  std::function<void()> on_accepted;
  std::set<uint64_t> accepted_;
  std::map<uint64_t, std::string> refused_;

 private:
  const std::vector<std::string> events_;
};

std::string track(const std::string& user, const std::string& event) {
  return R"({"type":"track","userId":")" + user + R"(","event":")" + event + R"("})";
}

Outcome poison_is_refused(size_t, const std::string& events) {
  return events.find("poison") == std::string::npos
             ? accepted()
             : answered(Outcome::Verdict::refused, "HTTP 400");
}

class LetterReplayTest : public testing::Test {
 protected:
  ReplayEnd replay(ReplayShelf& shelf, FakeDestination& destination) {
    return replay_letters(shelf, destination, settings_, clock_, stop_.fd());
  }
  std::string user_in_another_lane(const std::string& one) const {
    const auto lane = [&](const std::string& user) {
      return event_users({.user = user}).digests[0] % settings_.lanes;
    };
    std::string user = one;
    while (lane(user) == lane(one))
      user.push_back('x');
    return user;
  }
  static std::string all_of(const FakeDestination& destination) {
    std::string all;
    for (const std::string& batch : destination.accepted())
      all += batch;
    return all;
  }

  ReplaySettings settings_{
      .lanes = 4,
      .batch = {.bytes = 4000, .events = 10},
      .memory_bytes = 8 << 20,
      .delivery = {.first_backoff = 1ms, .backoff_cap = 5ms, .believe_refusals = true},
      .patience = 1s};
  SystemClock clock_;
  Wakeup stop_;
};

}  // namespace

TEST_F(LetterReplayTest, OneUsersEventsArriveInTheOrderOfTheShelf) {
  std::vector<std::string> events;
  for (int i = 0; i < 500; ++i)
    events.push_back(track("u" + std::to_string(i % 7), "e" + std::to_string(1000 + i)));
  FakeShelf shelf(events);
  FakeDestination destination([](size_t, const std::string&) { return accepted(); });
  settings_.memory_bytes = 1000;  // so that it is filled again and again
  EXPECT_EQ(replay(shelf, destination).why, ReplayEnd::Why::done);
  EXPECT_EQ(shelf.accepted_.size(), 500u);
  const std::string all = all_of(destination);
  for (int i = 7; i < 500; ++i) {
    EXPECT_LT(all.find(events[static_cast<size_t>(i - 7)]),
              all.find(events[static_cast<size_t>(i)]));
  }
}

TEST_F(LetterReplayTest, AnEventOfTwoUsersComesAfterBoth) {
  std::vector<std::string> events;
  for (int i = 0; i < 20; ++i)
    events.push_back(track("a" + std::to_string(i), "before"));
  events.push_back(R"({"type":"alias","userId":"new","previousId":"a7"})");
  events.push_back(track("a7", "after"));
  FakeShelf shelf(events);
  FakeDestination destination([](size_t, const std::string&) { return accepted(); });
  EXPECT_EQ(replay(shelf, destination).why, ReplayEnd::Why::done);
  const std::string all = all_of(destination);
  EXPECT_LT(all.find(events[7]), all.find("previousId"));
  EXPECT_LT(all.find("previousId"), all.find("after"));
}

TEST_F(LetterReplayTest, WhatIsRefusedAgainIsToldAndTheRestArrives) {
  FakeShelf shelf({track("a", "1"), track("a", "poison"), "", track("b", "2"), track("a", "3")});
  FakeDestination destination(poison_is_refused);
  EXPECT_EQ(replay(shelf, destination).why, ReplayEnd::Why::done);
  EXPECT_EQ(shelf.accepted_, (std::set<uint64_t>{0, 3, 4}));
  EXPECT_EQ(shelf.refused_, (std::map<uint64_t, std::string>{{1, "HTTP 400"}}));
}

TEST_F(LetterReplayTest, ALoneOneThatIsRefusedAgainIsTold) {
  FakeShelf shelf({track("a", "poison")});
  FakeDestination destination(poison_is_refused);
  EXPECT_EQ(replay(shelf, destination).why, ReplayEnd::Why::done);
  EXPECT_EQ(shelf.refused_.size(), 1u);
}

TEST_F(LetterReplayTest, ARowOfRefusalsWithoutOneAcceptanceEndsIt) {
  FakeShelf shelf(std::vector<std::string>(100, track("a", "poison")));
  FakeDestination destination(poison_is_refused);
  EXPECT_EQ(replay(shelf, destination).why, ReplayEnd::Why::held);
  EXPECT_EQ(shelf.refused_.size(), static_cast<size_t>(Delivery::kMostInARow));
}

TEST_F(LetterReplayTest, AHoldEndsIt) {
  FakeShelf shelf({track("a", "1")});
  FakeDestination destination(
      [](size_t, const std::string&) { return answered(Outcome::Verdict::hold, "HTTP 401"); });
  const ReplayEnd end = replay(shelf, destination);
  EXPECT_EQ(end.why, ReplayEnd::Why::held);
  EXPECT_NE(end.trouble.find("HTTP 401"), std::string::npos);
  EXPECT_TRUE(shelf.accepted_.empty());
}

TEST_F(LetterReplayTest, AReceiverThatStaysAwayEndsIt) {
  FakeShelf shelf({track("a", "1")});
  FakeDestination destination(
      [](size_t, const std::string&) { return answered(Outcome::Verdict::retry, "HTTP 503"); });
  const ReplayEnd end = replay(shelf, destination);
  EXPECT_EQ(end.why, ReplayEnd::Why::away);
  EXPECT_NE(end.trouble.find("HTTP 503"), std::string::npos);
  EXPECT_GT(destination.attempts(), 2u);
}

TEST_F(LetterReplayTest, AStopEndsItWithWhatIsKnown) {
  const std::string other = user_in_another_lane("a");
  FakeShelf shelf({track("a", "1"), track(other, "never")});
  shelf.on_accepted = [&] { stop_.wake(); };
  FakeDestination destination([](size_t, const std::string& events) {
    return events.find("never") == std::string::npos
               ? accepted()
               : answered(Outcome::Verdict::retry, "HTTP 503");
  });
  settings_.patience = 60s;
  EXPECT_EQ(replay(shelf, destination).why, ReplayEnd::Why::stopped);
  EXPECT_EQ(shelf.accepted_, (std::set<uint64_t>{0}));
}

}  // namespace waltrack
