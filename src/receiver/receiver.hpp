#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "receiver/failure_switch.hpp"
#include "receiver/inbox.hpp"
#include "receiver/receiver_stats.hpp"

namespace waltrack {

struct ReceiverSettings {
  std::string host = "127.0.0.1";
  int port = 0;           // 0: any that is free
  std::string ndjson;     // file for first-seen events; empty: none
  std::string write_key;  // the one that is let in; empty: any
  bool control = false;   // offer POST /control: for tests and demos
};

// A local receiver that speaks and judges as Segment's HTTP API does, and shows what Segment would
// lose without a word: POST /v1/batch, /v1/import, and /v1/identify, track, page, screen, group,
// alias; GET /stats and /healthz. Keeps, counts and shows events through an Inbox. Thread-safe.
class Receiver {
 public:
  // Reads the ids of an NDJSON file that exists, then binds and serves from threads of its own.
  // Throws an Error. `clock` and `observer` (may be null) must outlive this.
  Receiver(const ReceiverSettings& settings, const Clock& clock,
           ReceiverObserver* observer = nullptr);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  int port() const;
  std::string url() const;        // "http://127.0.0.1:8091"
  std::string batch_url() const;  // with "/v1/batch": a destination.url

  void set_failure(const FailureSwitch& failure);
  ReceiverStats stats() const;

  // Answers what has arrived and closes everything; again does nothing. Counts stay.
  void stop();

 private:
  struct Serving;
  std::unique_ptr<Serving> serving_;
};

}  // namespace waltrack
