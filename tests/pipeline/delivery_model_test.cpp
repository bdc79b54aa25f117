#include <algorithm>
#include <bit>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

#include "pipeline/delivery.hpp"
#include "pipeline/fake_spool.hpp"
#include "pipeline/fakes.hpp"
#include "pipeline/lane_batches.hpp"
#include "pipeline/stream_fates.hpp"
#include "pipeline/user_lanes.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

struct ModelOptions {
  bool poison = false;   // some events are never taken
  bool fences = false;   // some name two users
  bool noise = false;    // any request may fail, or be refused, by chance; or be taken all the same
  bool outages = false;  // for a while: nobody answers, the key is wrong
  bool broken = false;   // for a while: every event is refused
  bool spool = false;    // there is one, with room for some
};

// Random events of a few users go through the real delivery to a receiver with moods, all in one
// thread and in time that jumps. Checked: every event but the poison arrives, one user's in order;
// poison never does, and becomes a dead letter; nothing is finished that is neither at the
// receiver, nor a dead letter that is stored, nor in the spool.
class DeliveryModel final : public Destination {
 public:
  DeliveryModel(uint64_t seed, ModelOptions options)
      : random_(seed),
        options_(options),
        queues_(1 + dice(8), kLimits),
        store_(4'000),
        delivery_(
            queues_, fates_, *this, condition_, clock_,
            {.first_backoff = 10ms, .backoff_cap = 100ms, .probe_interval = 1000ms, .seed = seed},
            [] {}, options.spool ? &spooler_ : nullptr) {
    rule_.table = "public.t";
    rule_.id = "identify";
  }

  void run() {
    delivery_.run();
    ASSERT_TRUE(is_over()) << "some event has no end";
    for (size_t event = 0; event < kEvents; ++event) {
      EXPECT_TRUE(received_.contains(event) != dead_.contains(event) ||
                  (dead_.contains(event) && broken_times_ > 0))
          << event;
      if (poison_.contains(event)) {
        EXPECT_FALSE(received_.contains(event)) << event;
      } else if (dead_.contains(event)) {
        ++wronged_;
      }
    }
    // A receiver that was broken for a moment, and nothing else, may cost a few.
    EXPECT_LE(wronged_, broken_times_ * (Delivery::kMostInARow + Delivery::kMostLoneCulprits));
    spooled_ = store_.ever();
    release_users();
    EXPECT_EQ(user_lanes_.size() > 0, !ledger_.is_idle()) << "they are not those on the way";
  }
  uint64_t spooled() const { return spooled_; }
  uint64_t fences() const { return fences_; }

  // Destination
  void send(size_t lane, std::string_view events) override {
    std::vector<size_t>& numbers = in_flight_[lane];
    ASSERT_TRUE(numbers.empty()) << "two requests of one lane";
    for (size_t at = 0; at < events.size();) {
      const size_t end = std::min(events.find(',', at), events.size());
      numbers.push_back(number_in(events.substr(at, end - at)));
      at = end + 1;
    }
  }

  void wait(std::chrono::milliseconds timeout, std::vector<Outcome>& outcomes) override {
    if (++waits_ > 200'000) {
      ADD_FAILURE() << "it goes on for ever";
      return delivery_.stop();
    }
    store_letters();
    check_what_is_finished();
    write_some();
    change_mood();
    std::vector<size_t> lanes;
    for (const auto& [lane, numbers] : in_flight_) {
      if (!numbers.empty()) lanes.push_back(lane);
    }
    std::shuffle(lanes.begin(), lanes.end(), random_);
    if (!lanes.empty()) lanes.resize(1 + dice(lanes.size()));
    for (const size_t lane : lanes) {
      Outcome outcome = answer(in_flight_[lane]);
      outcome.lane = lane;
      in_flight_[lane].clear();
      outcomes.push_back(std::move(outcome));
    }
    clock_.pass(lanes.empty() ? std::clamp(timeout, 1ms, 50ms) : 1ms);
    if (is_over()) delivery_.stop();
  }
  void wake() override {}

 private:
  enum class Mood { fine, away, wrong_key, broken };
  static constexpr size_t kEvents = 400;
  static constexpr int kUsers = 7;
  static constexpr BatchLimits kLimits{.bytes = 400, .events = 30};

  size_t dice(size_t sides) { return random_() % sides; }
  bool chance(int percent) { return dice(100) < static_cast<size_t>(percent); }
  static std::string text_of(size_t event) { return "e" + std::to_string(event); }
  static size_t number_in(std::string_view text) { return std::stoul(std::string(text.substr(1))); }

  bool is_over() const {
    return next_ >= kEvents && received_or_dead_ >= kEvents &&
           (!options_.spool || (store_.empty() && ledger_.is_idle()));
  }

  // As the state thread does, some time later.
  void store_letters() {
    if (chance(50)) return;
    std::vector<uint64_t> stream, spooled;
    for (DeadLetterQueue::Item& item : dead_letters_.take_all()) {
      const size_t event = number_in(item.letter.payload);
      EXPECT_EQ(item.letter.position.lsn, Lsn{event + 1});
      EXPECT_TRUE(dead_.insert(event).second) << event << " died twice";
      if (event < kEvents && !received_.contains(event)) ++received_or_dead_;
      (item.spooled ? spooled : stream).push_back(item.sequence);
    }
    ledger_.finish(stream);
    dead_letters_.note_stored(spooled);
  }

  void check_what_is_finished() {
    const uint64_t through = ledger_.advance().checkpoint.lsn.value;  // event n is marked n + 1
    for (; checked_ < through; ++checked_) {
      EXPECT_TRUE(received_.contains(checked_) || dead_.contains(checked_) ||
                  store_.holds(text_of(checked_)))
          << checked_ << " is lost";
    }
  }

  // As the outbox does. Behind those that count others come until all have ended.
  void write_some() {
    if (waits_ > kEvents && chance(90)) return;
    // With what is remembered of events that were accepted behind others.
    if (options_.spool && queues_.bytes() + spooler_.memory_bytes() > 30'000) return;
    release_users();
    for (size_t more = dice(12); more > 0; --more, ++next_) {
      std::vector<int>& users = users_[next_];
      users.push_back(static_cast<int>(dice(kUsers)));
      if (options_.fences && chance(15)) users.push_back(static_cast<int>(dice(kUsers)));
      if (options_.fences && chance(5)) users.push_back(static_cast<int>(dice(kUsers)));
      if (options_.poison && next_ < kEvents && chance(6)) poison_.insert(next_);
      EventUsers named;
      for (size_t i = 0; i < users.size(); ++i)
        named.digests[i] = static_cast<uint32_t>(users[i]) + 1;
      const LedgerEntry entry{.rule = &rule_,
                              .commit_lsn = Lsn{next_ + 1},
                              .lsn = Lsn{next_ + 1},
                              .mark_after = Lsn{next_ + 1},
                              .users = named};
      ledger_.append({}, {&entry, 1});
      const LaneSet lanes = user_lanes_.add(named);
      if (!batches_.takes(lanes)) batches_.push();
      batches_.add(lanes, next_, text_of(next_));
      user_lanes_.settle(named, lanes);
      if (!std::has_single_bit(lanes)) ++fences_;
    }
    batches_.push();
  }

  void release_users() {
    ledger_.take_finished(finished_);
    for (const EventUsers& users : finished_)
      user_lanes_.remove(users);
  }

  void change_mood() {
    if (mood_ != Mood::fine && chance(options_.spool ? 3 : 10)) mood_ = Mood::fine;
    if (mood_ != Mood::fine || !chance(3)) return;
    if (options_.outages) mood_ = chance(50) ? Mood::away : Mood::wrong_key;
    if (options_.broken && chance(50)) {
      mood_ = Mood::broken;
      ++broken_times_;
    }
  }

  Outcome answer(const std::vector<size_t>& events) {
    const bool poisoned =
        std::any_of(events.begin(), events.end(), [&](size_t e) { return poison_.contains(e); });
    if (mood_ == Mood::away) return answered(Outcome::Verdict::retry, "no answer");
    if (mood_ == Mood::wrong_key) return answered(Outcome::Verdict::hold, "HTTP 401");
    if (mood_ == Mood::broken || poisoned) return answered(Outcome::Verdict::refused, "HTTP 400");
    if (options_.noise && chance(8)) return answered(Outcome::Verdict::refused, "HTTP 413");
    if (options_.noise && chance(8)) return answered(Outcome::Verdict::retry, "HTTP 500");
    for (const size_t event : events)
      receive(event);
    if (options_.noise && chance(8)) return answered(Outcome::Verdict::retry, "reset");
    return waltrack::accepted();
  }

  void receive(size_t event) {
    if (!received_.insert(event).second) return;
    if (event < kEvents && !dead_.contains(event)) ++received_or_dead_;
    for (const int user : users_[event]) {
      EXPECT_TRUE(newest_[user] <= event) << event << " of user " << user << " came late";
      newest_[user] = event;
    }
  }

  std::mt19937_64 random_;
  const ModelOptions options_;
  FakeClock clock_;
  DeliveryCondition condition_;
  Rule rule_;
  LaneQueues queues_;
  LaneBatches batches_{queues_};
  UserLanes user_lanes_{queues_.lanes()};
  std::vector<EventUsers> finished_;
  uint64_t fences_ = 0;
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  StreamFates fates_{ledger_, dead_letters_};
  FakeSpool store_;
  Spooler spooler_{
      {.store = &store_, .after = 1s}, queues_, ledger_, dead_letters_, kLimits, clock_};
  Delivery delivery_;

  size_t next_ = 0;
  size_t received_or_dead_ = 0;
  size_t checked_ = 0;
  size_t waits_ = 0;
  Mood mood_ = Mood::fine;
  int broken_times_ = 0;
  int wronged_ = 0;
  uint64_t spooled_ = 0;
  std::map<size_t, std::vector<int>> users_;
  std::set<size_t> poison_;
  std::map<size_t, std::vector<size_t>> in_flight_;
  std::set<size_t> received_;
  std::set<size_t> dead_;
  std::map<int, size_t> newest_;
};

uint64_t number_of(const char* variable, uint64_t standard) {
  const char* text = std::getenv(variable);
  return text == nullptr ? standard : std::strtoull(text, nullptr, 10);
}

// Gives how many events went through the spool, in all.
uint64_t run_seeds(ModelOptions options) {
  uint64_t spooled = 0;
  uint64_t fences = 0;
  const uint64_t one = number_of("WALTRACK_SEED", 0);
  const uint64_t seeds = one != 0 ? 1 : number_of("WALTRACK_SEEDS", 200);
  for (uint64_t i = 1; i <= seeds; ++i) {
    const uint64_t seed = one != 0 ? one : i;
    SCOPED_TRACE("WALTRACK_SEED=" + std::to_string(seed));
    DeliveryModel model(seed, options);
    model.run();
    spooled += model.spooled();
    fences += model.fences();
    if (testing::Test::HasFailure()) break;
  }
  if (one == 0 && seeds >= 20) {
    EXPECT_EQ(fences > 0, options.fences) << "nobody had events in two lanes";
  }
  return spooled;
}

}  // namespace

TEST(DeliveryModel, PoisonEndsAloneAndTheRestArrivesInOrder) {
  run_seeds({.poison = true, .fences = true});
}

TEST(DeliveryModel, AReceiverThatFailsByChanceCostsNothing) {
  run_seeds({.poison = true, .fences = true, .noise = true});
}

TEST(DeliveryModel, OutagesAndWrongKeysCostNothing) {
  run_seeds({.poison = true, .fences = true, .noise = true, .outages = true});
}

TEST(DeliveryModel, AReceiverThatRefusesAllForAWhileCostsNextToNothing) {
  run_seeds({.poison = true, .fences = true, .noise = true, .outages = true, .broken = true});
}

TEST(DeliveryModel, WithoutPoisonARefusalOfAllIsSurvivedInOrder) {
  run_seeds({.fences = true, .broken = true});
}

TEST(DeliveryModel, TheSpoolKeepsTheOrderAndLosesNothing) {
  EXPECT_GT(run_seeds({.poison = true,
                       .fences = true,
                       .noise = true,
                       .outages = true,
                       .broken = true,
                       .spool = true}),
            0u);
}

}  // namespace waltrack
