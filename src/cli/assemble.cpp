#include "cli/assemble.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "cli/backfill_follower.hpp"
#include "cli/destination_settings.hpp"
#include "cli/open_spool.hpp"
#include "cli/serve_web.hpp"
#include "cli/settle_start.hpp"
#include "cli/stop_signal.hpp"
#include "mapping/mapper.hpp"
#include "mapping/mapping_folder.hpp"
#include "pipeline/pipeline.hpp"
#include "postgres/catalog.hpp"
#include "postgres/plugin_choice.hpp"
#include "postgres/postgres_chunk_reader.hpp"
#include "postgres/postgres_source.hpp"
#include "postgres/publication.hpp"
#include "postgres/server_identity.hpp"
#include "postgres/slot.hpp"
#include "postgres/slot_watch.hpp"
#include "postgres/table_state.hpp"
#include "segment/segment_destination.hpp"
#include "state/backfill_requests.hpp"
#include "state/state_file.hpp"

namespace waltrack {
namespace {

PluginChoice plugin_choice(const Config& config) {
  switch (config.source.plugin) {
    case Config::Plugin::wal2json:
      return PluginChoice::wal2json;
    case Config::Plugin::pgoutput:
      return PluginChoice::pgoutput;
    case Config::Plugin::automatic:
      break;
  }
  return PluginChoice::automatic;
}

PipelineSettings pipeline_settings(const Config& config) {
  PipelineSettings settings;
  settings.lanes = static_cast<size_t>(config.destination.lanes);
  settings.batch = batch_limits();
  settings.memory_bytes = config.memory_bytes;
  return settings;
}

// What stays the same for all mapping sets of a run.
struct MappingContext {
  SourceSettings source;
  std::filesystem::path folder;
  MessageIdentity identity;
};

// What is to follow and to count in a set that was compiled. The caller adds the fingerprint.
MappingSet mapping_set(std::unique_ptr<Mapper> mapper, const std::vector<MappingFile>& files,
                       const Catalog& catalog) {
  MappingSet set;
  set.followed = followed(files, catalog.tables());
  set.initial = initially_backfilled(files, catalog.tables());
  set.summary.files = files.size();
  set.summary.rules = mapper->rules().size();
  for (const Rule* rule : mapper->rules()) {
    set.rules.push_back({rule->table, rule->id});
    if (!rule->shadow) continue;
    ShadowRule& shadow = set.shadow.emplace_back();
    shadow.table = rule->table;
    shadow.rule = rule->id;
  }
  set.mapper = std::move(mapper);
  return set;
}

MappingReading read_mappings(const MappingContext& context) {
  MappingReading reading;
  const std::vector<MappingFile> files = read_mapping_folder(context.folder, reading.diagnostics);
  try {
    Catalog catalog(context.source.url);
    catalog.load();
    std::unique_ptr<Mapper> mapper =
        compile_against(catalog, files, context.identity, reading.diagnostics);
    if (mapper) tell_undelivered(*mapper, context.source, reading.diagnostics);
    if (mapper && !reading.diagnostics.has_errors()) {
      reading.set = mapping_set(std::move(mapper), files, catalog);
    }
  } catch (const Error&) {
    // What is wrong with the files alone is told while the server is away, too.
    if (!reading.diagnostics.has_errors()) throw;
  }
  return reading;
}

// Waits for no lock for long, as a stop of the run waits for this.
std::vector<std::string> prepare_source(SourceSettings settings, Plugin plugin,
                                        const Followed& followed) {
  settings.followed = followed;
  PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
  connection.query("SET lock_timeout = '3s'");
  if (plugin == Plugin::pgoutput) return mend_publication(connection, settings);
  return undelivered(read_table_states(connection, followed.tables, settings.publication),
                     settings.publication);
}

void tell_summary(const RunSummary& summary) {
  for (const ShadowRule& rule : summary.shadow) {
    log::info("shadow rule, nothing of it was sent", {{"rule", rule.table + " " + rule.rule},
                                                      {"events", rule.events},
                                                      {"failures", rule.failures},
                                                      {"last_failure", rule.last_failure}});
  }
  log::info("stopped", {{"rows", summary.rows},
                        {"backfilled_rows", summary.backfilled_rows},
                        {"events", summary.delivered_events},
                        {"dead_letters", summary.dead_letters},
                        {"left_for_the_next_run", summary.unfinished_events},
                        {"confirmed", summary.confirmed.text()}});
}

}  // namespace

SourceSettings source_settings(const Loaded& loaded) {
  SourceSettings settings;
  settings.url = loaded.config.source.url;
  settings.slot = loaded.config.source.slot;
  settings.plugin = plugin_choice(loaded.config);
  settings.publication = loaded.config.source.publication;
  settings.primary_url = loaded.config.source.primary_url;
  settings.backfill_url = loaded.config.source.backfill_url;
  settings.failover = loaded.config.source.failover;
  settings.headroom_warning_bytes = loaded.config.source.headroom_warning_bytes;
  settings.followed = followed(loaded.mappings, {});
  return settings;
}

void tell_undelivered(const Mapper& mapper, const SourceSettings& settings,
                      Diagnostics& diagnostics) {
  if (!mapper.reads_generated_columns()) return;
  PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
  const std::optional<SlotState> slot = read_slot(connection, settings.slot);
  const Plugin plugin =
      slot ? check_slot(*slot, settings, connection.context())
           : decide_plugin(connection, settings, PluginTrial::temporary_slot).plugin;
  mapper.tell_generated_columns(
      plugin == Plugin::wal2json || publishes_generated_columns(connection, settings.publication),
      diagnostics);
}

std::unique_ptr<Mapper> compile_against(Catalog& catalog, const std::vector<MappingFile>& mappings,
                                        const MessageIdentity& identity, Diagnostics& diagnostics) {
  const std::vector<Table> tables = catalog.read_tables();
  return compile_mappings(mappings, tables, identity, diagnostics, {},
                          [url = catalog.url()](const TableName& name) {
                            Catalog now(url);
                            now.load();
                            return now.read_table(name);
                          });
}

namespace {

BackfillSettings backfill_settings(const Config& config, const SourceSettings& settings,
                                   uint64_t system_identifier, StateFile& state) {
  BackfillSettings backfill;
  backfill.start.stored = state.backfills();
  backfill.start.tracked = state.tracked();
  backfill.start.readers = static_cast<size_t>(config.backfill.readers);
  // What readers and mapping hold at once must leave room for the stream's events.
  backfill.start.chunk_bytes = std::min(config.backfill.chunk_bytes,
                                        config.memory_bytes / (2 * (backfill.start.readers + 1)));
  backfill.make_reader = [settings, system_identifier] {
    return std::make_unique<PostgresChunkReader>(settings, system_identifier);
  };
  return backfill;
}

// What a run is for, beside the stream.
struct Errand {
  std::vector<BackfillRequest> requests;
  std::function<void(const std::string& state_path, const std::vector<int64_t>& numbers)> on_asked;
};

// Streams until a signal, or until the errand is done. Nothing: a signal came before it began.
std::optional<RunSummary> stream(const Loaded& loaded, const Errand& errand) {
  const int stop_fd = stop_signal_fd();
  const Wakeup& reload_asked = reload_signal();
  const SystemClock clock;
  StateFile state(loaded.config.state, clock,
                  {.max = loaded.config.dead_letters.max,
                   .keep_payload = loaded.config.dead_letters.keep_payload});
  RunBoard board(clock);
  const std::unique_ptr<WebServer> web = serve_web(loaded.config, board);
  const DestinationId destination_id = state.settle_destination_id(loaded.config.destination.id);
  if (!destination_id.warning.empty()) log::warn(destination_id.warning);
  const std::unique_ptr<SpoolLog> spool = open_spool(loaded.config.spool, state, destination_id.id);
  if (!errand.requests.empty()) {
    errand.on_asked(state.path(), request_backfill(state.path(), errand.requests, clock));
  }

  SourceSettings settings = source_settings(loaded);
  save_problem(state, board, "starting");
  std::optional<ServerIdentity> server = wait_for_server(settings.url, state, board, stop_fd);
  if (!server) return std::nullopt;
  Catalog catalog(settings.url);
  catalog.load();
  settings.followed = followed(loaded.mappings, catalog.tables());
  const MappingContext context{
      settings, loaded.config.mappings,
      MessageIdentity(server->system_identifier, server->database, destination_id.id)};
  Diagnostics diagnostics;
  std::unique_ptr<Mapper> mapper =
      compile_against(catalog, loaded.mappings, context.identity, diagnostics);
  if (mapper) tell_undelivered(*mapper, settings, diagnostics);
  tell(diagnostics, "the mappings");
  MappingSet mappings = mapping_set(std::move(mapper), loaded.mappings, catalog);
  mappings.summary.fingerprint = loaded.fingerprint;

  if (!state.checkpoint() && !stand_by_for_the_slot(settings, stop_fd)) return std::nullopt;
  const std::optional<Started> started = settle_start(settings, *server, state, board, stop_fd);
  if (!started) return std::nullopt;
  PostgresSource source(settings, started->plugin, *server, catalog);
  SegmentDestination destination(segment_settings(loaded.config), clock);
  PipelineSettings pipeline = pipeline_settings(loaded.config);
  if (spool) pipeline.spool = {.store = spool.get(), .after = loaded.config.spool.after};
  pipeline.board = &board;
  pipeline.reload = ReloadSettings{.folder = context.folder,
                                   .read = [&context] { return read_mappings(context); },
                                   .prepare =
                                       [&](const Followed& followed) {
                                         return prepare_source(settings, started->plugin, followed);
                                       },
                                   .asked = &reload_asked};
  SlotWatch watch(settings, clock);
  pipeline.watch = SourceWatchSettings{.read = [&watch, &source] {
    SourceReading reading = watch.look();
    reading.skipped = source.skipped_tables();
    return reading;
  }};
  pipeline.backfill = backfill_settings(loaded.config, settings, server->system_identifier, state);
  for (const BackfillRequest& request : errand.requests)
    pipeline.backfill->until_over.push_back(request.table);
  const RunSummary summary = run_pipeline(source, std::move(mappings), destination, state,
                                          started->start, pipeline, clock, stop_fd);
  tell_summary(summary);
  return summary;
}

}  // namespace

void stream_until_signal(const Loaded& loaded) {
  stream(loaded, {});
}

std::vector<BackfillProgress> stream_until_backfilled(
    const Loaded& loaded, const std::vector<BackfillRequest>& requests) {
  std::jthread follower;  // gone when the state file is let go of, or all are over
  Errand errand;
  errand.requests = requests;
  errand.on_asked = [&](const std::string& state_path, const std::vector<int64_t>& numbers) {
    BackfillDisplay display;
    if (!display.draws()) return;  // the log tells
    std::vector<FollowedBackfill> followed;
    for (size_t i = 0; i < numbers.size(); ++i)
      followed.push_back({requests[i].table, numbers[i]});
    follower = std::jthread([state_path, followed, display]() mutable {
      try {
        follow_backfills(state_path, followed, display, SystemClock(), stop_signal_fd());
      } catch (const Error& error) {
        log::warn("the progress can't be shown", {{"reason", error.describe()}});
      }
    });
  };
  const std::optional<RunSummary> summary = stream(loaded, errand);
  std::vector<BackfillProgress> ends;
  for (const BackfillRequest& request : requests) {
    BackfillProgress& end = ends.emplace_back();
    end.table = request.table;
    if (!summary) continue;
    for (const BackfillProgress& stored : summary->backfills) {
      if (stored.table == request.table) end = stored;
    }
  }
  return ends;
}

}  // namespace waltrack
