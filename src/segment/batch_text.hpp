#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waltrack {

// Makes request bodies: the envelope around a batch's events, compressed. Keeps its buffers between
// batches. Belongs to one thread.
class BatchText {
 public:
  BatchText();

  // Replaces `out` by the gzip of `{"batch":[EVENTS],"sentAt":"…"}`. `events` are JSON objects
  // joined by commas. `sent_at_us` must be the time of this very attempt: Segment computes an
  // event's time as receivedAt − (sentAt − timestamp), so an old one would shift history.
  void encode(std::string_view events, int64_t sent_at_us, std::string& out);

 private:
  std::string plain_;
  std::vector<uint8_t> packed_;
  std::vector<uint8_t> tables_;  // the compressor's
};

}  // namespace waltrack
