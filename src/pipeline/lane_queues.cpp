#include "pipeline/lane_queues.hpp"

#include <utility>

namespace waltrack {

LaneQueues::LaneQueues(size_t lanes, BatchLimits limits)
    : limits_(limits), queues_(lanes), taken_(lanes), last_fence_(lanes) {}

bool LaneQueues::fits(const EventBatch& tail, const EventBatch& more) const {
  return tail.text.size() + 1 + more.text.size() <= limits_.bytes &&
         tail.count() + more.count() <= limits_.events;
}

void LaneQueues::append(EventBatch& tail, const EventBatch& more) {
  const size_t before = tail.cost();
  tail.append(more);
  bytes_.fetch_add(tail.cost() - before, std::memory_order_relaxed);
}

void LaneQueues::push(std::vector<EventBatch>& fresh) {
  const std::lock_guard lock(mutex_);
  for (size_t lane = 0; lane < fresh.size(); ++lane) {
    EventBatch& batch = fresh[lane];
    if (batch.empty()) continue;
    std::deque<Item>& queue = queues_[lane];
    if (!queue.empty() && queue.back().fence == 0 && fits(queue.back().batch, batch)) {
      std::string& text = queue.back().batch.text;
      // One that grows is likely to fill up, unless fences keep it small: its text is moved once
      // and not again and again.
      const bool free = queue.size() == 1 || queue[queue.size() - 2].fence == 0;
      if (free && text.capacity() < limits_.bytes) text.reserve(limits_.bytes);
      append(queue.back().batch, batch);
    } else {
      bytes_.fetch_add(batch.cost(), std::memory_order_relaxed);
      queue.push_back({std::exchange(batch, {}), 0});
    }
    batch.clear();
  }
}

void LaneQueues::push_fence(EventBatch& events, LaneSet lanes) {
  const std::lock_guard lock(mutex_);
  if (!join_fence(events, lanes)) {
    const uint64_t number = next_fence_++;
    const auto sender = static_cast<size_t>(std::countr_zero(lanes));
    fences_[number] = {sender, lanes};
    bytes_.fetch_add(events.cost(), std::memory_order_relaxed);
    for_each_lane(lanes, [&](size_t lane) {
      queues_[lane].push_back({lane == sender ? std::exchange(events, {}) : EventBatch{}, number});
      last_fence_[lane] = number;
    });
  }
  events.clear();
}

// Without this users who are in many lanes would be brought together one event at a time.
bool LaneQueues::join_fence(const EventBatch& events, LaneSet lanes) {
  const std::deque<Item>& some = queues_[static_cast<size_t>(std::countr_zero(lanes))];
  const uint64_t number = some.empty() ? 0 : some.back().fence;
  const auto found = fences_.find(number);
  if (found == fences_.end()) return false;
  Fence& fence = found->second;
  std::deque<Item>& sending = queues_[fence.sender];
  // One that is being sent has left nothing behind but its place.
  bool joins = !sending.empty() && sending.back().fence == number &&
               !sending.back().batch.empty() && fits(sending.back().batch, events);
  for_each_lane(lanes & fence.lanes,
                [&](size_t lane) { joins = joins && queues_[lane].back().fence == number; });
  for_each_lane(lanes & ~fence.lanes,
                [&](size_t lane) { joins = joins && last_fence_[lane] < number; });
  if (!joins) return false;
  append(sending.back().batch, events);
  for_each_lane(lanes & ~fence.lanes, [&](size_t lane) {
    queues_[lane].push_back({{}, number});
    last_fence_[lane] = number;
  });
  fence.lanes |= lanes;
  return true;
}

// Whether all lanes of the fence have come to it.
bool LaneQueues::stands_at(uint64_t number, const Fence& fence) const {
  bool all = true;
  for_each_lane(fence.lanes, [&](size_t lane) {
    const std::deque<Item>& queue = queues_[lane];
    all = all && taken_[lane] == 0 && !queue.empty() && queue.front().fence == number;
  });
  return all;
}

std::optional<LaneQueues::Taken> LaneQueues::take(size_t lane) {
  const std::lock_guard lock(mutex_);
  std::deque<Item>& queue = queues_[lane];
  if (queue.empty()) return std::nullopt;
  Item& first = queue.front();
  Taken taken{{}, LaneSet{1} << lane};
  if (first.fence != 0) {
    const Fence& fence = fences_.at(first.fence);
    if (fence.sender != lane || !stands_at(first.fence, fence)) return std::nullopt;
    taken.lanes = fence.lanes;
  }
  taken.events = std::move(first.batch);
  taken_[lane] += taken.events.cost();
  // A fence keeps its place in all of its lanes; nobody joins it any more.
  if (first.fence == 0) queue.pop_front();
  return taken;
}

bool LaneQueues::may_grow(size_t lane) const {
  const std::lock_guard lock(mutex_);
  return queues_[lane].size() <= 1;
}

std::vector<size_t> LaneQueues::lane_bytes() const {
  const std::lock_guard lock(mutex_);
  std::vector<size_t> bytes = taken_;
  for (size_t lane = 0; lane < queues_.size(); ++lane) {
    for (const Item& item : queues_[lane])
      bytes[lane] += item.batch.cost();
  }
  return bytes;
}

std::vector<EventBatch> LaneQueues::take_all() {
  const std::lock_guard lock(mutex_);
  std::vector<EventBatch> all;
  for (size_t lane = 0; lane < queues_.size(); ++lane) {
    for (Item& item : queues_[lane]) {
      if (!item.batch.empty()) all.push_back(std::move(item.batch));
    }
    queues_[lane].clear();
    taken_[lane] = 0;
  }
  fences_.clear();
  bytes_ = 0;
  return all;
}

void LaneQueues::finish(size_t lane) {
  const std::lock_guard lock(mutex_);
  bytes_.fetch_sub(std::exchange(taken_[lane], 0), std::memory_order_relaxed);
  std::deque<Item>& queue = queues_[lane];
  if (queue.empty() || queue.front().fence == 0) return;
  const auto fence = fences_.find(queue.front().fence);
  if (fence->second.sender != lane || !queue.front().batch.empty()) return;
  for_each_lane(fence->second.lanes, [&](size_t other) { queues_[other].pop_front(); });
  fences_.erase(fence);
}

}  // namespace waltrack
