#include <algorithm>
#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "pipeline/delivery.hpp"
#include "pipeline/fake_spool.hpp"
#include "pipeline/fakes.hpp"
#include "pipeline/lane_batches.hpp"
#include "pipeline/stream_fates.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr BatchLimits kLimits{.bytes = 1000, .events = 100};

// Answers after a while, on a clock that stands still but for its waits.
class SlowDestination final : public Destination {
 public:
  struct Answer {
    Outcome outcome;
    milliseconds after{1};
  };
  SlowDestination(FakeClock& clock, std::function<Answer(size_t, const std::string&)> answer)
      : clock_(clock), answer_(std::move(answer)) {}

  void send(size_t lane, std::string_view events) override {
    clock_.pass(send_takes);
    Answer answer = answer_(lane, std::string(events));
    answer.outcome.lane = lane;
    under_way_.push_back({clock_.steady() + answer.after, std::move(answer.outcome)});
  }
  void wait(milliseconds timeout, std::vector<Outcome>& outcomes) override {
    waits.push_back(timeout);
    const auto first = std::min_element(under_way_.begin(), under_way_.end(),
                                        [](auto& a, auto& b) { return a.at < b.at; });
    const SteadyTime end = clock_.steady() + timeout;
    if (first != under_way_.end() && first->at <= end) {
      clock_.pass(std::chrono::ceil<milliseconds>(first->at - clock_.steady()));
      outcomes.push_back(first->outcome);
      under_way_.erase(first);
    } else {
      clock_.pass(timeout);
    }
    on_wait();
  }
  void wake() override {}

  std::vector<milliseconds> waits;
  std::function<void()> on_wait;
  milliseconds send_takes{0};

 private:
  struct UnderWay {
    SteadyTime at;
    Outcome outcome;
  };
  FakeClock& clock_;
  const std::function<Answer(size_t, const std::string&)> answer_;
  std::vector<UnderWay> under_way_;
};

class DeliveryWaits : public testing::Test {
 protected:
  DeliveryWaits() {
    rule_.table = "public.t";
    rule_.id = "identify";
  }

  void bring(size_t lane, const std::string& text) {
    LedgerEntry entry;
    entry.rule = &rule_;
    entry.commit_lsn = Lsn{900};
    entry.lsn = Lsn{sequence_ + 1};
    ledger_.append({}, {&entry, 1});
    LaneBatches fresh(lanes_);
    fresh.add(LaneSet{1} << lane, sequence_++, text);
    fresh.push();
  }

  // Delivers for so long by the clock, or until it has waited so often.
  void deliver(SlowDestination& destination, milliseconds time, size_t most_waits,
               Spooler* spooler) {
    const SteadyTime end = clock_.steady() + time;
    Delivery delivery(
        lanes_, fates_, destination, condition_, clock_,
        {.first_backoff = 100ms, .backoff_cap = 100ms, .seed = 1}, [] {}, spooler);
    destination.on_wait = [&] {
      store_letters();
      if (on_wait_) on_wait_();
      if (clock_.steady() >= end || destination.waits.size() >= most_waits) delivery.stop();
    };
    delivery.run();
  }

  void store_letters() {
    std::vector<uint64_t> stream, spooled;
    for (const DeadLetterQueue::Item& item : dead_letters_.take_all()) {
      letters_.push_back(item.letter.payload);
      (item.spooled ? spooled : stream).push_back(item.sequence);
    }
    ledger_.finish(stream);
    dead_letters_.note_stored(spooled);
  }

  Rule rule_;
  uint64_t sequence_ = 0;
  FakeClock clock_;
  DeliveryCondition condition_;
  LaneQueues lanes_{2, kLimits};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  StreamFates fates_{ledger_, dead_letters_};
  FakeSpool store_{10'000};
  Spooler spooler_{
      {.store = &store_, .after = 5s}, lanes_, ledger_, dead_letters_, kLimits, clock_};
  std::vector<std::string> letters_;
  std::function<void()> on_wait_;
};

}  // namespace

