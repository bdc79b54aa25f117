#include "cli/assemble.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <poll.h>
#include <random>
#include <thread>
#include <utility>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "cli/backfill_follower.hpp"
#include "cli/open_spool.hpp"
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
#include "segment/limits.hpp"
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

// For `waltrack status`, until the stream begins.
void save_problem(StateFile& state, std::string problem) {
  SourceState source;
  source.since_us = SystemClock().utc_us();
  source.problem = std::move(problem);
  state.save_source(source);
}

bool is_signaled(int stop_fd, std::chrono::milliseconds within) {
  pollfd waiting{stop_fd, POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(within.count())) > 0;
}

// Tries until it succeeds, as long as `passes` says of a failure that waiting may mend it; any
// other is thrown. Returns nothing when a signal came first.
template <typename Attempt, typename Passes>
auto try_patiently(const char* waiting, StateFile& state, int stop_fd, Attempt&& attempt,
                   Passes&& passes) -> std::optional<decltype(attempt())> {
  Backoff backoff(std::chrono::milliseconds(500), std::chrono::seconds(10), std::random_device()());
  while (true) {
    try {
      return attempt();
    } catch (const Error& error) {
      if (!passes(error)) throw;
      if (is_signaled(stop_fd, std::chrono::milliseconds(0))) return std::nullopt;
      log::warn(waiting, {{"reason", error.describe()}});
      save_problem(state, error.describe());
    }
    if (is_signaled(stop_fd, backoff.next())) return std::nullopt;
  }
}

// A server that is just starting is worth waiting for; one that is not there is a mistake to tell
// at once. Returns nothing when a signal came first.
std::optional<ServerIdentity> wait_for_server(const std::string& url, StateFile& state,
                                              int stop_fd) {
  constexpr std::string_view kCannotConnectNow = "57P03";
  return try_patiently(
      "the server is not ready yet; waiting", state, stop_fd,
      [&] { return read_server_identity(url); },
      [](const Error& error) {
        const auto* told = dynamic_cast<const PgError*>(&error);
        return told != nullptr && told->sqlstate() == kCannotConnectNow;
      });
}

std::optional<SlotFacts> slot_facts(const SourceSettings& settings) {
  PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
  const std::optional<SlotState> slot = read_slot(connection, settings.slot);
  if (!slot) return std::nullopt;
  return SlotFacts{.name = settings.slot,
                   .plugin = slot->plugin,
                   .confirmed = slot->confirmed,
                   .just_created = false};
}

// Without a checkpoint the start is wherever the slot stands; while another run reads the slot that
// moves on, so a second instance waits here until the first has ended. Returns false when a signal
// came first.
bool stand_by_for_the_slot(const SourceSettings& settings, int stop_fd) {
  bool told = false;
  while (true) {
    try {
      PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
      const std::optional<SlotState> slot = read_slot(connection, settings.slot);
      if (!slot || !slot->active_pid) return true;
      if (!told) {
        log::warn("another process reads the slot; standing by until it ends",
                  {{"slot", settings.slot}, {"server_process", *slot->active_pid}});
      }
      told = true;
    } catch (const Error& error) {
      if (!told || !error.is_transient()) throw;  // a restart of the server
    }
    if (is_signaled(stop_fd, std::chrono::seconds(1))) return false;
  }
}

struct Started {
  Plugin plugin;
  Checkpoint start;
};

bool is_transient(const Error& error) {
  return error.is_transient();
}

// Waits for a standby that has not replayed yet what was read before, as after a switch to another
// one.
std::optional<StartDecision> wait_for_start(const SourceSettings& settings, ServerIdentity& server,
                                            StateFile& state, int stop_fd) {
  bool first = true;
  return try_patiently(
      "the source is not ready yet; waiting", state, stop_fd,
      [&] {
        if (!std::exchange(first, false)) server = read_server_identity(settings.url);
        return start_decision(settings, server, state.identity(), state.checkpoint(), state.path());
      },
      is_transient);
}

// What keeps a slot from being made may pass.
std::optional<PreparedSlot> wait_for_slot(const SourceSettings& settings, StateFile& state,
                                          int stop_fd) {
  return try_patiently(
      "the slot is not ready yet; trying again", state, stop_fd,
      [&] {
        return prepare_slot(settings, !state.checkpoint(), std::chrono::seconds(60), [stop_fd] {
          return is_signaled(stop_fd, std::chrono::milliseconds(0));
        });
      },
      is_transient);
}

// Where to begin: checks that state file, server and slot belong together, makes the slot when this
// is the first start, and remembers what the state file belongs to. Returns nothing when a signal
// came first.
std::optional<Started> settle_start(const SourceSettings& settings, ServerIdentity& server,
                                    StateFile& state, int stop_fd) {
  const std::optional<StartDecision> decision = wait_for_start(settings, server, state, stop_fd);
  if (!decision) return std::nullopt;
  for (const std::string& warning : decision->warnings)
    log::warn(warning);
  const bool first_start = !state.checkpoint();
  const std::optional<PreparedSlot> slot = wait_for_slot(settings, state, stop_fd);
  if (!slot) return std::nullopt;
  Started started{slot->plugin, decision->start};
  if (first_start) started.start = {.lsn = slot->confirmed, .within = std::nullopt};
  state.adopt({.system_identifier = server.system_identifier,
               .database = server.database,
               .slot = settings.slot,
               .plugin = std::string(plugin_name(slot->plugin)),
               .origin = {server.history.timeline(), server.standby}},
              started.start);
  return started;
}

SegmentSettings segment_settings(const Config& config) {
  SegmentSettings settings;
  settings.url = config.destination.url;
  settings.write_key = config.destination.write_key;
  settings.lanes = static_cast<size_t>(config.destination.lanes);
  return settings;
}

PipelineSettings pipeline_settings(const Config& config) {
  PipelineSettings settings;
  settings.lanes = static_cast<size_t>(config.destination.lanes);
  settings.batch = {.bytes = kBatchBytes - kEnvelopeBytes, .events = kBatchEvents};
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

StartDecision start_decision(const SourceSettings& settings, const ServerIdentity& server,
                             const std::optional<SourceIdentity>& identity,
                             const std::optional<Checkpoint>& checkpoint,
                             const std::string& state_path) {
  return decide_start(identity, checkpoint,
                      {.system_identifier = server.system_identifier,
                       .database = server.database,
                       .wal_position = server.position,
                       .history = server.history,
                       .standby = server.standby},
                      settings.slot, slot_facts(settings), state_path);
}

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
  const DestinationId destination_id = state.settle_destination_id(loaded.config.destination.id);
  if (!destination_id.warning.empty()) log::warn(destination_id.warning);
  const std::unique_ptr<SpoolLog> spool = open_spool(loaded.config.spool, state, destination_id.id);
  if (!errand.requests.empty()) {
    errand.on_asked(state.path(), request_backfill(state.path(), errand.requests, clock));
  }

  SourceSettings settings = source_settings(loaded);
  save_problem(state, "starting");
  std::optional<ServerIdentity> server = wait_for_server(settings.url, state, stop_fd);
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
  const std::optional<Started> started = settle_start(settings, *server, state, stop_fd);
  if (!started) return std::nullopt;
  PostgresSource source(settings, started->plugin, *server, catalog);
  SegmentDestination destination(segment_settings(loaded.config), clock);
  PipelineSettings pipeline = pipeline_settings(loaded.config);
  if (spool) pipeline.spool = {.store = spool.get(), .after = loaded.config.spool.after};
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
