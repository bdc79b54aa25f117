#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "model/lsn.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// A replication slot as pg_replication_slots shows it.
struct SlotState {
  std::string plugin;    // empty: a physical slot
  std::string database;  // empty: a physical slot
  Lsn confirmed;         // none while the slot is being made
  Lsn restart;           // WAL from here on is kept for it; none: it was invalidated
  std::optional<int> active_pid;
  std::string wal_status;                 // reserved, extended, unreserved or lost
  std::optional<int64_t> safe_wal_bytes;  // that can be written before the slot may be lost
  // Why the server gave the slot up (wal_removed, rows_removed, wal_level_insufficient,
  // idle_timeout); empty: it did not. Before Postgres 17 it says only whether.
  std::string invalidation;
  bool failover = false;  // standbys get a copy of it
  bool synced = false;    // this is such a copy

  bool is_lost() const { return wal_status == "lost" || !invalidation.empty(); }
};

// Slots can be copied to standbys from this version on.
inline constexpr int kFailoverSlots = 170000;

// Nothing when there is no such slot. Works in either mode of connection.
std::optional<SlotState> read_slot(PgConnection& connection, const std::string& name);

// Why the server gave a slot up, in words.
std::string loss_cause(PgConnection& connection, const SlotState& slot);

// The Error for a slot that the server gave up: why, what is lost, and the commands that begin
// anew.
Error lost_slot(PgConnection& connection, const std::string& name, const SlotState& slot);

struct PreparedSlot {
  Plugin plugin = Plugin::pgoutput;
  Lsn confirmed;
  bool created_now = false;
};

// The plugin of a slot of ours, or a usage Error: another plugin or another database than wanted.
Plugin check_slot(const SlotState& slot, const SourceSettings& settings, const PgContext& context);

// Makes the slot ready for streaming: decides the plugin when it has to be made, and sees to the
// publication first when that is pgoutput. An existing slot keeps its plugin. With `may_create`
// false a missing slot is an Error: then a checkpoint exists, and a new slot would be a gap.
// Making a slot waits until all transactions that run at the time have ended: at most
// `creation_limit`, or until `stop` says so; then it throws a transient Error.
PreparedSlot prepare_slot(const SourceSettings& settings, bool may_create,
                          std::chrono::milliseconds creation_limit = std::chrono::seconds(60),
                          const std::function<bool()>& stop = {});

}  // namespace waltrack
