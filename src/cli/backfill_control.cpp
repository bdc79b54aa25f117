#include "cli/backfill_control.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "mapping/table_names.hpp"

namespace waltrack {
namespace {

using Action = BackfillRequest::Action;

struct UnderWay {
  TableName table;
  bool paused = false;
};

bool has_failed(const StateStatus& status, const TableName& table) {
  return std::ranges::any_of(status.backfills, [&](const BackfillProgress& progress) {
    return progress.table == table && progress.phase == BackfillPhase::failed;
  });
}

// What is under way once a run has taken up all that was asked.
std::vector<UnderWay> under_way(const StateStatus& status) {
  std::vector<UnderWay> found;
  for (const BackfillProgress& progress : status.backfills) {
    if (progress.is_over()) continue;
    found.push_back({progress.table, progress.phase == BackfillPhase::paused});
  }
  for (const state::PendingRequest& pending : status.backfill_requests) {
    const Action action = pending.request.action;
    const TableName& table = pending.request.table;
    const auto one = std::ranges::find(found, table, &UnderWay::table);
    if (one == found.end()) {
      const bool begins =
          action == Action::start || (action == Action::resume && has_failed(status, table));
      if (begins) found.push_back({table, false});
    } else if (action == Action::cancel) {
      found.erase(one);
    } else if (action != Action::start) {
      one->paused = action == Action::pause;
    }
  }
  return found;
}

bool applies(Action action, const UnderWay& one) {
  if (action == Action::pause) return !one.paused;
  return action == Action::cancel || one.paused;
}

}  // namespace

bool is_under_way(const StateStatus& status, const TableName& table) {
  return std::ranges::any_of(under_way(status),
                             [&](const UnderWay& one) { return one.table == table; });
}

std::vector<BackfillRequest> control_requests(Action action, const std::vector<std::string>& tables,
                                              const StateStatus& status) {
  std::vector<BackfillRequest> requests;
  const auto add = [&](const TableName& table) {
    BackfillRequest& request = requests.emplace_back();
    request.action = action;
    request.table = table;
  };
  for (const std::string& text : tables) {
    const TableName table = find_backfill(text, status);
    if (!is_under_way(status, table) && !(action == Action::resume && has_failed(status, table))) {
      throw Error(ErrorKind::usage, "no backfill of this table is under way", table.full_name(),
                  "see waltrack backfill --status");
    }
    add(table);
  }
  if (!tables.empty()) return requests;
  for (const UnderWay& one : under_way(status)) {
    if (applies(action, one)) add(one.table);
  }
  return requests;
}

TableName find_backfill(const std::string& text, const StateStatus& status) {
  std::vector<TableName> known;
  for (const BackfillProgress& progress : status.backfills)
    known.push_back(progress.table);
  for (const state::PendingRequest& pending : status.backfill_requests) {
    if (std::ranges::find(known, pending.request.table) == known.end()) {
      known.push_back(pending.request.table);
    }
  }
  std::vector<TableName> elsewhere;
  std::vector<std::string> names;
  const std::optional<TableGlob> glob = parse_table_glob(text);
  for (const TableName& table : known) {
    if (glob && !glob->is_glob() && glob->matches(table)) return table;
    if (table.name == text) elsewhere.push_back(table);
    names.push_back(table.full_name());
  }
  // Without a schema: in the only one that has it.
  if (elsewhere.size() == 1) return elsewhere[0];
  throw Error(ErrorKind::usage, "the state file knows no backfill of '" + text + "'", {},
              names.empty() ? "none was ever asked for" : suggest_name(text, names));
}

}  // namespace waltrack
