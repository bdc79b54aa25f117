#include "pipeline/lane_batches.hpp"

#include <bit>

namespace waltrack {
namespace {

// Large enough to make a lock rare, small enough to fill batches well: lanes take whole pushes.
constexpr size_t kPushBytes = 64 * 1024;
constexpr size_t kPushEvents = 256;

}  // namespace

bool LaneBatches::takes(LaneSet lanes) const {
  return !full_ && (fence_.empty() || !std::has_single_bit(lanes));
}

EventBatch& LaneBatches::at(LaneSet lanes) {
  if (std::has_single_bit(lanes)) return fresh_[static_cast<size_t>(std::countr_zero(lanes))];
  fence_lanes_ |= lanes;
  return fence_;
}

void LaneBatches::add(LaneSet lanes, uint64_t sequence, std::string_view event) {
  EventBatch& batch = at(lanes);
  const size_t start = batch.open();
  batch.text.append(event);
  batch.close(sequence, start);
  note_growth(batch);
}

void LaneBatches::note_growth(const EventBatch& batch) {
  full_ = full_ || batch.text.size() >= kPushBytes || batch.count() >= kPushEvents;
}

void LaneBatches::push() {
  queues_.push(fresh_);
  if (!fence_.empty()) queues_.push_fence(fence_, fence_lanes_);
  fence_lanes_ = 0;
  full_ = false;
}

}  // namespace waltrack
