#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "postgres/pg_connection.hpp"
#include "postgres/replication_message.hpp"

namespace waltrack {

// A slot's stream of messages over a connection in replication mode. Nothing here blocks but
// wait(). Belongs to one thread. A lost connection and the server's normal end of the stream are
// transient Errors.
class ReplicationStream {
 public:
  using Options = std::vector<std::pair<std::string, std::string>>;

  // START_REPLICATION. The server sends transactions whose commit record begins at `start` or after
  // it; with none, after the slot's confirmed position.
  ReplicationStream(PgConnection connection, const std::string& slot, Lsn start,
                    const Options& options);

  // The next message, or false when none has arrived completely, or since the last wait() too
  // little to be worth a look. Its payload holds until the next call.
  bool read(ReplicationMessage& message);

  // Puts a status update on its way. False when the server takes nothing at present.
  bool send_status(Lsn received, Lsn confirmed, bool reply_requested);

  // Sleeps until data arrives (with `listen`), `wake_fd` is readable or `timeout` is over; sends
  // meanwhile what is still on its way. It may `listen` only after a read() that was false: else
  // there may be data that has arrived.
  void wait(int wake_fd, std::chrono::milliseconds timeout, bool listen);

  PgConnection& connection() { return connection_; }

 private:
  void read_ahead();
  bool receive();
  [[noreturn]] void fail_at_end();
  void flush();

  struct FreeBuffer {
    void operator()(char* buffer) const;
  };

  PgConnection connection_;
  std::unique_ptr<char, FreeBuffer> buffer_;
  bool unsent_ = false;
  bool waited_ = true;   // since it received last
  int small_turns_ = 0;  // in which it takes in little, before the next wait
};

}  // namespace waltrack
