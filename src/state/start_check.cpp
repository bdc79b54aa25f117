#include "state/start_check.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace waltrack {
namespace {

// Starting anew means forgetting the checkpoint; the file is kept for its dead letters, with its
// write-ahead log, which holds the newest of them.
std::string move_away(const std::string& state_path) {
  return "mkdir " + state_path + ".old && mv " + state_path + " " + state_path + "-* " +
         state_path + ".old/";
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

Error other_server(const SourceIdentity& identity, const ServerFacts& server,
                   const std::string& state_path) {
  return Error(ErrorKind::failure,
               "this is another server: the state file belongs to system identifier " +
                   std::to_string(identity.system_identifier) + ", this one is " +
                   std::to_string(server.system_identifier),
               state_path,
               "correct source.url; or, to begin on this server with what changes from now on: " +
                   move_away(state_path));
}

Error other_database(const SourceIdentity& identity, const ServerFacts& server,
                     const std::string& state_path) {
  return Error(ErrorKind::failure,
               "this is another database: the state file belongs to " + quoted(identity.database) +
                   ", source.url names " + quoted(server.database),
               state_path,
               "correct source.url; or give this database a `state:` and a `source.slot:` of its "
               "own");
}

Error server_behind(Lsn checkpoint, const ServerFacts& server, const std::string& state_path) {
  const std::string what = "the server's log ends at " + server.wal_position.text() +
                           ", before the checkpoint " + checkpoint.text();
  if (server.standby) {
    return Error(ErrorKind::transient, what + ": this standby lags behind its primary", state_path,
                 "wait until it has caught up, or name a server that is ahead in source.url");
  }
  return Error(
      ErrorKind::failure,
      what + ": it was restored from an older backup, or is the primary of before a failover",
      state_path,
      "after a restore the log went another way from there: begin anew with `waltrack drop && "
      "waltrack run`; rows written since the backup are told again only if they are written "
      "again");
}

Error slot_gone(const std::string& slot_name, Lsn checkpoint, bool made_anew,
                const std::string& state_path) {
  std::string what = "slot " + quoted(slot_name);
  what += made_anew ? " was made just now, but there is a checkpoint at "
                    : " does not exist, but there is a checkpoint at ";
  what += checkpoint.text() + ": what changed since then is not in a new slot";
  return Error(
      ErrorKind::failure, what, state_path,
      "if source.slot or source.url is wrong, correct it. Else accept the gap: `waltrack drop && "
      "waltrack run`; a new slot begins now");
}

Error slot_ahead(const SlotFacts& slot, Lsn checkpoint, const std::string& state_path) {
  return Error(
      ErrorKind::failure,
      "WAL between " + checkpoint.text() + " and " + slot.confirmed.text() +
          " was already confirmed to slot " + quoted(slot.name) +
          " by someone else: the changes there are lost for this checkpoint",
      state_path,
      "if this is an old copy of the state file, put the newest back. If another program reads "
      "this slot, give each its own `source.slot:`. Else accept the gap: " +
          move_away(state_path) + " and start again; it goes on from " + slot.confirmed.text());
}

std::string timeline_text(uint32_t timeline) {
  return "timeline " + std::to_string(timeline);
}

Error older_timeline(uint32_t read_timeline, const ServerFacts& server,
                     const std::string& state_path) {
  const std::string what = "the server is on " + timeline_text(server.history.timeline()) +
                           ", the checkpoint is of the later " + timeline_text(read_timeline);
  if (server.standby) {
    return Error(ErrorKind::transient, what + ": this standby has not followed yet", state_path,
                 "wait until it has, or name the promoted server in source.url");
  }
  return Error(ErrorKind::failure, what + ": it is the primary of before a failover", state_path,
               "name the promoted server in source.url, and stop this one: what is written to it "
               "is lost");
}

Error unrelated_timeline(uint32_t read_timeline, Lsn checkpoint, const ServerFacts& server,
                         const std::string& state_path) {
  return Error(ErrorKind::failure,
               "the server's " + timeline_text(server.history.timeline()) + " does not come from " +
                   timeline_text(read_timeline) + ", in which the checkpoint " + checkpoint.text() +
                   " is: their histories parted earlier, or the server lost its history file",
               state_path,
               "name the server in source.url that follows the one that was read; or accept that "
               "what lies between is not known: " +
                   move_away(state_path) + " and start again; the slot's position counts then");
}

Error slot_beyond(Lsn checkpoint, const ServerFacts& server, const SlotFacts& slot,
                  Lsn shared_until, const std::string& state_path) {
  return Error(ErrorKind::failure,
               "the histories diverged at " + shared_until.text() + ", before the checkpoint " +
                   checkpoint.text() + ", and slot " + quoted(slot.name) +
                   " was made or confirmed behind that, at " + slot.confirmed.text() + ", on " +
                   timeline_text(server.history.timeline()) +
                   ": what this server wrote in between can't be read",
               state_path,
               "if another server has the slot of before, name it in source.url. Else accept the "
               "gap: `waltrack drop && waltrack run`");
}

std::string diverged(uint32_t read_timeline, Lsn checkpoint, const ServerFacts& server,
                     Lsn shared_until) {
  return "the histories diverged: events were sent up to " + checkpoint.text() + " on " +
         timeline_text(read_timeline) + ", but this server left it at " + shared_until.text() +
         " for " + timeline_text(server.history.timeline()) + ". Going on from " +
         shared_until.text() +
         ": nothing of this server's is left out; what was sent of changes between the two "
         "positions may be of rows that it never got. If it was promoted while waltrack read "
         "from it, they come again under the same ids";
}

StartDecision start_without_checkpoint(const std::optional<SlotFacts>& slot) {
  StartDecision decision;
  if (!slot) return decision;
  decision.start.lsn = slot->confirmed;
  if (!slot->just_created) {
    decision.warnings.push_back(
        "the state file holds no checkpoint, but slot " + quoted(slot->name) +
        " exists: going on from its confirmed position " + slot->confirmed.text() +
        "; what was sent already and not confirmed comes again, under the same ids if "
        "destination.id is the same");
  }
  return decision;
}

}  // namespace

StartDecision decide_start(const std::optional<SourceIdentity>& identity,
                           const std::optional<Checkpoint>& checkpoint, const ServerFacts& server,
                           const std::string& slot_name, const std::optional<SlotFacts>& slot,
                           const std::string& state_path) {
  if (identity && identity->system_identifier != server.system_identifier) {
    throw other_server(*identity, server, state_path);
  }
  if (identity && identity->database != server.database) {
    throw other_database(*identity, server, state_path);
  }
  if (!checkpoint) return start_without_checkpoint(slot);

  // A transaction in which progress was made has been seen up to its commit record.
  Lsn seen = checkpoint->lsn;
  if (checkpoint->within) seen = std::max(seen, checkpoint->within->commit_lsn);
  StartDecision decision;
  decision.start = *checkpoint;
  const StreamOrigin origin = identity ? identity->origin : StreamOrigin{};
  const uint32_t read_timeline = origin.timeline;
  const HistoryVerdict verdict =
      judge_history(server.history, origin, seen, slot ? slot->confirmed : Lsn{});
  switch (verdict.kind) {
    case HistoryVerdict::Kind::shared:
      break;
    case HistoryVerdict::Kind::server_older:
      throw older_timeline(read_timeline, server, state_path);
    case HistoryVerdict::Kind::unrelated:
      throw unrelated_timeline(read_timeline, seen, server, state_path);
    case HistoryVerdict::Kind::slot_beyond:
      throw slot_beyond(seen, server, *slot, verdict.shared_until, state_path);
    case HistoryVerdict::Kind::diverged:
      decision.warnings.push_back(diverged(read_timeline, seen, server, verdict.shared_until));
      decision.start = {.lsn = verdict.shared_until, .within = std::nullopt};
      seen = verdict.shared_until;
      break;
  }
  if (server.wal_position < seen) throw server_behind(seen, server, state_path);
  if (!slot || slot->just_created) {
    throw slot_gone(slot_name, checkpoint->lsn, slot.has_value(), state_path);
  }
  if (decision.start.lsn < slot->confirmed) {
    throw slot_ahead(*slot, decision.start.lsn, state_path);
  }
  if (identity && identity->slot != slot->name) {
    decision.warnings.push_back("the slot changed from " + quoted(identity->slot) + " to " +
                                quoted(slot->name) +
                                ": going on from the checkpoint; drop the old slot, or the server "
                                "keeps its WAL for it: select pg_drop_replication_slot('" +
                                identity->slot + "')");
  }
  if (identity && identity->plugin != slot->plugin) {
    decision.warnings.push_back("the slot's plugin changed from " + identity->plugin + " to " +
                                slot->plugin + ": going on from the checkpoint, ids stay the same");
  }
  return decision;
}

}  // namespace waltrack
