#include "postgres/preflight_server.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/iso8601.hpp"

namespace waltrack {
namespace {

constexpr int kOldest =
    140000;  // add-ons of the catalog that are asked for; what is tested is newer
constexpr int kOldestTested = 150000;
constexpr int64_t kClockLimitUs = 5'000'000;

std::string shown_time(int64_t us) {
  std::string text;
  append_iso8601_utc(text, us);
  const size_t fraction = text.find('.');
  return fraction == std::string::npos ? text : text.substr(0, fraction) + "Z";
}

std::string shown_duration(int64_t us) {
  const int64_t seconds = std::abs(us) / 1'000'000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  return seconds < 7200 ? std::to_string(seconds / 60) + " min"
                        : std::to_string(seconds / 3600) + " h";
}

// Slots that nobody reads, for a person who needs room.
std::string idle_slots(Inspection& look) {
  const PgResult rows = look.connection.query(
      "SELECT slot_name FROM pg_replication_slots WHERE NOT active AND NOT temporary "
      "ORDER BY slot_name LIMIT 5");
  std::string names;
  for (int i = 0; i < rows.rows(); ++i)
    names.append(names.empty() ? "" : ", ").append(rows.text(i, 0));
  return names;
}

Fix room_fix(Inspection& look, const std::string& setting, int64_t value) {
  return setting_fix(look.hosting, setting, std::to_string(value), Fix::After::restart);
}

}  // namespace

int64_t clock_difference(int64_t before_us, int64_t theirs_us, int64_t after_us) {
  if (theirs_us < before_us) return theirs_us - before_us;
  return theirs_us > after_us ? theirs_us - after_us : 0;
}

void check_version(Inspection& look) {
  const int version = look.connection.server_version();
  const std::string shown = "Postgres " + std::to_string(version / 10000);
  if (version < kOldest) {
    look.error("version", shown + " is too old", fix_by_text("use Postgres 15 or newer"));
  } else if (version < kOldestTested) {
    look.warning("version_untested", shown + " is not tested with waltrack; 15 and newer are", {});
  }
}

void check_wal_level(Inspection& look) {
  const std::string level = look.connection.query("SHOW wal_level").string(0, 0);
  if (level == "logical") return;
  look.may_make_slots = false;
  look.error("wal_level", "wal_level is " + level + ", and has to be logical",
             wal_level_fix(look.hosting));
}

void check_room(Inspection& look) {
  const std::optional<SlotState> slot = read_slot(look.connection, look.settings.slot);
  const int64_t slots = look.number_setting("max_replication_slots");
  const int64_t used =
      look.connection.query("SELECT count(*) FROM pg_replication_slots").integer(0, 0);
  if (used >= slots) {
    look.may_make_slots = false;
    if (!slot) {
      Fix fix = room_fix(look, "max_replication_slots", std::max<int64_t>(used + 5, 10));
      const std::string idle = idle_slots(look);
      if (!idle.empty()) {
        fix.text +=
            (fix.text.empty() ? "" : "\n") +
            ("or, without a restart, drop one that nobody needs (not read at present: " + idle +
             "): SELECT pg_drop_replication_slot('…');");
      }
      look.error("slots_full", "all " + std::to_string(slots) + " replication slots are in use",
                 std::move(fix));
    }
  }
  const int64_t senders = look.number_setting("max_wal_senders");
  const int64_t sending =
      look.connection.query("SELECT count(*) FROM pg_stat_replication").integer(0, 0);
  if (sending < senders) return;
  if (slot && slot->active_pid) return;  // one of them is ours
  const std::string what = senders == 0
                               ? "max_wal_senders is 0: nothing can be streamed"
                               : "all " + std::to_string(senders) + " WAL senders are in use";
  look.error("wal_senders_full", what,
             room_fix(look, "max_wal_senders", std::max<int64_t>(sending + 5, 10)));
}

// Any WAL sender may count as a synchronous standby, ours too.
void check_synchronous_commits(Inspection& look) {
  const PgResult rows = look.connection.query(
      "SELECT setting, regexp_split_to_array(lower(setting), '[^a-z0-9_*-]+') "
      "&& ARRAY['*', lower(current_setting('application_name'))] "
      "FROM pg_settings WHERE name = 'synchronous_standby_names'");
  if (rows.rows() == 0 || !rows.boolean(0, 1)) return;
  look.warning("synchronous_standby",
               "synchronous_standby_names is '" + rows.string(0, 0) +
                   "', which takes waltrack for a standby: commits of every application may wait "
                   "until Segment has taken their events",
               fix_by_text("name the real standbys in synchronous_standby_names, by the "
                           "application_name of their primary_conninfo, and reload the server"));
}

void check_clock(Inspection& look) {
  const int64_t before = look.clock.utc_us();
  const int64_t theirs =
      look.connection.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
          .integer(0, 0);
  const int64_t off = clock_difference(before, theirs, look.clock.utc_us());
  if (std::abs(off) < kClockLimitUs) return;
  look.warning("clock",
               "the server's clock is " + shown_duration(off) + " " +
                   (off > 0 ? "ahead of" : "behind") + " this machine's (" + shown_time(theirs) +
                   " there, " + shown_time(before) +
                   " here): Segment will put events' times wrong by as much",
               fix_by_text("let both follow the same time servers; `timedatectl` tells whether "
                           "this machine does"));
}

}  // namespace waltrack
