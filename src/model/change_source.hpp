#pragma once

#include <chrono>

#include "model/change.hpp"
#include "model/followed.hpp"
#include "model/lsn.hpp"
#include "model/timeline_history.hpp"

namespace waltrack {

// One thing that a source hands out.
struct StreamItem {
  enum class Kind { begin, change, commit, keepalive };

  Kind kind = Kind::keepalive;
  Transaction transaction;  // begin; the same again on its changes and its commit
  Change change;            // change
  // commit: the end of the commit record (of a message that is a transaction of its own: of its
  // record), which may be confirmed once the transaction is safe.
  // keepalive: everything before it was sent before it, so it may be confirmed once that is safe.
  Lsn end_lsn;
  bool reply_requested = false;  // keepalive: the server wants a status soon
};

// A stream of committed changes from one slot. Belongs to the capture thread. Every function that
// talks to the server throws a transient Error when the connection is lost or the server goes away,
// and any other Error when coming back would not help.
class ChangeSource {
 public:
  virtual ~ChangeSource() = default;

  // Connects, checks that it is still the same server and starts streaming at `start`: transactions
  // whose commit record (or message) begins before it are left out. Closes what was open.
  virtual void open(Lsn start) = 0;
  virtual void close() = 0;

  // Of the stream that open() opened last.
  virtual StreamOrigin origin() const { return {}; }

  // The newest position that the server told in its stream; none: it told none. Any thread.
  virtual Lsn server_position() const { return {}; }

  // The next item, or false when nothing has arrived completely yet, or since the last wait() so
  // little that it was left to gather. Never blocks. Views in `item` hold until the next call.
  virtual bool next(StreamItem& item) = 0;

  // Sleeps until the server sent something, `wake_fd` becomes readable or `timeout` is over. With
  // `listen` false the server's data is left alone (back-pressure): only wake_fd and time count.
  virtual void wait(int wake_fd, std::chrono::milliseconds timeout, bool listen) = 0;

  // Reports `confirmed` as the position up to which everything is safe, if a report is due (every
  // 10 seconds at most, or when the position rose since the last and a second has passed) or `now`.
  // The server may forget everything before it.
  virtual void report(Lsn confirmed, bool now) = 0;

  // Asks the server for a keepalive, which an idle one sends only now and then, and reports
  // `confirmed` with it.
  virtual void ask_position(Lsn confirmed) = 0;

  // From the next open() on these are asked for. True when the open stream does not bring them:
  // then close and open it. Talks to nobody.
  virtual bool follow(const Followed& followed) = 0;

  // True when the server refuses new connections because it wants to shut down; asks it with a
  // connection of its own, for at most 3 seconds. A server that cannot be reached is not stopping.
  virtual bool server_is_stopping() = 0;
};

}  // namespace waltrack
