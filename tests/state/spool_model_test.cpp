#include <map>
#include <random>

#include "state/spool_fixture.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

// Seeded steps against what a spool should hold.
class SpoolModel : public SpoolTest {
 protected:
  uint64_t below(uint64_t limit) { return random_() % limit; }

  void append(uint64_t count, size_t payload_bytes) {
    if (!log_->append(events(end_, end_ + count, payload_bytes))) return;
    end_ += count;
    sizes_.resize(end_, payload_bytes);
  }

  void sync() {
    log_->sync();
    safe_ = end_;
  }

  void read(size_t most_bytes) {
    for (const ReadEvent& read : log_->read(most_bytes)) {
      ASSERT_EQ(read.number, given_);
      ASSERT_LT(given_, safe_);
      ASSERT_EQ(read.event, event(given_, sizes_[given_]));
      ++given_;
    }
  }

  void release(uint64_t number) {
    released_ = number;
    log_->release(number);
  }

  // Leaves what was safe and any part of the rest, which is in a segment of its own at times.
  void crash() {
    if (below(2) == 0) append(1, kWhole);
    sync();
    std::map<fs::path, uint64_t> safe_bytes;
    for (const fs::path& segment : segments())
      safe_bytes[segment] = fs::file_size(segment);
    append(1 + below(3), 500);
    log_.reset();
    const fs::path last = segments().back();
    const uint64_t safe = safe_bytes[last];
    fs::resize_file(last, safe + below(fs::file_size(last) - safe + 1));
    testing::internal::CaptureStderr();
    log_.emplace(spool_path(), kSmallMax, "wt-one");
    testing::internal::GetCapturedStderr();
    const uint64_t end = released_ + log_->events();
    ASSERT_GE(end, safe_);
    ASSERT_LE(end, end_);
    safe_ = end_ = end;
    sizes_.resize(end);
    given_ = released_;
  }

  void step() {
    const uint64_t choice = below(100);
    if (choice < 40) {
      if (below(60) == 0) append(1, kWhole);
      append(1 + below(5), below(20) == 0 ? kLarge : below(3000));
    } else if (choice < 60) {
      sync();
    } else if (choice < 85) {
      read(below(200'000));
    } else if (choice < 97) {
      release(released_ + below(given_ - released_ + 1));
    } else {
      crash();
    }
    ASSERT_EQ(log_->events(), end_ - released_);
    ASSERT_EQ(log_->empty(), end_ == released_);
  }

  std::mt19937 random_{6};
  std::optional<SpoolLog> log_;
  uint64_t released_ = 0, given_ = 0, safe_ = 0, end_ = 0;
  std::vector<size_t> sizes_;  // of each event's payload
};

TEST_F(SpoolModel, AgreesThroughReleasesAndCrashes) {
  log_.emplace(spool_path(), kSmallMax, "wt-one");
  for (int number = 0; number < 3000 && !HasFailure(); ++number) {
    SCOPED_TRACE("step " + std::to_string(number));
    step();
  }
  EXPECT_GT(released_, 1000u);
}

}  // namespace
}  // namespace waltrack
