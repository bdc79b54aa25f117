// What becomes of a spool whose files a crash or a bad disk changed: cut, or refused; never a wrong
// event.

#include <fcntl.h>
#include <random>
#include <unistd.h>

#include "state/spool_fixture.hpp"
#include "state/spool_format.hpp"
#include "state/watched_syncs.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

class SpoolDamage : public SpoolTest {
 protected:
  // Four small events in one segment.
  void SetUp() override {
    SpoolTest::SetUp();
    watched_syncs.skipped = true;
    SpoolLog log = open();
    put(log, 0, kEvents);
    segment_ = segments().front();
    good_ = bytes_of(segment_);
    size_t offset = read_spool_header(good_).bytes;
    for (uint64_t n = 0; n <= kEvents; ++n) {
      starts_.push_back(offset);
      std::string record;
      ASSERT_TRUE(append_spool_record(record, n, event(n)));
      offset += record.size();
    }
    ASSERT_EQ(starts_.back(), good_.size());
  }

  void TearDown() override {
    watched_syncs = {};
    SpoolTest::TearDown();
  }

  // A second segment, so that the first is not the last. It is full.
  void add_segment() {
    SpoolLog log = open(kSmallMax);
    ASSERT_TRUE(log.append(events(kEvents, kEvents + 2, kWhole)));
    log.sync();
    ASSERT_EQ(segments().size(), 2u);
  }

  void add_third_segment() {
    SpoolLog log = open(kSmallMax);
    put(log, kEvents + 2, kEvents + 4);
    ASSERT_EQ(segments().size(), 3u);
  }

  // How many whole records there are in so many bytes.
  uint64_t whole_records(size_t bytes) const {
    uint64_t count = 0;
    while (count < kEvents && starts_[count + 1] <= bytes)
      ++count;
    return count;
  }

  // Opens what was damaged behind `count` events, and goes on with it.
  void expect_cut_after(uint64_t count) {
    testing::internal::CaptureStderr();
    {
      SpoolLog log = open();
      EXPECT_EQ(rest_of(log), events(0, count));
      put(log, count, count + 1);
    }
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("a file of the spool"), std::string::npos) << said;
    SpoolLog again = open();
    EXPECT_EQ(rest_of(again), events(0, count + 1));
  }

  // Back to the state of SetUp(), but how much was synced is not known.
  void restore(std::string_view bytes) {
    for (const fs::path& segment : segments())
      fs::remove(segment);
    overwrite(segment_, bytes);
    fs::remove(spool_path() + "/position");
  }

  static constexpr uint64_t kEvents = 4;
  fs::path segment_;
  std::string good_;
  std::vector<size_t> starts_;  // of the records, and the end
};

TEST_F(SpoolDamage, ATornTailIsCut) {
  for (size_t bytes = 0; bytes < good_.size() && !HasFailure(); ++bytes) {
    SCOPED_TRACE("torn at byte " + std::to_string(bytes));
    if (std::find(starts_.begin(), starts_.end(), bytes) != starts_.end()) continue;
    restore(std::string_view(good_).substr(0, bytes));
    expect_cut_after(whole_records(bytes));
  }
}

