#include "pipeline/letter_replay.hpp"

#include <atomic>
#include <exception>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <pthread.h>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/wakeup.hpp"
#include "model/progress.hpp"
#include "pipeline/lane_batches.hpp"
#include "pipeline/user_lanes.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::json;

constexpr size_t kFlushBytes = 64 * 1024;

// Fates on their way from the delivery thread to the one that owns the shelf.
class ReplayFates final : public EventFates {
 public:
  struct Told {
    std::vector<uint64_t> accepted;
    std::vector<std::pair<uint64_t, Refusal>> refused;
  };

  void accepted(std::span<const uint64_t> sequences) override {
    const std::lock_guard lock(mutex_);
    told_.accepted.insert(told_.accepted.end(), sequences.begin(), sequences.end());
  }
  void refused(uint64_t sequence, std::string, const Refusal& why) override {
    const std::lock_guard lock(mutex_);
    told_.refused.emplace_back(sequence, why);
  }
  Told take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(told_, {});
  }

 private:
  std::mutex mutex_;
  Told told_;  // guarded by mutex_
};

std::string text_of(const Json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// All whom the event names, as far as it tells.
EventUsers users_of(const std::string& text) {
  const Json event = Json::parse(text, nullptr, false);
  if (!event.is_object()) return event_users({});
  const std::string user = text_of(event, "userId");
  const std::string anonymous = text_of(event, "anonymousId");
  const std::string previous = text_of(event, "previousId");
  std::vector<std::string_view> others;
  if (text_of(event, "type") == "identify" && !user.empty() && !anonymous.empty()) {
    others.push_back(anonymous);
  }
  if (!previous.empty()) others.push_back(previous);
  return event_users({.user = user.empty() ? anonymous : user, .others = others});
}

class Replay {
 public:
  Replay(ReplayShelf& shelf, Destination& destination, const ReplaySettings& settings,
         const Clock& clock)
      : shelf_(shelf),
        settings_(settings),
        clock_(clock),
        lanes_(settings.lanes, settings.batch),
        batches_(lanes_),
        user_lanes_(settings.lanes),
        delivery_(lanes_, fates_, destination, condition_, clock, settings.delivery,
                  [this] { something_.wake(); }) {}

  ReplayEnd until(int stop_fd) {
    ReplayEnd end;
    {
      const std::jthread thread([this] { deliver(); });
      try {
        end = feed(stop_fd);
      } catch (...) {
        delivery_.stop();
        throw;
      }
      delivery_.stop();
    }
    tell_shelf();
    if (failed_) std::rethrow_exception(failure_);
    return end;
  }

 private:
  void deliver() {
    pthread_setname_np(pthread_self(), "delivery");
    try {
      delivery_.run();
    } catch (...) {
      failure_ = std::current_exception();
      failed_ = true;
      something_.wake();
    }
  }

  ReplayEnd feed(int stop_fd) {
    using Why = ReplayEnd::Why;
    SteadyTime progress_at = clock_.steady();
    while (!failed_) {
      const bool told = tell_shelf();
      if (fill() || told) progress_at = clock_.steady();
      if (next_ == shelf_.size() && open_.empty()) break;
      pollfd waiting[] = {{stop_fd, POLLIN, 0}, {something_.fd(), POLLIN, 0}};
      poll(waiting, std::size(waiting), 100);
      if (waiting[0].revents != 0) return {Why::stopped, {}};
      if (waiting[1].revents != 0) something_.drain();
      const std::string condition = condition_.text();
      if (condition.starts_with(kHeldDelivery)) return {Why::held, condition};
      if (clock_.steady() - progress_at >= settings_.patience) return {Why::away, condition};
    }
    return {};
  }

  // True when there was something to tell.
  bool tell_shelf() {
    const ReplayFates::Told told = fates_.take();
    if (!told.accepted.empty()) shelf_.accepted(told.accepted);
    for (const auto& [letter, why] : told.refused)
      shelf_.refused(letter, why);
    for (const uint64_t letter : told.accepted)
      close(letter);
    for (const auto& [letter, why] : told.refused)
      close(letter);
    return !told.accepted.empty() || !told.refused.empty();
  }

  void close(uint64_t letter) {
    const auto users = open_.extract(letter);
    user_lanes_.remove(users.mapped());
  }

  // Fills the lanes as far as memory goes. True when something went in and none was there.
  bool fill() {
    const bool idle = open_.empty();
    while (next_ < shelf_.size() && lanes_.bytes() < settings_.memory_bytes)
      push_some();
    return idle && !open_.empty();
  }

  void push_some() {
    size_t bytes = 0;
    for (; next_ < shelf_.size() && bytes < kFlushBytes; ++next_) {
      const std::optional<std::string> event = shelf_.event(next_);
      if (!event) continue;
      bytes += event->size();
      const EventUsers& users = open_[next_] = users_of(*event);
      const LaneSet lanes = user_lanes_.add(users);
      if (!batches_.takes(lanes)) batches_.push();
      batches_.add(lanes, next_, *event);
      user_lanes_.settle(users, lanes);
    }
    batches_.push();
    delivery_.wake();
  }

  ReplayShelf& shelf_;
  const ReplaySettings& settings_;
  const Clock& clock_;
  LaneQueues lanes_;
  ReplayFates fates_;
  DeliveryCondition condition_;
  Wakeup something_;
  std::atomic<bool> failed_ = false;
  std::exception_ptr failure_;  // when failed_

  // The feeding thread's own.
  LaneBatches batches_;
  UserLanes user_lanes_;
  size_t next_ = 0;                                // letter to be sent
  std::unordered_map<uint64_t, EventUsers> open_;  // letters that were sent and have no fate yet

  Delivery delivery_;
};

}  // namespace

ReplayEnd replay_letters(ReplayShelf& shelf, Destination& destination,
                         const ReplaySettings& settings, const Clock& clock, int stop_fd) {
  return Replay(shelf, destination, settings, clock).until(stop_fd);
}

}  // namespace waltrack
