#pragma once

#include <string_view>

#include "model/change_source.hpp"

namespace waltrack {

// Turns the payloads of a replication stream (XLogData) into items. One decoder an output plugin,
// made anew for each connection; belongs to the capture thread. Hostile input never crashes it: a
// message that it cannot read is an Error that names the plugin and the LSN.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Reads one message that starts at `lsn` in the WAL. `message` may be forgotten afterwards. Only
  // after next() returned false.
  virtual void feed(std::string_view message, Lsn lsn) = 0;

  // The next item of the message, or false when it holds no more. Views in `item` hold until the
  // next call of either function; Table pointers as long as the decoder.
  virtual bool next(StreamItem& item) = 0;
};

}  // namespace waltrack