TEST_F(SpoolDamage, ATailOfZerosOrGarbageIsCut) {
  std::mt19937 random(1);
  for (size_t bytes = starts_[2]; bytes < good_.size() && !HasFailure(); ++bytes) {
    SCOPED_TRACE("wrong from byte " + std::to_string(bytes));
    std::string zeros = good_;
    std::fill(zeros.begin() + bytes, zeros.end(), '\0');
    restore(zeros.append(bytes % 3 == 0 ? 10'000 : 0, '\0'));
    expect_cut_after(whole_records(bytes));
    std::string garbage = good_;
    for (size_t at = bytes; at < garbage.size(); ++at)
      garbage[at] = static_cast<char>(garbage[at] + 1 + random() % 255);
    restore(garbage);
    expect_cut_after(whole_records(bytes));
  }
}

TEST_F(SpoolDamage, TheLogTellsHowMuchWasCut) {
  overwrite(segment_, std::string_view(good_).substr(0, good_.size() - 1));
  store({0, 0, starts_[3]});
  testing::internal::CaptureStderr();
  open();
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("cut_bytes=" + std::to_string(good_.size() - 1 - starts_[3])),
            std::string::npos)
      << said;
  EXPECT_NE(said.find(segment_.string()), std::string::npos) << said;
}

TEST_F(SpoolDamage, AWholeSpoolIsNotCut) {
  testing::internal::CaptureStderr();
  { SpoolLog log = open(); }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(bytes_of(segment_), good_);
}

TEST_F(SpoolDamage, AFlippedBitInALastSegmentWithoutAPositionIsCutOrRefused) {
  const size_t header = starts_[0];
  for (size_t bit = 0; bit < good_.size() * 8 && !HasFailure(); ++bit) {
    SCOPED_TRACE("bit " + std::to_string(bit));
    std::string bytes = good_;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    restore(bytes);
    if (bit / 8 < header) {
      EXPECT_EQ(error_of([&] { open(); }).where(), segment_.string());
      EXPECT_EQ(bytes_of(segment_), bytes) << "it is left for those who look into it";
    } else {
      testing::internal::CaptureStderr();
      SpoolLog log = open();
      EXPECT_EQ(rest_of(log), events(0, whole_records(bit / 8)));
      testing::internal::GetCapturedStderr();
    }
  }
}

TEST_F(SpoolDamage, AFlippedBitBeforeTheLastSegmentIsRefused) {
  add_segment();
  for (size_t byte = 0; byte < good_.size() && !HasFailure(); ++byte) {
    SCOPED_TRACE("byte " + std::to_string(byte));
    std::string bytes = good_;
    bytes[byte] = static_cast<char>(bytes[byte] ^ 1 << byte % 8);
    overwrite(segment_, bytes);
    const Error error = error_of([&] { open(); });
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_EQ(error.where(), segment_.string());
    EXPECT_FALSE(error.hint().empty());
    if (byte >= starts_[0]) {
      const std::string place = "byte " + std::to_string(starts_[whole_records(byte)]) + " of " +
                                std::to_string(good_.size());
      EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << error.what();
    }
    EXPECT_EQ(bytes_of(segment_), bytes);
  }
}

TEST_F(SpoolDamage, ASegmentCutShortBeforeTheLastIsRefused) {
  add_segment();
  for (size_t bytes = 0; bytes < good_.size() && !HasFailure(); ++bytes) {
    SCOPED_TRACE("cut at byte " + std::to_string(bytes));
    overwrite(segment_, std::string_view(good_).substr(0, bytes));
    EXPECT_EQ(error_of([&] { open(); }).kind(), ErrorKind::failure);
  }
}

TEST_F(SpoolDamage, WhatAFailedWriteLeftBehindAWholeSegmentIsCut) {
  add_segment();
  std::string record;
  ASSERT_TRUE(append_spool_record(record, kEvents, event(77)));
  overwrite(segment_, good_ + record + "x");
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), joined(events(0, kEvents), events(kEvents, kEvents + 2, kWhole)));
  EXPECT_EQ(bytes_of(segment_), good_);
}

TEST_F(SpoolDamage, ADamagedSegmentIsGivenUpAsTheHintSays) {
  add_segment();
  std::string bytes = good_;
  bytes[starts_[2] + 20] ^= 1;
  overwrite(segment_, bytes);
  const Error error = error_of([&] { open(); });
  const std::string command = "cp " + segment_.string() + " " + segment_.string() + ".damaged";
  ASSERT_NE(error.hint().find(command), std::string::npos) << error.hint();
  fs::copy_file(segment_, segment_.string() + ".damaged");
  SpoolLog log = open();
  EXPECT_EQ(log.events(), 4u);
  const auto read = log.read(kSmallMax);
  ASSERT_EQ(read.size(), 4u);
  const auto expected = joined(events(0, 2), events(4, 6, kWhole));
  for (size_t i = 0; i < 4; ++i)
    EXPECT_EQ(read[i].event, expected[i]);
  log.release(read.back().number + 1);
  EXPECT_TRUE(log.empty());
  EXPECT_TRUE(segments().empty());
}

TEST_F(SpoolDamage, ASegmentWithADamagedHeaderIsGivenUpAsTheHintSays) {
  add_segment();
  add_third_segment();
  const fs::path middle = segments()[1];
  std::string bytes = bytes_of(middle);
  bytes[20] ^= 1;
  overwrite(middle, bytes);
  const Error error = error_of([&] { open(); });
  const std::string command = "mv " + middle.string() + " " + middle.string() + ".damaged";
  ASSERT_NE(error.hint().find(command), std::string::npos) << error.hint();
  fs::rename(middle, middle.string() + ".damaged");
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), joined(events(0, 4), events(6, 8)));
}

