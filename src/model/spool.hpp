#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/event_users.hpp"
#include "model/progress.hpp"

namespace waltrack {

// One event in the spool: all that is needed to send it after a restart, and to make a dead letter
// of it.
struct SpooledEvent {
  EventUsers users;
  std::string payload;  // the event's JSON object
  EventPosition position;
  int64_t commit_time_us = 0;
  std::string op;  // "insert", …

  bool operator==(const SpooledEvent&) const = default;
};

// One that was read back.
struct ReadEvent {
  uint64_t number = 0;  // its place in the spool, for release()
  SpooledEvent event;

  bool operator==(const ReadEvent&) const = default;
};

// Where events wait on this disk while the destination takes none. They come back in the order in
// which they went in. Events are numbered, rising; the numbers go on after a restart, with gaps
// perhaps. Belongs to one thread.
class SpoolStore {
 public:
  virtual ~SpoolStore() = default;

  // Adds events at the end; none of them is safe before sync(). False, and nothing is added, when
  // they don't fit into max_bytes(); an empty spool takes them whatever their size. Throws an
  // Error, transient when the disk is full: then none of these is added, and what was appended
  // before stays.
  [[nodiscard]] virtual bool append(std::span<const SpooledEvent> events) = 0;

  // What was appended is safe when this returns. When it throws an Error, all that was appended
  // since the last sync() is taken out again.
  virtual void sync() = 0;

  // The next events that are safe: as many as take up `most_bytes` in the spool, which is somewhat
  // more than their payloads, but at least one if there is one. Each is given once in the life of
  // this object. Throws an Error when they cannot be read; the next call begins with them again.
  virtual std::vector<ReadEvent> read(size_t most_bytes) = 0;

  // All events below `number` are done and need not be kept. A restart begins there, or somewhat
  // earlier. Events that are not safe yet stay.
  virtual void release(uint64_t number) = 0;

  // Of what is not released, safe or not.
  virtual bool empty() const = 0;
  virtual uint64_t events() const = 0;

  // On the disk, with what is released and still there; 0 when it is empty.
  virtual uint64_t bytes() const = 0;
  virtual uint64_t max_bytes() const = 0;
};

}  // namespace waltrack
