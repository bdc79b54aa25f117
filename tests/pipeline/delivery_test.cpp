#include "pipeline/delivery.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "pipeline/fakes.hpp"
#include "pipeline/lane_batches.hpp"
#include "pipeline/stream_fates.hpp"
#include "support/wait_until.hpp"

using namespace std::chrono_literals;

namespace waltrack {
namespace {

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() : rule_() {
    rule_.table = "public.t";
    rule_.id = "identify";
  }
  ~DeliveryTest() override { stop(); }

  // Queues one event of `user`; the text is the user's name.
  void queue(const std::string& user) { queue_text(user, user); }
  void queue_text(const std::string& user, const std::string& text) {
    const LedgerEntry entry{.rule = &rule_,
                            .commit_lsn = Lsn{sequence_ + 1},
                            .lsn = Lsn{sequence_ + 1},
                            .ordinal = 0,
                            .op = Op::insert,
                            .finished = false,
                            .mark_after = Lsn{sequence_ + 2}};
    ledger_.append({}, {&entry, 1});
    LaneBatches fresh(lanes_);
    fresh.add(LaneSet{1} << lane_of(user), sequence_++, text);
    fresh.push();
  }

  // Where the events of a user are sent if it is up to that one alone.
  size_t lane_of(const std::string& user) const {
    return event_users({.user = user}).digests[0] % lanes_.lanes();
  }
  std::string user_in_lane(size_t lane) const {
    std::string user = "u";
    while (lane_of(user) != lane)
      user.push_back('u');
    return user;
  }

  void start(DeliverySettings settings = {.first_backoff = 1ms,
                                          .backoff_cap = 2ms,
                                          .probe_interval = 5ms,
                                          .patience = 1ms}) {
    delivery_.emplace(lanes_, fates_, destination_, condition_, clock_, settings, [] {});
    thread_ = std::jthread([this] { delivery_->run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    delivery_->stop();
    thread_.join();
  }

  Rule rule_;
  uint64_t sequence_ = 0;
  SystemClock clock_;
  DeliveryCondition condition_;
  LaneQueues lanes_{4, {.bytes = 475'000, .events = 2500}};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  StreamFates fates_{ledger_, dead_letters_};
  FakeDestination destination_{[](size_t, const std::string&) { return accepted(); }};
  std::optional<Delivery> delivery_;
  std::jthread thread_;
};

}  // namespace

TEST_F(DeliveryTest, WhatGatheredWhileNothingWasSentTravelsTogether) {
  queue("a");
  queue("a");
  queue("a");
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.is_idle(); }));
  EXPECT_EQ(destination_.accepted(), (std::vector<std::string>{"a,a,a"}));
  EXPECT_EQ(lanes_.bytes(), 0u);
}

TEST_F(DeliveryTest, ABatchIsTriedUntilItIsAccepted) {
  int left = 5;
  destination_.set_answer([&](size_t, const std::string&) {
    return left-- > 0 ? answered(Outcome::Verdict::retry, "HTTP 503") : accepted();
  });
  queue("a");
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.is_idle(); }));
  EXPECT_EQ(destination_.attempts(), 6u);
  EXPECT_EQ(destination_.accepted(), (std::vector<std::string>{"a"}));
}

TEST_F(DeliveryTest, LaterEventsOfTheLaneWaitBehindARetry) {
  int left = 3;
  destination_.set_answer([&](size_t, const std::string&) {
    return left-- > 0 ? answered(Outcome::Verdict::retry, "HTTP 500") : accepted();
  });
  queue("a");
  start();
  ASSERT_TRUE(wait_until([&] { return destination_.attempts() > 0; }));
  queue("a");
  delivery_->wake();
  ASSERT_TRUE(wait_until([&] { return ledger_.is_idle(); }));
  EXPECT_EQ(destination_.accepted().front(), "a");
}

TEST_F(DeliveryTest, AHeldReceiverIsProbedAndNothingIsThrownAway) {
  destination_.set_answer([&](size_t, const std::string&) {
    Outcome outcome = answered(Outcome::Verdict::hold, "HTTP 401");
    outcome.hint = "check the write key";
    return outcome;
  });
  for (const char* user : {"a", "b", "c", "d", "e", "f"})
    queue(user);
  start();
  ASSERT_TRUE(wait_until([&] { return destination_.attempts() > 6; }));
  EXPECT_FALSE(condition_.is_flowing());
  EXPECT_EQ(condition_.text(), "held: HTTP 401 (check the write key)");
  EXPECT_EQ(ledger_.unfinished(), 6u);
  destination_.set_answer([](size_t, const std::string&) { return accepted(); });
  ASSERT_TRUE(wait_until([&] { return ledger_.is_idle(); }));
  ASSERT_TRUE(wait_until([&] { return condition_.is_flowing(); }));
}

