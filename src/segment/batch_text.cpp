#include "segment/batch_text.hpp"

#include <libdeflate.h>
#include <new>

#include "base/error.hpp"
#include "base/iso8601.hpp"

namespace waltrack {
namespace {

// The fastest level: events repeat so much of each other that higher ones gain little.
constexpr int kCompressionLevel = 1;

}  // namespace

void BatchText::Free::operator()(libdeflate_compressor* compressor) const {
  libdeflate_free_compressor(compressor);
}

BatchText::BatchText() : compressor_(libdeflate_alloc_compressor(kCompressionLevel)) {
  if (!compressor_) throw std::bad_alloc();
}

void BatchText::encode(std::string_view events, int64_t sent_at_us, std::string& out) {
  plain_.assign(R"({"batch":[)");
  plain_.append(events).append(R"(],"sentAt":")");
  append_iso8601_utc(plain_, sent_at_us);
  plain_.append(R"("})");

  out.resize(libdeflate_gzip_compress_bound(compressor_.get(), plain_.size()));
  const size_t length = libdeflate_gzip_compress(compressor_.get(), plain_.data(), plain_.size(),
                                                 out.data(), out.size());
  // Zero would mean that the buffer was too small, which the bound rules out.
  if (length == 0) throw Error(ErrorKind::failure, "could not compress a batch");
  out.resize(length);
}

}  // namespace waltrack
