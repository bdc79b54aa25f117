#include "postgres/replication_message.hpp"

#include "base/error.hpp"

namespace waltrack {
namespace {

constexpr int64_t kPostgresEpochUs = 946'684'800'000'000;  // 2000-01-01 in Unix time
constexpr size_t kDataHeader = 1 + 8 + 8 + 8;              // 'w', start, WAL end, time
constexpr size_t kKeepaliveSize = 1 + 8 + 8 + 1;           // 'k', WAL end, time, reply requested

uint64_t read_u64(std::string_view bytes, size_t at) {
  uint64_t number = 0;
  for (const char byte : bytes.substr(at, 8)) {
    number = number << 8 | static_cast<unsigned char>(byte);
  }
  return number;
}

void append_u64(std::string& out, uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(number >> shift));
}

}  // namespace

ReplicationMessage parse_replication_message(std::string_view bytes) {
  ReplicationMessage message;
  if (bytes.size() >= kDataHeader && bytes[0] == 'w') {
    message.kind = ReplicationMessage::Kind::data;
    message.start = Lsn{read_u64(bytes, 1)};
    message.payload = bytes.substr(kDataHeader);
    return message;
  }
  if (bytes.size() >= kKeepaliveSize && bytes[0] == 'k') {
    message.kind = ReplicationMessage::Kind::keepalive;
    message.wal_end = Lsn{read_u64(bytes, 1)};
    message.reply_requested = bytes[kKeepaliveSize - 1] != 0;
    return message;
  }
  throw Error(ErrorKind::failure,
              "the server sent a replication message that is cut off or of an unknown kind (" +
                  std::to_string(bytes.size()) + " bytes)",
              "replication stream");
}

std::string status_message(Lsn received, Lsn confirmed, int64_t utc_us, bool reply_requested) {
  std::string message = "r";
  append_u64(message, received.value);
  append_u64(message, confirmed.value);
  append_u64(message, confirmed.value);
  append_u64(message, static_cast<uint64_t>(utc_us - kPostgresEpochUs));
  message.push_back(reply_requested ? '\1' : '\0');
  return message;
}

}  // namespace waltrack
