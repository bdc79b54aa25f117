#include "postgres/chunk_connection.hpp"

#include <optional>

namespace waltrack {
namespace {

constexpr int kTransactionTimeout = 170000;  // the setting came with 17

constexpr const char* kAbout = R"(
SELECT (SELECT system_identifier FROM pg_control_system()), pg_is_in_recovery(),
       CASE WHEN pg_is_in_recovery() THEN ''
            ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END,
       (SELECT setting FROM pg_settings WHERE name = 'wal_writer_delay'),
       current_setting('block_size'), current_setting('wal_block_size'),
       pg_size_bytes(current_setting('wal_segment_size')))";

}  // namespace

Lsn before_page_header(Lsn position, uint64_t page_size, uint64_t segment_size) {
  constexpr uint64_t kHeader = 24;
  constexpr uint64_t kFirstHeader = 40;  // of a segment
  const uint64_t header = position.value % segment_size == kFirstHeader ? kFirstHeader : kHeader;
  return position.value % page_size == header ? Lsn{position.value - header} : position;
}

ChunkConnection::ChunkConnection(const std::string& url, const std::string& setting,
                                 uint64_t system_identifier, const std::stop_token& stop)
    : connection_(PgConnection::open(url, PgMode::plain, std::chrono::seconds(10), stop)) {
  const PgResult about = connection_.query_until(stop, kAbout);
  const std::string expected = std::to_string(system_identifier);
  if (about.text(0, 0) != expected) {
    throw Error(ErrorKind::failure,
                "this is another server: its system identifier is " + about.string(0, 0) +
                    ", the state file belongs to " + expected,
                context().where,
                "point " + setting + " at the server that is streamed from, or a replica of it");
  }
  standby_ = about.boolean(0, 1);
  timeline_ = about.string(0, 2);
  wal_writer_delay_ = std::chrono::milliseconds(about.integer(0, 3));
  page_size_ = static_cast<uint64_t>(about.integer(0, 4));
  wal_page_size_ = static_cast<uint64_t>(about.integer(0, 5));
  segment_size_ = static_cast<uint64_t>(about.integer(0, 6));
  if (connection_.server_version() >= kTransactionTimeout) {
    connection_.query_until(stop, "SET transaction_timeout = 0");
  }
}

Lsn ChunkConnection::end_of_records(std::string_view insert_position) const {
  return before_page_header(position(insert_position), wal_page_size_, segment_size_);
}

Lsn ChunkConnection::position(std::string_view text) const {
  const std::optional<Lsn> position = Lsn::parse(text);
  if (position) return *position;
  throw Error(ErrorKind::failure, "the server told no position of its WAL", context().where);
}

void ChunkConnection::check_still(bool standby) const {
  if (standby == standby_) return;
  throw Error(ErrorKind::transient, "the standby was promoted while rows were read from it",
              context().where);
}

}  // namespace waltrack