TEST_F(DeliveryTest, OneSuccessWakesTheLanesThatBackOff) {
  std::atomic<bool> up = false;
  destination_.set_answer([&](size_t, const std::string&) {
    return up ? accepted() : answered(Outcome::Verdict::retry, "could not connect");
  });
  std::string other = "b";
  while (lane_of(other) == lane_of("a"))
    other.push_back('b');
  queue("a");
  start({.first_backoff = 1h, .backoff_cap = 1h, .probe_interval = 1h, .patience = 1ms});
  ASSERT_TRUE(wait_until([&] { return !condition_.is_flowing(); }));
  up = true;
  queue(other);
  delivery_->wake();
  ASSERT_TRUE(wait_until([&] { return ledger_.is_idle(); }));
  EXPECT_EQ(destination_.accepted(), (std::vector<std::string>{other, "a"}));
}

TEST_F(DeliveryTest, RetryAfterSilencesAllLanes) {
  FakeDestination silent([](size_t, const std::string&) {
    Outcome outcome = answered(Outcome::Verdict::retry, "HTTP 429");
    outcome.retry_after = 1h;
    return outcome;
  });
  queue("a");
  Delivery delivery(lanes_, fates_, silent, condition_, clock_,
                    {.first_backoff = 1ms, .backoff_cap = 1ms, .probe_interval = 1ms}, [] {});
  std::jthread thread([&] { delivery.run(); });
  ASSERT_TRUE(wait_until([&] { return !condition_.is_flowing(); }));
  const size_t attempts = silent.attempts();
  for (const char* user : {"b", "c", "d", "e", "f", "g"})
    queue(user);
  delivery.wake();
  EXPECT_FALSE(wait_until([&] { return silent.attempts() > attempts; }, 100ms));
  delivery.stop();
}

TEST_F(DeliveryTest, ABatchThatKeepsFailingBacksOffWhileOtherLanesGoOn) {
  const std::string poison = user_in_lane(0);
  const std::string good = user_in_lane(1);
  std::atomic<int> tries = 0;
  destination_.set_answer([&](size_t, const std::string& events) {
    if (!events.starts_with(poison)) return accepted();
    ++tries;
    return answered(Outcome::Verdict::retry, "HTTP 500");
  });
  queue(poison);
  start({.first_backoff = 1h, .backoff_cap = 1h, .probe_interval = 1h, .patience = 1ms});
  ASSERT_TRUE(wait_until([&] { return tries > 0; }));
  for (uint64_t sent = 1; sent <= 20; ++sent) {
    queue(good);
    delivery_->wake();
    ASSERT_TRUE(wait_until([&] { return delivery_->delivered_events() == sent; }));
  }
  EXPECT_LE(tries, 2);  // the second when the first success showed that the receiver answers
}

TEST_F(DeliveryTest, WhatWasSentBeforeARefusalDoesNotLiftTheHold) {
  const std::string refused = user_in_lane(0);
  std::atomic<int> tries = 0;
  destination_.set_answer([&](size_t, const std::string& events) {
    if (!events.starts_with(refused)) return accepted();
    ++tries;
    return answered(Outcome::Verdict::hold, "HTTP 400");
  });
  queue(refused);
  queue(user_in_lane(1));  // in flight at the same time, answered after it
  start({.first_backoff = 1ms, .backoff_cap = 1ms, .probe_interval = 1h, .patience = 1ms});
  ASSERT_TRUE(wait_until([&] { return delivery_->delivered_events() == 1; }));
  EXPECT_FALSE(wait_until([&] { return tries > 1 || condition_.is_flowing(); }, 100ms));
}

namespace {

Outcome refusal() {
  Outcome outcome = answered(Outcome::Verdict::refused, "HTTP 400");
  outcome.said = "it has no manners";
  return outcome;
}

}  // namespace

