#include "pipeline/chunk_pace.hpp"

#include <algorithm>
#include <random>

namespace waltrack {

using namespace std::chrono_literals;

namespace {

constexpr size_t kFirstRows = 1000;
constexpr size_t kFewestBytes = 4096;
constexpr auto kSlow = 1000ms;  // to map a chunk
constexpr auto kQuick = 250ms;

}  // namespace

ChunkPace::ChunkPace(size_t target_bytes, uint32_t rows_per_s, SteadyTime now)
    : target_bytes_(target_bytes),
      rows_per_s_(rows_per_s),
      bytes_(target_bytes),
      due_(now),
      backoff_(200ms, 30s, std::random_device()()) {}

size_t ChunkPace::most_rows() const {
  size_t rows = kFirstRows;
  if (bytes_per_row_ > 0) {
    rows = static_cast<size_t>(static_cast<double>(bytes_) / bytes_per_row_);
  } else {
    rows = std::min(rows, bytes_ / 100);  // until it is known what a row takes
  }
  if (rows_per_s_ > 0) rows = std::min<size_t>(rows, rows_per_s_);
  return std::max<size_t>(rows, 1);
}

size_t ChunkPace::most_bytes() const {
  return bytes_ + bytes_ / 4;
}

void ChunkPace::asked(size_t most_rows, SteadyTime now) {
  if (rows_per_s_ == 0) return;
  due_ = std::max(due_, now) +
         std::chrono::duration_cast<SteadyTime::duration>(
             std::chrono::duration<double>(static_cast<double>(most_rows) / rows_per_s_));
}

void ChunkPace::read(size_t rows, size_t bytes) {
  backoff_.reset();
  if (rows == 0) return;
  const double now = static_cast<double>(bytes) / static_cast<double>(rows);
  bytes_per_row_ = bytes_per_row_ == 0 ? now : (bytes_per_row_ + now) / 2;
}

void ChunkPace::mapped(std::chrono::milliseconds took) {
  if (took > kSlow) bytes_ = std::max(bytes_ / 2, std::min(kFewestBytes, target_bytes_));
  if (took < kQuick) bytes_ = std::min(bytes_ * 2, target_bytes_);
}

void ChunkPace::failed(SteadyTime now) {
  bytes_ = std::max(bytes_ / 2, std::min(kFewestBytes, target_bytes_));
  due_ = now + backoff_.next();
}

}  // namespace waltrack
