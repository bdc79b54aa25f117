#include "segment/batch_text.hpp"

#include <isa-l/igzip_lib.h>

#include "base/error.hpp"
#include "base/iso8601.hpp"

namespace waltrack {
namespace {

// Of events, which repeat so much of each other, higher levels make hardly less.
constexpr uint32_t kLevel = 1;

// What gzip adds to bytes that can't be made smaller: its header and trailer, and a header for each
// block of 64 kB.
constexpr size_t most_packed(size_t plain) {
  return plain + plain / 8192 + 64;
}

}  // namespace

BatchText::BatchText() : tables_(ISAL_DEF_LVL1_DEFAULT) {}

void BatchText::encode(std::string_view events, int64_t sent_at_us, std::string& out) {
  plain_.assign(R"({"batch":[)");
  plain_.append(events).append(R"(],"sentAt":")");
  append_iso8601_utc(plain_, sent_at_us);
  plain_.append(R"("})");

  const size_t most = most_packed(plain_.size());
  if (packed_.size() < most) packed_.resize(most);
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.hist_bits = 0;  // its own window; the call above leaves what lay there
  stream.level = kLevel;
  stream.level_buf = tables_.data();
  stream.level_buf_size = static_cast<uint32_t>(tables_.size());
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.next_in = reinterpret_cast<uint8_t*>(plain_.data());
  stream.avail_in = static_cast<uint32_t>(plain_.size());
  stream.next_out = packed_.data();
  stream.avail_out = static_cast<uint32_t>(packed_.size());
  // It fails only for want of room, which there is.
  if (const int fault = isal_deflate_stateless(&stream); fault != COMP_OK) {
    throw Error(ErrorKind::failure, "could not compress a batch (" + std::to_string(fault) + ")");
  }
  out.assign(reinterpret_cast<const char*>(packed_.data()), stream.total_out);
}

}  // namespace waltrack