TEST_F(DeliveryWaits, WhatIsRefusedAtLastAfterFailuresDoesNotMakeTheReceiverAway) {
  int tries = 0;
  SlowDestination destination(clock_, [&](size_t, const std::string& events) {
    if (events == "good") return SlowDestination::Answer{accepted()};
    return SlowDestination::Answer{++tries == 1 ? answered(Outcome::Verdict::retry, "HTTP 503")
                                                : answered(Outcome::Verdict::refused, "HTTP 400")};
  });
  bring(0, "good");
  on_wait_ = [&] {
    if (destination.waits.size() == 2) bring(0, "poison");
  };
  deliver(destination, 60s, 200, &spooler_);
  EXPECT_EQ(letters_, (std::vector<std::string>{"poison"}));
  EXPECT_TRUE(condition_.is_flowing()) << condition_.text();
  EXPECT_EQ(store_.ever(), 0u);
  EXPECT_LT(destination.waits.size(), 40u);
}

TEST_F(DeliveryWaits, SoItIsWithWhatIsRefusedFromTheSpool) {
  bool up = true;
  SlowDestination destination(clock_, [&](size_t, const std::string& events) {
    if (events == "good") return SlowDestination::Answer{accepted()};
    return SlowDestination::Answer{!up ? answered(Outcome::Verdict::retry, "HTTP 503")
                                       : answered(Outcome::Verdict::refused, "HTTP 400")};
  });
  bring(0, "good");
  on_wait_ = [&] {
    if (destination.waits.size() == 2) {
      up = false;
      bring(0, "poison");
    }
    if (store_.ever() > 0) up = true;
  };
  deliver(destination, 120s, 400, &spooler_);
  EXPECT_EQ(letters_, (std::vector<std::string>{"poison"}));
  EXPECT_TRUE(condition_.is_flowing()) << condition_.text();
  EXPECT_EQ(store_.ever(), 1u);
  EXPECT_TRUE(store_.empty());
  EXPECT_LT(destination.waits.size(), 300u);
}

TEST_F(DeliveryWaits, ItSleepsUntilWhatIsOnItsWayHasItsAnswerAndThenSpools) {
  SlowDestination destination(clock_, [&](size_t lane, const std::string&) {
    return SlowDestination::Answer{answered(Outcome::Verdict::retry, "no answer"),
                                   lane == 0 ? 1ms : milliseconds(30s)};
  });
  bring(0, "a");
  bring(1, "b");
  on_wait_ = [&] { EXPECT_TRUE(destination.waits.size() < 2 || destination.waits.back() > 0ms); };
  deliver(destination, 31s, 400, &spooler_);
  EXPECT_EQ(store_.ever(), 2u);
}

