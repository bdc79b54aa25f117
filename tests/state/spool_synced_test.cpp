// The end of what was synced divides damage, which is refused, from a torn tail, which is cut.

#include "state/spool_fixture.hpp"
#include "state/spool_format.hpp"
#include "state/watched_syncs.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

class SpoolSynced : public SpoolTest {
 protected:
  // Four events that were synced, and two that were not, in one segment.
  void SetUp() override {
    SpoolTest::SetUp();
    watched_syncs.skipped = true;
    {
      SpoolLog log = open();
      put(log, 0, kSynced);
      segment_ = segments().front();
      synced_bytes_ = fs::file_size(segment_);
      ASSERT_TRUE(log.append(events(kSynced, kAll)));
    }
    good_ = bytes_of(segment_);
    position_ = bytes_of(position());
    size_t offset = read_spool_header(good_).bytes;
    for (uint64_t n = 0; n <= kAll; ++n) {
      starts_.push_back(offset);
      std::string record;
      ASSERT_TRUE(append_spool_record(record, n, event(n)));
      offset += record.size();
    }
    ASSERT_EQ(starts_[kSynced], synced_bytes_);
    ASSERT_EQ(starts_[kAll], good_.size());
  }

  void TearDown() override {
    watched_syncs = {};
    SpoolTest::TearDown();
  }

  std::string position() const { return spool_path() + "/position"; }
  std::string cut() const { return segment_.string() + ".cut"; }

  // As a crash left it, but with these bytes.
  void restore(std::string_view bytes) const {
    fs::remove_all(spool_path());
    fs::create_directory(spool_path());
    overwrite(segment_, bytes);
    overwrite(position(), position_);
  }

  std::string flipped(size_t byte) const {
    std::string bytes = good_;
    bytes[byte] = static_cast<char>(bytes[byte] ^ 1 << byte % 8);
    return bytes;
  }

  // Opens it, and gives what the log said.
  std::string opened() const {
    testing::internal::CaptureStderr();
    open();
    return testing::internal::GetCapturedStderr();
  }

  static constexpr uint64_t kSynced = 4;
  static constexpr uint64_t kAll = 6;
  fs::path segment_;
  uint64_t synced_bytes_ = 0;
  std::string good_;
  std::string position_;
  std::vector<size_t> starts_;  // of the records, and the end
};

TEST_F(SpoolSynced, AFlippedBitInItIsRefusedAndNothingIsCut) {
  for (size_t byte = 0; byte < synced_bytes_ && !HasFailure(); ++byte) {
    SCOPED_TRACE("byte " + std::to_string(byte));
    const std::string bytes = flipped(byte);
    restore(bytes);
    const Error error = error_of([&] { open(); });
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_EQ(error.where(), segment_.string());
    EXPECT_NE(error.hint().find(segment_.filename().string() + ".damaged"), std::string::npos);
    EXPECT_EQ(bytes_of(segment_), bytes);
  }
}

TEST_F(SpoolSynced, AFlippedBitBehindItIsCutAndKept) {
  for (size_t byte = synced_bytes_; byte < good_.size() && !HasFailure(); ++byte) {
    SCOPED_TRACE("byte " + std::to_string(byte));
    const std::string bytes = flipped(byte);
    restore(bytes);
    const std::string said = opened();
    const uint64_t left = byte < starts_[kSynced + 1] ? kSynced : kSynced + 1;
    SpoolLog log = open();
    EXPECT_EQ(rest_of(log), events(0, left));
    EXPECT_EQ(bytes_of(cut()), bytes.substr(starts_[left]));
    EXPECT_NE(said.find("kept_as=" + cut()), std::string::npos) << said;
    EXPECT_EQ(said.find("not known"), std::string::npos) << said;
  }
}

TEST_F(SpoolSynced, AShorterFileIsRefusedAndALongerOneCut) {
  for (size_t bytes = 0; bytes < good_.size() && !HasFailure(); ++bytes) {
    SCOPED_TRACE("cut at byte " + std::to_string(bytes));
    restore(std::string_view(good_).substr(0, bytes));
    if (bytes < synced_bytes_) {
      const Error error = error_of([&] { open(); });
      EXPECT_EQ(error.kind(), ErrorKind::failure);
      EXPECT_EQ(error.where(), segment_.string());
      EXPECT_EQ(fs::file_size(segment_), bytes);
    } else {
      opened();
      SpoolLog log = open();
      EXPECT_EQ(rest_of(log), events(0, bytes < starts_[kSynced + 1] ? kSynced : kSynced + 1));
    }
  }
}

TEST_F(SpoolSynced, ItGrowsWithEachSyncAndEachStart) {
  for (const bool by_start : {false, true}) {
    restore(good_);
    {
      SpoolLog log = open();
      if (!by_start) put(log, kAll, kAll + 1);
    }
    const auto marks = decode_spool_position(bytes_of(position()));
    ASSERT_TRUE(marks);
    EXPECT_EQ(*marks, (SpoolMarks{0, 0, fs::file_size(segment_)}));
  }
}

TEST_F(SpoolSynced, ReleaseKeepsIt) {
  {
    SpoolLog log = open();
    log.release(2);
  }
  overwrite(segment_, flipped(starts_[3] + 20));
  EXPECT_EQ(error_of([&] { open(); }).where(), segment_.string());
}