TEST_F(DeliveryTest, TheEventAtFaultBecomesADeadLetterAndTheRestArrives) {
  destination_.set_answer([](size_t, const std::string& events) {
    return events.find("poison") == std::string::npos ? accepted() : refusal();
  });
  queue_text("a", "a1");
  queue_text("a", R"({"messageId":"m7","poison":1})");
  queue_text("a", "a2");
  queue_text("a", "a3");
  start();
  std::vector<DeadLetterQueue::Item> dead;
  ASSERT_TRUE(wait_until([&] {
    for (DeadLetterQueue::Item& item : dead_letters_.take_all())
      dead.push_back(std::move(item));
    return !dead.empty() && ledger_.unfinished() == 1;
  }));
  EXPECT_EQ(destination_.accepted(), (std::vector<std::string>{"a1", "a2,a3"}));
  EXPECT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].sequence, 1u) << "unfinished until it is stored";
  const DeadLetter& letter = dead[0].letter;
  EXPECT_EQ(letter.payload, R"({"messageId":"m7","poison":1})");
  EXPECT_EQ(letter.message_id, "m7");
  EXPECT_EQ(letter.reason, "refused");
  EXPECT_EQ(letter.detail, "HTTP 400");
  EXPECT_EQ(letter.answer, "it has no manners");
  EXPECT_EQ(letter.position.rule, "identify");
  EXPECT_TRUE(condition_.is_flowing());
}

TEST_F(DeliveryTest, ALoneCulpritNeedsNoOtherOnceTheReceiverHasTakenSome) {
  destination_.set_answer([](size_t, const std::string& events) {
    return events == "poison" ? refusal() : accepted();
  });
  queue("a");
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.is_idle(); }));
  queue_text("a", "poison");
  delivery_->wake();
  ASSERT_TRUE(wait_until([&] { return dead_letters_.bytes() > 0; }));
  EXPECT_TRUE(condition_.is_flowing());
}

TEST_F(DeliveryTest, AReceiverThatNeverTookAnythingMakesNoDeadLetter) {
  std::atomic<bool> mending = false;
  bool mended = false;
  destination_.set_answer([&](size_t, const std::string& events) {
    mended = mended || (mending && events == "user-0");  // the first of a probe
    return mended ? accepted() : refusal();
  });
  for (int i = 0; i < 40; ++i)
    queue("user-" + std::to_string(i));
  start();
  ASSERT_TRUE(wait_until([&] { return !condition_.is_flowing(); }));
  EXPECT_EQ(condition_.text().substr(0, 60),
            "held: every event is refused with HTTP 400: it has no manner");
  const size_t attempts = destination_.attempts();
  ASSERT_TRUE(wait_until([&] { return destination_.attempts() > attempts + 20; })) << "it probes";
  EXPECT_EQ(dead_letters_.bytes(), 0u);
  mending = true;
  ASSERT_TRUE(wait_until([&] { return ledger_.is_idle() && condition_.is_flowing(); }));
  EXPECT_EQ(dead_letters_.bytes(), 0u);
}

TEST_F(DeliveryTest, ABatchOfWhichNothingIsTakenHoldsUntilAnotherIs) {
  destination_.set_answer([](size_t, const std::string& events) {
    return events.find("poison") == std::string::npos ? accepted() : refusal();
  });
  const std::string bad = user_in_lane(0);
  queue(user_in_lane(1));
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.is_idle(); }));
  stop();
  queue_text(bad, "poison1");
  queue_text(bad, "poison2");
  start();
  ASSERT_TRUE(wait_until([&] { return !condition_.is_flowing(); }));
  EXPECT_EQ(dead_letters_.bytes(), 0u);
  queue(user_in_lane(1));
  delivery_->wake();
  ASSERT_TRUE(wait_until([&] { return condition_.is_flowing(); }));
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 2; }));
  EXPECT_EQ(dead_letters_.take_all().size(), 2u);
}

TEST_F(DeliveryTest, ABatchAtFaultWaitsForAnotherLaneAndHoldsNothing) {
  destination_.set_answer([](size_t, const std::string& events) {
    return events.find("poison") == std::string::npos ? accepted() : refusal();
  });
  queue_text(user_in_lane(0), "poison1");
  queue_text(user_in_lane(0), "poison2");
  start({.first_backoff = 1ms, .backoff_cap = 1ms, .probe_interval = 1h, .patience = 1h});
  ASSERT_TRUE(wait_until([&] { return destination_.attempts() > 2u * LaneWork::kMostTries; }));
  queue(user_in_lane(1));
  delivery_->wake();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 2; }));
  EXPECT_TRUE(condition_.is_flowing());
  ASSERT_TRUE(wait_until([&] { return dead_letters_.bytes() > 0; }));
  EXPECT_EQ(dead_letters_.take_all().size(), 2u);
}

}  // namespace waltrack