TEST_F(DeliveryWaits, ALaneThatWaitsWithNothingToSendAnyMoreLetsItSleep) {
  SlowDestination destination(clock_, [&](size_t, const std::string&) {
    return SlowDestination::Answer{answered(Outcome::Verdict::retry, "HTTP 503")};
  });
  bring(0, "a");
  store_.disk_full = true;
  deliver(destination, 60s, 10'000, &spooler_);
  EXPECT_LT(destination.waits.size(), 1000u);
}

TEST_F(DeliveryWaits, ItTurnsNowAndThenWhileTheReceiverAskedForALongPause) {
  SlowDestination destination(clock_, [&](size_t, const std::string&) {
    Outcome outcome = answered(Outcome::Verdict::retry, "HTTP 429");
    outcome.retry_after = 3600s;
    return SlowDestination::Answer{std::move(outcome)};
  });
  bring(0, "a");
  deliver(destination, 600s, 400, nullptr);
  EXPECT_LE(*std::max_element(destination.waits.begin(), destination.waits.end()), 10s);
}

TEST_F(DeliveryWaits, AHoldWithNothingToProbeWithSleeps) {
  bool good = false;
  SlowDestination destination(clock_, [&](size_t, const std::string&) {
    return SlowDestination::Answer{good ? accepted()
                                        : answered(Outcome::Verdict::hold, "HTTP 401")};
  });
  bring(0, "a");
  store_.disk_full = true;
  const SteadyTime start = clock_.steady();
  on_wait_ = [&] {
    if (clock_.steady() - start < 200s) return;
    good = true;
    store_.disk_full = false;
  };
  deliver(destination, 205s, 1000, &spooler_);
  EXPECT_LT(destination.waits.size(), 300u);
  EXPECT_EQ(store_.ever(), 1u);
  EXPECT_TRUE(store_.empty()) << "it probes as soon as there is something";
}

TEST_F(DeliveryWaits, AfterALargeBatchTheNextEventsGatherForAMoment) {
  const SteadyTime start = clock_.steady();
  std::vector<std::pair<milliseconds, std::string>> sent;
  SlowDestination destination(clock_, [&](size_t, const std::string& events) {
    sent.emplace_back(std::chrono::duration_cast<milliseconds>(clock_.steady() - start), events);
    return SlowDestination::Answer{accepted()};
  });
  for (int i = 0; i < 50; ++i)
    bring(0, "{}");
  on_wait_ = [&] {
    if (destination.waits.size() == 1) bring(0, "a");
    if (destination.waits.size() == 2) bring(0, "b");
  };
  deliver(destination, 100ms, 100, nullptr);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[1], std::pair(Delivery::kMostGathering, std::string("a,b")));
}

TEST_F(DeliveryWaits, TheMomentEndsAlsoWhereItDoesSoWhileAnotherLaneIsSent) {
  const SteadyTime start = clock_.steady();
  std::vector<std::pair<std::string, milliseconds>> sent;
  SlowDestination destination(clock_, [&](size_t lane, const std::string& events) {
    sent.emplace_back(events, std::chrono::duration_cast<milliseconds>(clock_.steady() - start));
    return SlowDestination::Answer{accepted(), lane == 0 ? 1ms : 50ms};
  });
  bring(0, "a");
  on_wait_ = [&] {
    if (destination.waits.size() != 1) return;
    bring(0, "b");
    bring(1, "c");
    destination.send_takes = 2 * Delivery::kGatheringPerEvent;
  };
  deliver(destination, 40ms, 100, nullptr);
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[2].first, "b");
  EXPECT_LT(sent[2].second, 20ms) << "it waited for the other lane's answer";
}

TEST_F(DeliveryWaits, NothingGathersWhereNoMoreWouldTravelWithIt) {
  const SteadyTime start = clock_.steady();
  std::vector<milliseconds> sent;
  SlowDestination destination(clock_, [&](size_t, const std::string&) {
    sent.push_back(std::chrono::duration_cast<milliseconds>(clock_.steady() - start));
    return SlowDestination::Answer{accepted()};
  });
  for (int batch = 0; batch < 3; ++batch)
    bring(0, std::string(kLimits.bytes, 'x'));
  deliver(destination, 100ms, 100, nullptr);
  EXPECT_EQ(sent, (std::vector<milliseconds>{0ms, 1ms, 1ms + Delivery::kGatheringPerEvent}));
}

TEST_F(DeliveryWaits, WhereLittleHappensAnEventIsSentAtOnce) {
  const SteadyTime start = clock_.steady();
  std::vector<milliseconds> sent;
  SlowDestination destination(clock_, [&](size_t, const std::string&) {
    sent.push_back(std::chrono::duration_cast<milliseconds>(clock_.steady() - start));
    return SlowDestination::Answer{accepted()};
  });
  bring(0, "a");
  on_wait_ = [&] {
    if (sent.size() == 1 && clock_.steady() - start >= Delivery::kGatheringPerEvent) bring(0, "b");
  };
  deliver(destination, 100ms, 100, nullptr);
  EXPECT_EQ(sent, (std::vector<milliseconds>{0ms, Delivery::kGatheringPerEvent}));
}

