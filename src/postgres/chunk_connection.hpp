#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "model/lsn.hpp"
#include "postgres/pg_connection.hpp"

namespace waltrack {

// A position without the header of the WAL page that it lies behind: the server tells the place of
// the next record, but a record that ends with its page ends before that. `segment_size` is that of
// a WAL file, whose first page has a longer header.
Lsn before_page_header(Lsn position, uint64_t page_size, uint64_t segment_size);

// A connection to a server that rows are read from, and what stays the same about it. Belongs to
// one thread. After an Error it is of no more use.
class ChunkConnection {
 public:
  // Refuses a server of another system identifier. `setting`: the key of the configuration that
  // the url is from.
  ChunkConnection(const std::string& url, const std::string& setting, uint64_t system_identifier,
                  const std::stop_token& stop);

  PgConnection& connection() { return connection_; }
  const PgContext& context() const { return connection_.context(); }

  bool standby() const { return standby_; }  // when it was opened
  // Of a primary, as the names of its WAL files begin; empty on a standby.
  const std::string& timeline() const { return timeline_; }
  std::chrono::milliseconds wal_writer_delay() const { return wal_writer_delay_; }
  // Up to where a primary has written records, told by pg_current_wal_insert_lsn().
  Lsn end_of_records(std::string_view insert_position) const;
  Lsn position(std::string_view text) const;  // throws when it is none
  uint64_t page_size() const { return page_size_; }

  // Throws when it is no longer what it was: a standby that was promoted.
  void check_still(bool standby) const;

 private:
  PgConnection connection_;
  bool standby_ = false;
  std::string timeline_;
  std::chrono::milliseconds wal_writer_delay_{0};
  uint64_t page_size_ = 8192;  // of tables
  uint64_t wal_page_size_ = 8192;
  uint64_t segment_size_ = 0;
};

}  // namespace waltrack
