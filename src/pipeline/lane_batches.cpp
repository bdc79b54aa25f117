#include "pipeline/lane_batches.hpp"

#include <algorithm>
#include <bit>

namespace waltrack {
namespace {

// Large enough to make a lock rare, small enough to fill batches well: lanes take whole pushes.
constexpr size_t kPushBytes = 64 * 1024;
constexpr size_t kPushEvents = 256;

}  // namespace

LaneBatches::LaneBatches(LaneQueues& queues)
    : queues_(queues),
      most_{.bytes = std::min(kPushBytes, queues.limits().bytes),
            .events = std::min(kPushEvents, queues.limits().events)},
      fresh_(queues.lanes()) {}

bool LaneBatches::takes(LaneSet lanes) const {
  if (full_) return false;
  return fence_.empty() || (!std::has_single_bit(lanes) && (lanes & fence_lanes_) != 0);
}

EventBatch& LaneBatches::at(LaneSet lanes) {
  if (std::has_single_bit(lanes)) return fresh_[static_cast<size_t>(std::countr_zero(lanes))];
  if (fence_.empty()) fence_lanes_ = 0;
  fence_lanes_ |= lanes;
  return fence_;
}

void LaneBatches::add(LaneSet lanes, uint64_t sequence, std::string_view event) {
  EventBatch& batch = at(lanes);
  const size_t start = batch.open();
  batch.text.append(event);
  close(batch, sequence, start);
}

void LaneBatches::close(EventBatch& batch, uint64_t sequence, size_t start) {
  batch.close(sequence, start);
  full_ = full_ || batch.text.size() >= most_.bytes || batch.count() >= most_.events;
}

void LaneBatches::push() {
  queues_.push(fresh_);
  if (!fence_.empty()) queues_.push_fence(fence_, fence_lanes_);
  full_ = false;
}

}  // namespace waltrack
