#include "pipeline/lane_queues.hpp"

#include <functional>
#include <utility>

namespace waltrack {
namespace {

size_t cost(const EventBatch& batch) {
  return batch.text.size() + batch.sequences.size() * sizeof(uint64_t);
}

}  // namespace

LaneQueues::LaneQueues(size_t lanes, BatchLimits limits) : limits_(limits), queues_(lanes) {}

size_t LaneQueues::lane_of(std::string_view user) const {
  return std::hash<std::string_view>()(user) % queues_.size();
}

bool LaneQueues::fits(const EventBatch& tail, const EventBatch& more) const {
  return tail.text.size() + 1 + more.text.size() <= limits_.bytes &&
         tail.sequences.size() + more.sequences.size() <= limits_.events;
}

void LaneQueues::push(std::vector<EventBatch>& fresh) {
  const std::lock_guard lock(mutex_);
  for (size_t lane = 0; lane < fresh.size(); ++lane) {
    EventBatch& batch = fresh[lane];
    if (batch.empty()) continue;
    std::deque<EventBatch>& queue = queues_[lane];
    if (!queue.empty() && fits(queue.back(), batch)) {
      EventBatch& tail = queue.back();
      bytes_.fetch_add(cost(batch) + 1, std::memory_order_relaxed);  // 1: the comma
      // One that grows is likely to fill up: its text is moved once and not again and again.
      if (tail.text.capacity() < limits_.bytes) tail.text.reserve(limits_.bytes);
      tail.text.append(",").append(batch.text);
      tail.sequences.insert(tail.sequences.end(), batch.sequences.begin(), batch.sequences.end());
    } else {
      bytes_.fetch_add(cost(batch), std::memory_order_relaxed);
      queue.push_back(std::exchange(batch, {}));
    }
    batch.clear();
  }
}

std::optional<EventBatch> LaneQueues::take(size_t lane) {
  const std::lock_guard lock(mutex_);
  std::deque<EventBatch>& queue = queues_[lane];
  if (queue.empty()) return std::nullopt;
  EventBatch batch = std::move(queue.front());
  queue.pop_front();
  return batch;
}

void LaneQueues::release(const EventBatch& batch) {
  bytes_.fetch_sub(cost(batch), std::memory_order_relaxed);
}

}  // namespace waltrack
