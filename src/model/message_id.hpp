#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/change.hpp"
#include "model/lsn.hpp"

namespace waltrack {

// What gives a message its identity, beside where it comes from.
enum class MessageKind : uint8_t { row = 1, truncate = 2, message = 3, backfill = 4 };

constexpr MessageKind message_kind(Op op) {
  if (op == Op::truncate) return MessageKind::truncate;
  if (op == Op::message) return MessageKind::message;
  return op == Op::backfill ? MessageKind::backfill : MessageKind::row;
}

// The part of a message id that is the same for all events of one rule: 128 bits of hash over
// (system identifier, database, destination id, resolved table, rule id).
struct RuleKey {
  uint64_t low = 0;
  uint64_t high = 0;
};

// The part that is the same for a whole run. Immutable; safe from any thread.
class MessageIdentity {
 public:
  MessageIdentity(uint64_t system_identifier, std::string database, std::string destination_id);

  // `table` is the resolved "schema.table"; `rule` the rule's id within it, never its place in a
  // file.
  RuleKey rule_key(std::string_view table, std::string_view rule) const;

 private:
  uint64_t system_identifier_;
  std::string database_;
  std::string destination_id_;
};

// Appends the message id: 32 lower-case hex digits, a hash of the rule's key, the kind, the commit
// time (0 where there is none), the row's LSN and the ordinal. The same row through the same rule
// gives the same id after every crash, retry and failover, with either plugin. Changing this
// function repeats events under other ids: a golden test holds it.
void append_message_id(std::string& out, const RuleKey& rule, MessageKind kind,
                       int64_t commit_time_us, Lsn lsn, uint32_t ordinal);

// The same of a row that was there already: it has no place in the log, so its id is made of its
// key and of `content`, what the event says. A second backfill gives the same id as long as the
// row, the rule and so the event say the same.
void append_backfill_message_id(std::string& out, const RuleKey& rule, std::string_view key,
                                std::string_view content);

// The id that stands in an event's JSON, which the program itself has written; "" in other text.
std::string_view message_id_of(std::string_view event);

// The id of the same event when it is sent again on purpose: another for each salt, and the same
// for the same.
std::string salted_message_id(std::string_view id, std::string_view salt);

// Stands for the key of a row that was there already where others have their place in the log.
struct KeyDigest {
  Lsn lsn;
  uint32_t ordinal = 0;
};
KeyDigest key_digest(std::string_view key);

}  // namespace waltrack