TEST_F(SpoolDamage, AMissingSegmentIsRefusedUntilItIsGivenUp) {
  add_segment();
  add_third_segment();
  const fs::path middle = segments()[1];
  fs::remove(middle);
  const Error error = error_of([&] { open(); });
  EXPECT_NE(std::string(error.what()).find("events 4 to 5"), std::string::npos) << error.what();
  const std::string marker = middle.string() + ".damaged";
  ASSERT_NE(error.hint().find("touch " + marker), std::string::npos) << error.hint();
  overwrite(marker, "");
  SpoolLog log = open();
  EXPECT_EQ(log.events(), 6u);
}

TEST_F(SpoolDamage, NumbersOfReleasedEventsAreNotGivenAgainWhenDamageTookThem) {
  {
    SpoolLog log = open();
    log.release(3);
  }
  overwrite(segment_, std::string_view(good_).substr(0, starts_[1] + 3));
  store({3, 0, 0});
  SpoolLog log = open();
  EXPECT_TRUE(log.empty());
  put(log, 10, 12);
  const auto read = log.read(1 << 20);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].number, 3u);
  EXPECT_EQ(read[0].event, event(10));
}

TEST_F(SpoolDamage, ReleasedSegmentsThatComeBackAreDeleted) {
  add_segment();
  {
    SpoolLog log = open();
    log.release(kEvents);
    EXPECT_EQ(segments().size(), 1u);
  }
  overwrite(segment_, good_.substr(0, good_.size() - 5));  // even one that has become short
  SpoolLog log = open();
  EXPECT_EQ(segments().size(), 1u);
  EXPECT_EQ(rest_of(log), events(4, 6, kWhole));
}

TEST_F(SpoolDamage, ARecordInAnotherRecordsPlaceIsNotTaken) {
  const std::string record = good_.substr(starts_[1], starts_[2] - starts_[1]);
  overwrite(segment_, good_ + record);
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), events(0, kEvents));
}

TEST_F(SpoolDamage, DamageWhileItIsOpenIsToldByEachRead) {
  SpoolLog log = open();
  const int fd = ::open(segment_.c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(pwrite(fd, "\xff", 1, static_cast<off_t>(starts_[2] + 15)), 1);
  close(fd);
  EXPECT_EQ(log.read(1 << 20).size(), 2u);
  for (int i = 0; i < 2; ++i) {
    const Error error = error_of([&] { log.read(1 << 20); });
    EXPECT_NE(std::string(error.what()).find("byte " + std::to_string(starts_[2])),
              std::string::npos);
  }
}

TEST_F(SpoolDamage, AnotherFormatVersionIsRefused) {
  for (const char version : {1, 3}) {
    std::string bytes = good_;
    bytes[8] = version;
    overwrite(segment_, bytes);
    const Error error = error_of([&] { open(); });
    EXPECT_NE(std::string(error.what()).find("format version " + std::to_string(version)),
              std::string::npos)
        << error.what();
    const std::string remedy = version == 1 ? "run the older waltrack" : "run the newer waltrack";
    EXPECT_NE(error.hint().find(remedy), std::string::npos) << error.hint();
    EXPECT_EQ(bytes_of(segment_), bytes);
  }
}

TEST_F(SpoolDamage, ARenamedSegmentIsRefused) {
  fs::rename(segment_, segment_.parent_path() / spool_segment_name(9));
  EXPECT_NE(std::string(error_of([&] { open(); }).what()).find(spool_segment_name(0)),
            std::string::npos);
}

TEST_F(SpoolDamage, OtherFilesAreLeftAlone) {
  for (const char* name : {"1.spool", "99999999999999999999.spool", "x.spool"})
    overwrite(spool_path() + "/" + name, "hello");
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), events(0, kEvents));
  EXPECT_EQ(bytes_of(spool_path() + "/1.spool"), "hello");
}

TEST_F(SpoolDamage, RandomBytesAreNeverEvents) {
  std::mt19937 random(2);
  for (int round = 0; round < 400 && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    // From nothing on; behind the magic; behind the header; behind a record.
    const size_t keep[] = {0, 12, starts_[0], starts_[1]};
    std::string bytes = good_.substr(0, keep[round % 4]);
    for (size_t length = random() % 2000; length > 0; --length)
      bytes.push_back(static_cast<char>(random() % (round % 3 == 0 ? 2 : 256)));
    restore(bytes);
    testing::internal::CaptureStderr();
    try {
      SpoolLog log = open();
      const auto found = rest_of(log);
      EXPECT_EQ(found, events(0, round % 4 == 3 ? 1 : 0));
    } catch (const Error& error) {
      EXPECT_LT(round % 4, 2) << error.describe();
    }
    testing::internal::GetCapturedStderr();
  }
}

}  // namespace
}  // namespace waltrack
