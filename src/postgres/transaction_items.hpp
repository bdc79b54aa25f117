#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/change_source.hpp"
#include "postgres/table_registry.hpp"

namespace waltrack {

// What both decoders share: the transaction that the stream is in, and the items of the message
// that is being read. Throws a DecodeFault for messages that are out of order.
class TransactionItems {
 public:
  // Forgets the items of the message before.
  void start_message();

  void begin(const Transaction& transaction);
  void commit(Lsn commit_lsn, Lsn end_lsn);

  // The spans must hold until start_message().
  void row(Op op, Lsn lsn, ResolvedTable& resolved, const Table& table,
           std::span<const Value> new_row, std::span<const Value> old_row);

  // Once per resolved table and LSN, however often it is called.
  void truncate(Lsn lsn, ResolvedTable& resolved, const Table& table);

  // A logical message. `lsn` is the end of its WAL record. One that is not transactional is a
  // transaction of its own: begin, change and commit, see there. Without a table nobody follows it
  // and there is no change; but there is still the transaction, so that the position moves on and a
  // long run of such messages is not one long silence.
  void message(const Table* table, Lsn lsn, bool transactional, std::span<const Value> row);

  bool next(StreamItem& item);

 private:
  StreamItem& add(StreamItem::Kind kind);
  void expect_open() const;

  bool open_ = false;
  uint64_t sequence_ = 0;  // counts transactions, so that a repeated one counts its rows anew
  Transaction transaction_;
  std::vector<StreamItem> items_;
  size_t next_ = 0;
};

}  // namespace waltrack
