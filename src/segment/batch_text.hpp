#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct libdeflate_compressor;

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
  struct Free {
    void operator()(libdeflate_compressor* compressor) const;
  };

  std::unique_ptr<libdeflate_compressor, Free> compressor_;
  std::string plain_;
};

}  // namespace waltrack
