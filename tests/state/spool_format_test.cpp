#include "state/spool_format.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

SpooledEvent example() {
  SpooledEvent event;
  event.users.digests = {0xa1b2c3d4, 0x0102, 0};
  event.payload = "{}";
  event.position = {Lsn{0x1122334455667788}, MessageKind::truncate, Lsn{9}, "t", 7, "r"};
  event.commit_time_us = -1;
  event.op = "op";
  return event;
}

std::string example_record(uint64_t number) {
  std::string record;
  EXPECT_TRUE(append_spool_record(record, number, example()));
  return record;
}

std::string_view body_of(std::string_view record) {
  return record.substr(kSpoolRecordPrefixBytes);
}

// These bytes lie on disks: another layout needs another format version.
TEST(SpoolFormat, HasTheBytesOfVersionTwo) {
  EXPECT_EQ(hex(encode_spool_header({"wt-1", 258})),
            "575453504f4f4c0a"
            "02000000"
            "0201000000000000"
            "04000000"
            "77742d31"
            "2b8cac7af26316fc");
  EXPECT_EQ(hex(example_record(5)),
            "c9f7101af6b7375e"
            "3f000000"
            "d4c3b2a1"
            "02010000"
            "00000000"
            "02"
            "8877665544332211"
            "0900000000000000"
            "07000000"
            "ffffffffffffffff"
            "01000000"
            "74"
            "01000000"
            "72"
            "02000000"
            "6f70"
            "02000000"
            "7b7d");
  EXPECT_EQ(hex(encode_spool_position({258, 257, 1029})),
            "575453504f4f5032"
            "0201000000000000"
            "0101000000000000"
            "0504000000000000"
            "103bb86a4fac0a53");
}

TEST(SpoolFormat, TheShortestSegmentOfVersionOneIsToldAsSuch) {
  const std::string start = std::string("WTSPOOL\n\1\0\0\0", 12).append(102 - 12, '\0');
  const SpoolHeaderReading reading = read_spool_header(start);
  EXPECT_EQ(reading.verdict, SpoolHeaderReading::Verdict::other_version);
  EXPECT_EQ(reading.version, 1u);
}

TEST(SpoolFormat, ABodyThatIsCutOrTooLongIsNone) {
  const std::string record = example_record(5);
  const std::string_view body = body_of(record);
  ASSERT_TRUE(decode_spool_body(body));
  for (size_t length = 0; length < body.size(); ++length)
    EXPECT_FALSE(decode_spool_body(body.substr(0, length))) << length;
  EXPECT_FALSE(decode_spool_body(std::string(body) + "x"));
}

TEST(SpoolFormat, ALengthThatIsALieIsNotFollowed) {
  const std::string record = example_record(5);
  const std::string body(body_of(record));
  for (const size_t at : {41u, 46u, 51u, 57u}) {  // the lengths of table, rule, op, payload
    std::string lie = body;
    lie.replace(at, 4, "\xff\xff\xff\xff");
    EXPECT_FALSE(decode_spool_body(lie)) << at;
  }
}

TEST(SpoolFormat, AnUnknownKindIsNone) {
  std::string body(body_of(example_record(5)));
  for (const char kind : {0, 5}) {
    body[12] = kind;
    EXPECT_FALSE(decode_spool_body(body));
  }
}

TEST(SpoolFormat, ARecordIsGoodUnderItsNumberOnly) {
  const std::string record = example_record(5);
  EXPECT_TRUE(is_spool_record(record, 5));
  EXPECT_FALSE(is_spool_record(record, 6));
}

TEST(SpoolFormat, NoBodyIsLongerThanTheBound) {
  const auto claim = [](std::string_view length) {
    return claimed_spool_body(std::string(8, 'c').append(length));
  };
  EXPECT_EQ(claim(std::string_view("\x00\x00\x00\x01", 4)), size_t{16} << 20);
  EXPECT_FALSE(claim(std::string_view("\x01\x00\x00\x01", 4)));
  EXPECT_FALSE(claim("\xff\xff\xff\xff"));
  EXPECT_FALSE(claim(std::string_view("\x00\x00\x00\x00", 4)));
  EXPECT_FALSE(claim("\x40"));
}

TEST(SpoolFormat, SegmentNamesSortAsTheirNumbers) {
  EXPECT_EQ(spool_segment_name(0), "00000000000000000000.spool");
  EXPECT_EQ(parse_spool_segment_name(spool_segment_name(~uint64_t{0})), ~uint64_t{0});
  EXPECT_LT(spool_segment_name(9), spool_segment_name(10));
  for (const char* name : {"0.spool", "0000000000000000000x.spool", "-0000000000000000001.spool",
                           "00000000000000000000.spoo1", "99999999999999999999.spool"})
    EXPECT_FALSE(parse_spool_segment_name(name)) << name;
}

}  // namespace
}  // namespace waltrack
