#include "postgres/byte_reader.hpp"

#include <gtest/gtest.h>
#include <string>

namespace waltrack {
namespace {

using namespace std::string_view_literals;

TEST(ByteReader, NumbersAreBigEndian) {
  ByteReader in("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\xff\xff\xff\xff\xff\xff\xff\xfe"sv);
  EXPECT_EQ(in.u16(), 0x0102);
  EXPECT_EQ(in.u64(), 0x030405060708090aU);
  EXPECT_EQ(in.i64(), -2);
  EXPECT_TRUE(in.at_end());
}

TEST(ByteReader, ALengthBeyondTheEndIsAFault) {
  ByteReader in("abc");
  EXPECT_THROW(in.bytes(4), DecodeFault);
  EXPECT_THROW(in.bytes(static_cast<size_t>(-1)), DecodeFault);
  EXPECT_EQ(in.bytes(3), "abc");
  EXPECT_THROW(in.u8(), DecodeFault);
}

TEST(ByteReader, ANumberThatIsCutOffIsAFault) {
  ByteReader in("abc");
  EXPECT_THROW(in.u32(), DecodeFault);
}

TEST(ByteReader, NamesEndAtTheirZero) {
  ByteReader in("public\0\0x"sv);
  EXPECT_EQ(in.zero_ended(), "public");
  EXPECT_EQ(in.zero_ended(), "");
  EXPECT_THROW(in.zero_ended(), DecodeFault);
}

}  // namespace
}  // namespace waltrack
