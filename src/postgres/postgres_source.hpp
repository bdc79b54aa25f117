#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "model/change_source.hpp"
#include "model/source_state.hpp"
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
// checkpoint is of: another system identifier, a history without what was read, WAL that ends
// before the start, a slot that was confirmed beyond the start or is lost.
class PostgresSource final : public ChangeSource {
 public:
  // `catalog` must outlive the source, which loads it anew at each open().
  // `server` is the one that the start was decided for.
  PostgresSource(SourceSettings settings, Plugin plugin, const ServerIdentity& server,
                 Catalog& catalog, DecoderFactory decoders = make_decoder);

  void open(Lsn start) override;
  void close() override;
  StreamOrigin origin() const override { return origin_; }
  Lsn server_position() const override {
    return Lsn{server_position_.load(std::memory_order_relaxed)};
  }
  bool next(StreamItem& item) override;
  void wait(int wake_fd, std::chrono::milliseconds timeout, bool listen) override;
  void report(Lsn confirmed, bool now) override;
  void ask_position(Lsn confirmed) override;
  bool follow(const Followed& followed) override;
  bool server_is_stopping() override;

  // Updates and deletes that wal2json left out because their table has no replica identity. Any
  // thread.
  std::vector<SkippedRowCount> skipped_tables() const;

 private:
  void check_server(const PgContext& context, const ServerIdentity& server) const;
  void check_history(const PgContext& context, const ServerIdentity& server, Lsn start,
                     Lsn confirmed) const;
  void check_position(const PgContext& context, const ServerIdentity& server, Lsn start) const;
  void check_slot_position(PgConnection& connection, const std::optional<SlotState>& slot,
                           Lsn start) const;
  std::unique_ptr<ReplicationStream> start_stream(PgConnection connection, Lsn start);
  PgConnection connect(Lsn start);
  void send_report(Lsn confirmed, bool ask);
  void take_notice(std::string_view severity, std::string_view message);

  SourceSettings settings_;
  const Plugin plugin_;
  const uint64_t system_identifier_;
  StreamOrigin origin_;  // of the server that was read last
  Catalog& catalog_;
  const DecoderFactory decoders_;

  std::unique_ptr<ReplicationStream> stream_;  // null while closed
  std::unique_ptr<Decoder> decoder_;
  bool decoding_ = false;  // the decoder may hold more items of its message
  Lsn received_;
  std::atomic<uint64_t> server_position_ = 0;
  ReportSchedule schedule_;

  mutable std::mutex skipped_mutex_;
  SkippedRows skipped_rows_;  // guarded by skipped_mutex_
  uint64_t notices_ = 0;
  uint64_t notices_told_ = 0;
  SteadyTime last_notice_told_;
};

}  // namespace waltrack
