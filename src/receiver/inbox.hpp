#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "receiver/received_event.hpp"
#include "receiver/receiver_stats.hpp"
#include "receiver/seen_messages.hpp"

namespace waltrack {

class EventLog;

// Watches what a receiver gets. Called by many threads, one at a time, in the order of arrival and
// before the request is answered.
class ReceiverObserver {
 public:
  virtual ~ReceiverObserver() = default;

  // The events of one request; views hold during the call.
  virtual void events(std::span<const ReceivedEvent> events) = 0;
  virtual void rejected(int status, std::string_view reason) = 0;
};

// What a request was answered, and why.
struct Taken {
  int status = 200;
  std::string reason;
};

// The receiver behind its HTTP: judges events, tells duplicates, counts and keeps. Thread-safe.
class Inbox {
 public:
  // `ndjson` may be empty: events are kept nowhere. `observer` may be null; it and `clock` must
  // outlive this. Throws an Error when the file cannot be used.
  Inbox(const std::string& ndjson, const Clock& clock, ReceiverObserver* observer);
  ~Inbox();

  // Takes the body of one request: a batch when `single_type` is empty, else one event of that
  // type. First-seen events stand in the file when it returns 200.
  Taken take(std::string& body, std::string_view single_type, size_t wire_bytes);

  // Tells of a request that is refused without looking at its events.
  void reject(int status, std::string_view reason);
  // Counts a request. `failed`: it was not answered as it deserved.
  void count_answer(std::string_view answer, bool failed);

  ReceiverStats stats() const;

 private:
  Taken reject_locked(int status, std::string reason);
  bool keep(std::span<const ReceivedEvent> events, std::string& reason);

  const Clock& clock_;
  ReceiverObserver* const observer_;

  mutable std::mutex m_;  // guards all below
  std::unique_ptr<EventLog> log_;
  SeenMessages seen_;
  ReceiverStats stats_;
  std::string lines_;
};

}  // namespace waltrack
