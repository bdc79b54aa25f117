#pragma once

#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "model/spool.hpp"

namespace waltrack {

// A spool in memory, of `most_bytes` of payloads.
class FakeSpool final : public SpoolStore {
 public:
  explicit FakeSpool(uint64_t most_bytes) : most_bytes_(most_bytes) {}

  bool append(std::span<const SpooledEvent> events) override {
    if (disk_full) throw Error(ErrorKind::transient, "no space left", "spool", "make room");
    size_t more = 0;
    for (const SpooledEvent& event : events)
      more += event.payload.size();
    if (!events_.empty() && bytes() + more > most_bytes_) return false;
    for (const SpooledEvent& event : events)
      events_.push_back({next_++, event});
    return true;
  }
  void sync() override {
    safe_ = next_;
    ++syncs;
  }
  std::vector<ReadEvent> read(size_t most_bytes) override {
    std::vector<ReadEvent> read;
    size_t bytes = 0;
    for (const ReadEvent& event : events_) {
      if (event.number < given_ || event.number >= safe_ || bytes >= most_bytes) continue;
      bytes += event.event.payload.size();
      read.push_back(event);
    }
    if (!read.empty()) given_ = read.back().number + 1;
    return read;
  }
  void release(uint64_t number) override {
    while (!events_.empty() && events_.front().number < number)
      events_.pop_front();
  }
  bool empty() const override { return events_.empty(); }
  uint64_t events() const override { return events_.size(); }
  uint64_t bytes() const override {
    uint64_t bytes = 0;
    for (const ReadEvent& event : events_)
      bytes += event.event.payload.size();
    return bytes;
  }
  uint64_t max_bytes() const override { return most_bytes_; }

  // An event with this payload is in it, and safe.
  bool holds(std::string_view payload) const {
    for (const ReadEvent& event : events_) {
      if (event.event.payload == payload && event.number < safe_) return true;
    }
    return false;
  }
  uint64_t ever() const { return next_; }
  // After a crash: what was not synced is gone, and all is read again.
  void reopen() {
    while (!events_.empty() && events_.back().number >= safe_)
      events_.pop_back();
    next_ = safe_;
    given_ = 0;
  }

  bool disk_full = false;
  size_t syncs = 0;

 private:
  const uint64_t most_bytes_;
  std::deque<ReadEvent> events_;
  uint64_t next_ = 0;
  uint64_t safe_ = 0;
  uint64_t given_ = 0;
};

}  // namespace waltrack
