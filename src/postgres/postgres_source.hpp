#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "model/change_source.hpp"
#include "postgres/catalog.hpp"
#include "postgres/decoder.hpp"
#include "postgres/replication_stream.hpp"
#include "postgres/report_schedule.hpp"
#include "postgres/server_identity.hpp"
#include "postgres/skipped_rows.hpp"
#include "postgres/slot.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

using DecoderFactory =
    std::function<std::unique_ptr<Decoder>(Plugin, CatalogLookup&, const Followed&)>;

// The decoder that reads what the plugin writes.
std::unique_ptr<Decoder> make_decoder(Plugin plugin, CatalogLookup& catalog,
                                      const Followed& followed);

// The changes of one slot of a real server. open() refuses a server that is not the one that the
// checkpoint is of: another system identifier, WAL that ends before the start, a slot that was
// confirmed beyond the start.
class PostgresSource final : public ChangeSource {
 public:
  // `catalog` must outlive the source, which loads it anew at each open().
  PostgresSource(SourceSettings settings, Plugin plugin, uint64_t system_identifier,
                 Catalog& catalog, DecoderFactory decoders = make_decoder);

  void open(Lsn start) override;
  void close() override;
  bool next(StreamItem& item) override;
  void wait(int wake_fd, std::chrono::milliseconds timeout, bool listen) override;
  void report(Lsn confirmed, bool now) override;
  bool follow(const Followed& followed) override;
  bool server_is_stopping() override;

  // Updates and deletes that wal2json left out because their table has no replica identity.
  const SkippedRows& skipped_rows() const { return skipped_rows_; }

 private:
  void check_server(PgConnection& connection, Lsn start) const;
  void check_position(PgConnection& connection, const ServerIdentity& server, Lsn start) const;
  void check_slot_position(PgConnection& connection, Lsn start) const;
  std::unique_ptr<ReplicationStream> start_stream(PgConnection connection, Lsn start) const;
  PgConnection connect(Lsn start) const;
  void take_notice(std::string_view severity, std::string_view message);

  SourceSettings settings_;
  const Plugin plugin_;
  const uint64_t system_identifier_;
  Catalog& catalog_;
  const DecoderFactory decoders_;

  std::unique_ptr<ReplicationStream> stream_;  // null while closed
  std::unique_ptr<Decoder> decoder_;
  bool decoding_ = false;  // the decoder may hold more items of its message
  Lsn received_;
  ReportSchedule schedule_;

  SkippedRows skipped_rows_;
  uint64_t notices_ = 0;
  uint64_t notices_told_ = 0;
  SteadyTime last_notice_told_;
};

}  // namespace waltrack
