#include "postgres/replication_message.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace waltrack {
namespace {

using namespace std::string_literals;

const std::string kKeepalive =
    "k\x00\x00\x00\x16\xb3\x74\xd8\x48\x00\x00\x00\x00\x00\x00\x00\x01\x01"s;
const std::string kData =
    "w\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x00\x00\x00\x07"s
    "row";

}  // namespace

TEST(ReplicationMessage, DataHasItsPositionAndPayload) {
  const ReplicationMessage message = parse_replication_message(kData);
  EXPECT_EQ(message.kind, ReplicationMessage::Kind::data);
  EXPECT_EQ(message.start.value, 0x102u);
  EXPECT_EQ(message.payload, "row");
}

TEST(ReplicationMessage, DataMayBeEmpty) {
  EXPECT_EQ(parse_replication_message(kData.substr(0, 25)).payload, "");
}

TEST(ReplicationMessage, KeepaliveHasTheWalEndAndTheWish) {
  const ReplicationMessage message = parse_replication_message(kKeepalive);
  EXPECT_EQ(message.kind, ReplicationMessage::Kind::keepalive);
  EXPECT_EQ(message.wal_end.text(), "16/B374D848");
  EXPECT_TRUE(message.reply_requested);
  std::string quiet = kKeepalive;
  quiet.back() = '\0';
  EXPECT_FALSE(parse_replication_message(quiet).reply_requested);
}

TEST(ReplicationMessage, CutOffBytesAreRefused) {
  for (size_t size = 0; size < kKeepalive.size(); ++size) {
    EXPECT_THROW(parse_replication_message(kKeepalive.substr(0, size)), Error) << size;
  }
  for (size_t size = 0; size < 25; ++size) {
    EXPECT_THROW(parse_replication_message(kData.substr(0, size)), Error) << size;
  }
}

TEST(ReplicationMessage, UnknownKindsAreRefused) {
  for (int kind = 0; kind < 256; ++kind) {
    if (kind == 'w' || kind == 'k') continue;
    std::string bytes = kData;
    bytes[0] = static_cast<char>(kind);
    EXPECT_THROW(parse_replication_message(bytes), Error) << kind;
  }
}

TEST(StatusMessage, ConfirmsAsFlushedAndApplied) {
  const int64_t one_us_after_2000 = 946'684'800'000'001;
  EXPECT_EQ(status_message(Lsn{0x0102030405060708}, Lsn{5}, one_us_after_2000, true),
            "r\x01\x02\x03\x04\x05\x06\x07\x08"s + "\0\0\0\0\0\0\0\x05"s + "\0\0\0\0\0\0\0\x05"s +
                "\0\0\0\0\0\0\0\x01"s + "\x01");
  EXPECT_EQ(status_message(Lsn{1}, Lsn{1}, one_us_after_2000, false).back(), '\0');
}

}  // namespace waltrack
