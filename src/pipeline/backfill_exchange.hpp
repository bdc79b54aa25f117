#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/backfill.hpp"

namespace waltrack {

// What passes between the state thread, which reads requests from the store and saves steps, and
// the capture thread, which takes requests up and makes steps. Any thread may call.
class BackfillExchange {
 public:
  // Requests that the capture thread has not seen; it may be shown one more than once.
  void bring(std::vector<BackfillRequest> requests);
  std::vector<BackfillRequest> take_requests();
  bool has_requests() const { return waiting_.load(); }

  // These steps are on disk; they come in the order in which they were made.
  void saved(std::span<const BackfillStep> steps);
  uint64_t saved_steps() const { return saved_.load(std::memory_order_acquire); }

  // What the store has of a table's backfill that this run had to do with; by the table's full
  // name.
  std::map<std::string, BackfillProgress> stored() const;

 private:
  mutable std::mutex mutex_;
  std::vector<BackfillRequest> requests_;           // guarded by mutex_
  std::map<std::string, BackfillProgress> stored_;  // guarded by mutex_
  std::atomic<bool> waiting_ = false;
  std::atomic<uint64_t> saved_ = 0;
};

}  // namespace waltrack
