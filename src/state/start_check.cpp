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
  return Error(ErrorKind::failure,
               "the server's log ends at " + server.wal_position.text() +
                   ", before the checkpoint " + checkpoint.text() +
                   ": it was restored from an older backup, or is a standby that lags",
               state_path,
               "on a lagging standby wait, or name the primary in source.url. After a restore the "
               "log went another way from there: begin anew with `" +
                   move_away(state_path) +
                   "`; rows written since the backup are told again only "
                   "if they are written again");
}

Error slot_gone(const std::string& slot_name, Lsn checkpoint, bool made_anew,
                const std::string& state_path) {
  std::string what = "slot " + quoted(slot_name);
  what += made_anew ? " was made just now, but there is a checkpoint at "
                    : " does not exist, but there is a checkpoint at ";
  what += checkpoint.text() + ": what changed since then is not in a new slot";
  return Error(ErrorKind::failure, what, state_path,
               "if source.slot or source.url is wrong, correct it. Else accept the gap: " +
                   move_away(state_path) + " and start again; a new slot begins now");
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
  if (server.wal_position < seen) throw server_behind(seen, server, state_path);
  if (!slot || slot->just_created) {
    throw slot_gone(slot_name, checkpoint->lsn, slot.has_value(), state_path);
  }
  if (checkpoint->lsn < slot->confirmed) throw slot_ahead(*slot, checkpoint->lsn, state_path);

  StartDecision decision;
  decision.start = *checkpoint;
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