TEST_F(SpoolSynced, ANewSegmentHasNoneBeforeItsFirstSync) {
  {
    SpoolLog log = open(kSmallMax);
    ASSERT_TRUE(log.append({{event(kAll, kWhole)}}));
  }
  const fs::path second = segments().back();
  ASSERT_NE(second, segment_);
  fs::resize_file(second, fs::file_size(second) - 1);
  EXPECT_EQ(opened().find("not known"), std::string::npos);
  {
    SpoolLog log = open();
    EXPECT_EQ(rest_of(log), events(0, kAll));
    put(log, kAll, kAll + 1);
  }
  fs::resize_file(second, fs::file_size(second) - 1);
  EXPECT_EQ(error_of([&] { open(); }).where(), second.string());
}

TEST_F(SpoolSynced, WithoutAWholePositionTheTailIsCutAndTheLogSaysWhatIsNotKnown) {
  const std::string of_version_one("WTSPOOLP\0\0\0\0\0\0\0\0\1\2\3\4\5\6\7\x8", 24);
  for (const std::string& bytes : {std::string(), position_.substr(0, 39), of_version_one}) {
    restore(flipped(starts_[2] + 20));
    overwrite(position(), bytes);
    if (bytes.empty()) fs::remove(position());
    const std::string said = opened();
    EXPECT_NE(said.find("not known how much was synced"), std::string::npos) << said;
    EXPECT_EQ(bytes_of(cut()), flipped(starts_[2] + 20).substr(starts_[2]));
    SpoolLog log = open();
    EXPECT_EQ(rest_of(log), events(0, 2));
  }
}

TEST_F(SpoolSynced, OfASegmentThatIsGoneItIsIgnored) {
  store({0, 99, 1 << 20});
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), events(0, kAll));
}

TEST_F(SpoolSynced, ADamagedLastSegmentIsGivenUpAsTheHintSays) {
  for (const bool shorter : {false, true}) {
    for (const uint64_t left : {0u, 2u}) {
      SCOPED_TRACE((shorter ? "shorter, " : "flipped, ") + std::to_string(left));
      const std::string bytes =
          shorter ? good_.substr(0, starts_[left] + 20) : flipped(starts_[left] + 20);
      restore(bytes);
      const std::string marker = segment_.string() + ".damaged";
      const Error error = error_of([&] { open(); });
      ASSERT_NE(error.hint().find("cp " + segment_.string() + " " + marker), std::string::npos);
      fs::copy_file(segment_, marker);
      EXPECT_NE(opened().find("as was accepted"), std::string::npos);
      {
        SpoolLog log = open();
        put(log, 10, 12);
        auto expected = events(0, left);
        for (SpooledEvent& event : events(10, 12))
          expected.push_back(std::move(event));
        EXPECT_EQ(rest_of(log), expected);
      }
      // What comes later is not given up with it.
      const fs::path last = segments().back();
      ASSERT_NE(last, segment_);
      fs::resize_file(last, fs::file_size(last) - 1);
      EXPECT_EQ(error_of([&] { open(); }).where(), last.string());
    }
  }
}

TEST_F(SpoolSynced, ALastSegmentWithADamagedHeaderIsGivenUpAsTheHintSays) {
  for (const std::string& bytes : {flipped(20), good_.substr(0, starts_[0] - 1)}) {
    restore(bytes);
    const std::string marker = segment_.string() + ".damaged";
    const Error error = error_of([&] { open(); });
    ASSERT_NE(error.hint().find("mv " + segment_.string() + " " + marker), std::string::npos);
    fs::rename(segment_, marker);
    SpoolLog log = open();
    EXPECT_TRUE(log.empty());
    put(log, 10, 12);
    EXPECT_EQ(rest_of(log), events(10, 12));
    EXPECT_FALSE(fs::exists(segment_)) << "the name stays with what was given up";
  }
}

TEST_F(SpoolSynced, WhatIsCutIsNotCountedAndAnOlderCopyGoes) {
  overwrite(cut(), std::string(10'000, 'x'));
  overwrite(segment_, good_ + "torn");
  opened();
  EXPECT_EQ(bytes_of(cut()), "torn");
  EXPECT_EQ(open().bytes(), good_.size());
}

TEST_F(SpoolSynced, ATailThatCannotBeKeptIsCutAllTheSame) {
  fs::create_directory(cut());
  overwrite(segment_, good_ + "torn");
  const std::string said = opened();
  EXPECT_NE(said.find("cut_bytes=4"), std::string::npos) << said;
  EXPECT_EQ(said.find(cut()), std::string::npos) << said;
  EXPECT_EQ(bytes_of(segment_), good_);
}

class SpoolFolder : public SpoolTest {};

TEST_F(SpoolFolder, WithOtherFilesIsRefusedBeforeAnythingIsMadeInIt) {
  fs::create_directory(spool_path());
  for (const char* name : {"tracks.yaml", "a.damaged", "x.spool.old", "positions"}) {
    overwrite(spool_path() + "/" + name, "mine");
    const Error error = error_of([&] { open(); });
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.where(), spool_path());
    EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    EXPECT_NE(error.hint().find("spool.path"), std::string::npos);
    fs::remove(spool_path() + "/" + name);
    EXPECT_TRUE(fs::is_empty(spool_path()));
  }
}

TEST_F(SpoolFolder, MayHoldWhatIsASpools) {
  {
    SpoolLog log = open();
    put(log, 0, 2);
  }
  for (const char* name : {"unfinished", "7.spool", "00000000000000000009.spool.damaged",
                           "00000000000000000009.spool.cut"})
    overwrite(spool_path() + "/" + name, "x");
  fs::create_directory(spool_path() + "/lost+found");
  SpoolLog log = open();
  EXPECT_EQ(rest_of(log), events(0, 2));
}

}  // namespace
}  // namespace waltrack
