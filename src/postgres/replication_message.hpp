#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/lsn.hpp"

namespace waltrack {

// One message of a replication stream, as CopyData carries it (protocol chapter "Streaming
// Replication Protocol"): all numbers big-endian, times in microseconds since 2000-01-01.
struct ReplicationMessage {
  enum class Kind { data, keepalive };

  Kind kind = Kind::keepalive;
  Lsn start;                     // data ('w'): the position of its payload
  Lsn wal_end;                   // keepalive ('k'): everything before it was sent before it
  bool reply_requested = false;  // keepalive
  std::string_view payload;      // data: what the output plugin wrote; a view into `bytes`
};

// Throws an Error when the bytes are cut off or of an unknown kind.
ReplicationMessage parse_replication_message(std::string_view bytes);

// The client's status update ('r'). `confirmed` is what the server may forget.
std::string status_message(Lsn received, Lsn confirmed, int64_t utc_us, bool reply_requested);

}  // namespace waltrack
