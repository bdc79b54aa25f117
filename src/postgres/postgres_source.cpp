#include "postgres/postgres_source.hpp"

#include <algorithm>
#include <poll.h>
#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "postgres/pgoutput_decoder.hpp"
#include "postgres/wal2json_decoder.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kProbeTimeout = 3s;
constexpr std::chrono::milliseconds kBetweenNotices = 60s;

std::chrono::milliseconds sender_timeout(PgConnection& connection) {
  const PgResult row =
      connection.query("SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'");
  return std::chrono::milliseconds(row.integer(0, 0));
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(Plugin plugin, CatalogLookup& catalog,
                                      const Followed& followed) {
  if (plugin == Plugin::wal2json) {
    return std::make_unique<Wal2jsonDecoder>(catalog, followed.message_prefixes);
  }
  return std::make_unique<PgoutputDecoder>(catalog, followed.message_prefixes);
}

PostgresSource::PostgresSource(SourceSettings settings, Plugin plugin, const ServerIdentity& server,
                               Catalog& catalog, DecoderFactory decoders)
    : settings_(std::move(settings)),
      plugin_(plugin),
      system_identifier_(server.system_identifier),
      origin_{server.history.timeline(), server.standby},
      catalog_(catalog),
      decoders_(std::move(decoders)),
      schedule_(SystemClock().steady(), 0ms) {}

void PostgresSource::open(Lsn start) {
  close();
  catalog_.load();
  PgConnection connection = connect(start);
  const std::chrono::milliseconds timeout = sender_timeout(connection);
  stream_ = start_stream(std::move(connection), start);
  stream_->connection().on_notice([this](std::string_view severity, std::string_view message) {
    take_notice(severity, message);
  });
  decoder_ = decoders_(plugin_, catalog_, settings_.followed);
  decoding_ = false;
  received_ = start;
  schedule_ = ReportSchedule(SystemClock().steady(), timeout);
  log::info("streaming",
            {{"slot", settings_.slot}, {"plugin", plugin_name(plugin_)}, {"from", start.text()}});
  failpoint("replication.opened");
}

void PostgresSource::close() {
  stream_.reset();
  decoder_.reset();
}

PgConnection PostgresSource::connect(Lsn start) {
  PgConnection connection = PgConnection::open(settings_.url, PgMode::replication);
  const ServerIdentity server = read_server_identity(connection);
  const std::optional<SlotState> slot = read_slot(connection, settings_.slot);
  check_server(connection.context(), server);
  check_history(connection.context(), server, start, slot ? slot->confirmed : Lsn{});
  check_position(connection.context(), server, start);
  check_slot_position(connection, slot, start);
  if (origin_.timeline != server.history.timeline()) {
    log::info("the server is on a new timeline, which goes on where we read",
              {{"timeline", server.history.timeline()}, {"from", start.text()}});
  }
  origin_ = {server.history.timeline(), server.standby};
  return connection;
}

void PostgresSource::check_server(const PgContext& context, const ServerIdentity& server) const {
  if (server.system_identifier == system_identifier_) return;
  throw Error(ErrorKind::failure,
              "this is another server: its system identifier is " +
                  std::to_string(server.system_identifier) + ", the state file belongs to " +
                  std::to_string(system_identifier_),
              context.where, "point source.url at the server of before, or use another state file");
}

void PostgresSource::check_history(const PgContext& context, const ServerIdentity& server,
                                   Lsn start, Lsn confirmed) const {
  const HistoryVerdict verdict = judge_history(server.history, origin_, start, confirmed);
  if (verdict.kind == HistoryVerdict::Kind::shared) return;
  const std::string theirs = "timeline " + std::to_string(server.history.timeline());
  const std::string ours = "timeline " + std::to_string(origin_.timeline);
  if (verdict.kind == HistoryVerdict::Kind::server_older) {
    throw Error(server.standby ? ErrorKind::transient : ErrorKind::failure,
                "the server is on " + theirs + ", and was read on the later " + ours, context.where,
                server.standby ? "this standby has to follow its new primary first"
                               : "this is the primary of before a failover: name the promoted "
                                 "server in source.url");
  }
  const std::string left = verdict.kind == HistoryVerdict::Kind::unrelated
                               ? "does not come from " + ours
                               : "left it at " + verdict.shared_until.text();
  throw Error(
      ErrorKind::failure,
      "the histories diverged: " + ours + " was read up to " + start.text() +
          ", but this server, on " + theirs + ", " + left,
      context.where,
      "start waltrack again: it goes on from what both share, and says what it sent beyond");
}

void PostgresSource::check_position(const PgContext& context, const ServerIdentity& server,
                                    Lsn start) const {
  if (server.position >= start) return;
  const std::string what = "the server is behind the checkpoint: its WAL ends at " +
                           server.position.text() + ", the checkpoint is " + start.text();
  if (server.standby) {
    throw Error(ErrorKind::transient, what, context.where,
                "this standby has to catch up with its primary");
  }
  throw Error(
      ErrorKind::failure, what, context.where,
      "it is the primary of before a failover: name the promoted server in source.url; or an "
      "older backup was restored: begin anew with waltrack drop && waltrack run");
}

void PostgresSource::check_slot_position(PgConnection& connection,
                                         const std::optional<SlotState>& slot, Lsn start) const {
  if (!slot) return;
  if (slot->is_lost()) throw lost_slot(connection, settings_.slot, *slot);
  if (start.is_none() || slot->confirmed <= start) return;
  throw Error(ErrorKind::failure,
              "the slot was confirmed up to " + slot->confirmed.text() +
                  ", beyond the checkpoint " + start.text() + ": what lies between can't be read",
              connection.context().where + ", slot " + settings_.slot,
              "somebody else read this slot, or the state file is an old copy: give each reader a "
              "slot of its own; to accept the gap: waltrack drop && waltrack run");
}

std::unique_ptr<ReplicationStream> PostgresSource::start_stream(PgConnection connection,
                                                                Lsn start) {
  const std::vector<std::string>& prefixes = settings_.followed.message_prefixes;
  if (plugin_ == Plugin::pgoutput) {
    return std::make_unique<ReplicationStream>(
        std::move(connection), settings_.slot, start,
        pgoutput_options(settings_.publication, !prefixes.empty()));
  }
  const std::vector<TablePattern> tables = catalog_.patterns_for(settings_.followed);
  try {
    return std::make_unique<ReplicationStream>(std::move(connection), settings_.slot, start,
                                               wal2json_options(tables, prefixes, true));
  } catch (const PgError& error) {
    const bool too_old = error.sqlstate() == "22023" &&
                         std::string_view(error.what()).find("numeric-data-types-as-string") !=
                             std::string_view::npos;
    if (!too_old) throw;
  }
  return std::make_unique<ReplicationStream>(connect(start), settings_.slot, start,
                                             wal2json_options(tables, prefixes, false));
}

bool PostgresSource::next(StreamItem& item) {
  if (!stream_) return false;
  for (;;) {
    if (decoding_ && decoder_->next(item)) return true;
    decoding_ = false;
    ReplicationMessage message;
    if (!stream_->read(message)) return false;
    if (message.kind == ReplicationMessage::Kind::keepalive) {
      received_ = std::max(received_, message.wal_end);
      server_position_.store(message.wal_end.value, std::memory_order_relaxed);
      item = StreamItem{};
      item.kind = StreamItem::Kind::keepalive;
      item.end_lsn = message.wal_end;
      item.reply_requested = message.reply_requested;
      return true;
    }
    received_ = std::max(received_, message.start);
    decoder_->feed(message.payload, message.start);
    decoding_ = true;
  }
}

void PostgresSource::wait(int wake_fd, std::chrono::milliseconds timeout, bool listen) {
  if (stream_) {
    stream_->wait(wake_fd, std::min(timeout, schedule_.left(SystemClock().steady())), listen);
    return;
  }
  pollfd waiting{wake_fd, POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(timeout.count()));
}

void PostgresSource::report(Lsn confirmed, bool now) {
  if (!stream_) return;
  const ReportSchedule::Due due = schedule_.due(SystemClock().steady(), confirmed);
  if (due == ReportSchedule::Due::nothing && !now) return;
  send_report(confirmed, due == ReportSchedule::Due::report_and_ask);
}

void PostgresSource::ask_position(Lsn confirmed) {
  if (stream_) send_report(confirmed, true);
}

void PostgresSource::send_report(Lsn confirmed, bool ask) {
  failpoint("replication.before_report");
  if (stream_->send_status(std::max(received_, confirmed), confirmed, ask)) {
    schedule_.sent(SystemClock().steady(), confirmed, ask);
    failpoint("replication.reported");
  }
}

// wal2json is told at the start what to send. pgoutput sends what is in the publication at any
// time, but for messages.
bool PostgresSource::follow(const Followed& followed) {
  const Followed before = std::exchange(settings_.followed, followed);
  // A decoder knows the prefixes that it was made for.
  if (!std::ranges::is_permutation(before.message_prefixes, followed.message_prefixes)) return true;
  if (plugin_ == Plugin::pgoutput) return false;
  return !std::ranges::is_permutation(before.tables, followed.tables) ||
         !std::ranges::is_permutation(before.globs, followed.globs);
}

bool PostgresSource::server_is_stopping() {
  try {
    // Of several hosts the one that we read: another would answer for it.
    if (stream_) {
      PgConnection::open_beside(stream_->connection(), settings_.url, PgMode::plain, kProbeTimeout);
    } else {
      PgConnection::open(settings_.url, PgMode::plain, kProbeTimeout);
    }
  } catch (const PgError& error) {
    return error.sqlstate() == "57P03";
  }
  return false;
}

std::vector<SkippedRowCount> PostgresSource::skipped_tables() const {
  const std::lock_guard lock(skipped_mutex_);
  std::vector<SkippedRowCount> tables;
  for (const auto& [table, count] : skipped_rows_.tables())
    tables.push_back({table, count.updates, count.deletes});
  return tables;
}

void PostgresSource::take_notice(std::string_view severity, std::string_view message) {
  if (severity != "WARNING") return;
  {
    const std::lock_guard lock(skipped_mutex_);
    skipped_rows_.count(message);
  }
  ++notices_;
  const SteadyTime now = SystemClock().steady();
  if (notices_told_ > 0 && now - last_notice_told_ < kBetweenNotices) return;
  log::warn("the server warns", {{"message", message}, {"warnings so far", notices_}});
  notices_told_ = notices_;
  last_notice_told_ = now;
}

}  // namespace waltrack
