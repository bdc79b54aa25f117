#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "model/change.hpp"

namespace waltrack {

// A column as a message tells it. Views hold until the reader reads the next message.
struct Wal2jsonColumn {
  std::string_view name;
  uint32_t type_oid = 0;  // 0: not told
  Value value;
};

// One message, taken apart and not yet judged. What was missing or null is empty.
struct Wal2jsonMessage {
  std::string_view action;
  std::optional<uint32_t> xid;
  std::string_view timestamp;
  std::string_view lsn;
  std::string_view next_lsn;
  std::string_view schema;
  std::string_view table;
  std::vector<Wal2jsonColumn> columns;
  std::vector<Wal2jsonColumn> identity;
  std::optional<bool> transactional;  // these three: of logical messages
  std::optional<std::string_view> prefix;
  std::optional<std::string_view> content;
  bool has_columns = false;
  bool has_identity = false;
};

// Reads wal2json's format version 2: a JSON object a message. Throws a DecodeFault for anything
// that is not one. Its buffers are reused, so that a message of usual size allocates nothing. Bytes
// that are not UTF-8, which wal2json copies as they are (a logical message's content), become
// U+FFFD, see message_text().
class Wal2jsonReader {
 public:
  Wal2jsonReader();
  ~Wal2jsonReader();

  // Valid until the next call; `text` may be forgotten at once.
  const Wal2jsonMessage& read(std::string_view text);

 private:
  struct Parser;

  void load(std::string_view text);

  std::unique_ptr<Parser> parser_;
  std::unique_ptr<char[]> buffer_;
  size_t buffer_bytes_ = 0;
  Wal2jsonMessage message_;
};

}  // namespace waltrack