// With a culprit before all, which the receiver refuses for ever.
TEST_F(DeliveryWaits, HoweverLongAllIsRefusedOnlyTheCulpritDoesNotArrive) {
  for (const auto broken : {1s, 70s, 600s, 3600s}) {
    letters_.clear();
    const SteadyTime mended = clock_.steady() + broken;
    SlowDestination destination(clock_, [&](size_t, const std::string& events) {
      const bool refused = clock_.steady() < mended || events.find("bad") != std::string::npos;
      return SlowDestination::Answer{refused ? answered(Outcome::Verdict::refused, "HTTP 400")
                                             : accepted()};
    });
    bring(0, "bad");
    for (int i = 0; i < 1000; ++i)
      bring(0, "good");
    deliver(destination, broken + std::chrono::minutes(5), 1'000'000, nullptr);
    EXPECT_EQ(letters_, (std::vector<std::string>{"bad"})) << "after " << broken.count() << " s";
    EXPECT_TRUE(ledger_.is_idle());
  }
}

TEST_F(DeliveryWaits, ManyCulpritsOfALaneDoNotKeepTheOthersBack) {
  bool good_arrived = false;
  SlowDestination destination(clock_, [&](size_t, const std::string& events) {
    const bool bad = events.find("bad") != std::string::npos;
    good_arrived = good_arrived || !bad;
    return SlowDestination::Answer{bad ? answered(Outcome::Verdict::refused, "HTTP 400")
                                       : accepted()};
  });
  for (int i = 0; i < 1000; ++i)
    bring(0, "bad");
  on_wait_ = [&] {
    if (condition_.text().starts_with(kHeldDelivery) && sequence_ == 1000) bring(1, "good");
  };
  deliver(destination, std::chrono::minutes(2), 100'000, nullptr);
  EXPECT_EQ(sequence_, 1001u);
  EXPECT_TRUE(good_arrived);
}

TEST_F(DeliveryWaits, WhatComesAfterACulpritInAHoldIsSentAtOnce) {
  std::vector<SteadyTime> arrived;
  SlowDestination destination(clock_, [&](size_t, const std::string& events) {
    const bool bad = events.find("bad") != std::string::npos;
    if (!bad) arrived.push_back(clock_.steady());
    return SlowDestination::Answer{bad ? answered(Outcome::Verdict::refused, "HTTP 400")
                                       : accepted()};
  });
  bring(0, "bad");
  std::vector<std::string> next = {"good", "bad"};
  std::optional<SteadyTime> brought;
  on_wait_ = [&] {
    if (next.empty() || !condition_.text().starts_with(kHeldDelivery)) return;
    bring(0, next.back());
    next.pop_back();
    brought = clock_.steady();
  };
  deliver(destination, std::chrono::minutes(2), 100'000, nullptr);
  ASSERT_TRUE(brought);
  ASSERT_EQ(arrived.size(), 1u);
  EXPECT_LT(arrived[0] - *brought, 1s);
}

// A proxy that is broken now this way, now that, shows no more than one that always says the same.
TEST_F(DeliveryWaits, ARefusalBetweenFailuresIsNotBelievedWhileNothingIsAccepted) {
  bool good = true;
  std::mt19937_64 random(7);
  SlowDestination destination(clock_, [&](size_t, const std::string&) {
    if (good) return SlowDestination::Answer{accepted()};
    return SlowDestination::Answer{random() % 4 == 0
                                       ? answered(Outcome::Verdict::retry, "HTTP 503")
                                       : answered(Outcome::Verdict::refused, "HTTP 400")};
  });
  bring(0, "good");
  on_wait_ = [&] {
    if (destination.waits.size() != 2) return;
    good = false;
    for (int i = 0; i < 1000; ++i)
      bring(static_cast<size_t>(i % 2), "e" + std::to_string(i));
  };
  deliver(destination, std::chrono::hours(6), 100'000, nullptr);
  EXPECT_LE(letters_.size(), 3u);
}

}  // namespace waltrack
