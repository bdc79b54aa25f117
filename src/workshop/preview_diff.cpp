#include "workshop/preview_diff.hpp"

#include <algorithm>
#include <filesystem>

#include "base/iso8601.hpp"
#include "workshop/difference_text.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

// The event or dead letter that an outcome is, without a time that no mapping sets.
std::optional<EventJson> made(const RuleOutcome* outcome, const std::string& commit_time) {
  if (outcome == nullptr || outcome->kind == RuleOutcome::Kind::silent) return std::nullopt;
  if (outcome->kind == RuleOutcome::Kind::event) {
    EventJson event = essence(outcome->event);
    if (event.contains("timestamp") && event["timestamp"] == commit_time) event.erase("timestamp");
    return event;
  }
  return EventJson{
      {"dead_letter", outcome->reason}, {"rule", outcome->rule->id}, {"detail", outcome->detail}};
}

const RuleOutcome* outcome_of(const RowPreview& row, const std::string& rule) {
  const auto found =
      std::ranges::find(row.outcomes, rule, [](const RuleOutcome& one) { return one.rule->id; });
  return found == row.outcomes.end() ? nullptr : &*found;
}

std::string why_none(const RuleOutcome* outcome) {
  return outcome == nullptr ? "there is no such rule" : std::string(describe(outcome->silence));
}

PreviewDiff::Entry compare(const std::string& rule, const RuleOutcome* before,
                           const RuleOutcome* after, const std::string& commit_time) {
  PreviewDiff::Entry entry;
  entry.rule = rule;
  entry.before = made(before, commit_time);
  entry.after = made(after, commit_time);
  const bool after_makes = entry.after || before == nullptr;
  entry.place = after_makes ? after->rule->place : before->rule->place;
  if (entry.before && entry.after) {
    entry.differences = differences(*entry.before, *entry.after, Compare::whole);
  } else {
    entry.why = entry.before ? why_none(after) : why_none(before);
  }
  return entry;
}

std::string place_text(const SourcePlace& place) {
  return std::filesystem::path(place.file).filename().string() + ":" + std::to_string(place.line);
}

std::string entry_text(const PreviewDiff::Entry& entry, TextLook look) {
  const std::vector<EventJson> before =
      entry.before ? std::vector{*entry.before} : std::vector<EventJson>();
  const std::vector<EventJson> after =
      entry.after ? std::vector{*entry.after} : std::vector<EventJson>();
  EventPair pair;
  if (entry.before) pair.before = 0;
  if (entry.after) pair.after = 0;
  pair.differences = entry.differences;
  std::string head = entry.before && entry.after ? "changed" : entry.after ? "added" : "removed";
  const Tint tint = entry.before && entry.after ? Tint::yellow
                    : entry.after               ? Tint::green
                                                : Tint::red;
  std::string text = "  " + tinted(look, tint, head) + " " +
                     tinted(look, Tint::bold, printable(entry.rule)) + "  " +
                     tinted(look, Tint::dim, place_text(entry.place)) + "\n";
  if (!entry.why.empty()) {
    text += tinted(look, Tint::dim,
                   std::string(entry.before ? "    now: " : "    before: ") + entry.why) +
            "\n";
  }
  if (entry.before && entry.after)
    return text + changed_fields_text(entry.differences, "    ", look);
  return text + difference_text({pair}, before, after, "    ", look);
}

Json count_json(const PreviewDiff::Count& count) {
  return {{"added", count.added},
          {"removed", count.removed},
          {"changed", count.changed},
          {"unchanged", count.same}};
}

}  // namespace

PreviewDiff::Count PreviewDiff::count() const {
  Count count;
  for (const Row& row : rows) {
    for (const Entry& entry : row.entries) {
      if (!entry.before) {
        ++count.added;
      } else if (!entry.after) {
        ++count.removed;
      } else {
        ++(entry.is_same() ? count.same : count.changed);
      }
    }
  }
  return count;
}

PreviewDiff compare_previews(const Preview& before, const Preview& after) {
  std::string commit_time;
  if (after.change.op != Op::backfill) {
    append_iso8601_utc(commit_time, after.change.commit_time_us);
  }
  PreviewDiff diff;
  for (size_t i = 0; i < after.rows.size(); ++i) {
    const RowPreview& old_row = before.rows[i];
    const RowPreview& new_row = after.rows[i];
    PreviewDiff::Row& row = diff.rows.emplace_back();
    row.title = row_title(after.table, after.key, new_row.row(), i + 1);
    const auto add = [&](const std::string& rule) {
      PreviewDiff::Entry entry =
          compare(rule, outcome_of(old_row, rule), outcome_of(new_row, rule), commit_time);
      if (entry.before || entry.after) row.entries.push_back(std::move(entry));
    };
    for (const RuleOutcome& outcome : new_row.outcomes)
      add(outcome.rule->id);
    for (const RuleOutcome& outcome : old_row.outcomes) {
      if (outcome_of(new_row, outcome.rule->id) == nullptr) add(outcome.rule->id);
    }
  }
  return diff;
}

std::string preview_diff_report(const PreviewDiff& diff, const std::string& other, TextLook look) {
  std::string text;
  for (const PreviewDiff::Row& row : diff.rows) {
    if (std::ranges::all_of(row.entries, &PreviewDiff::Entry::is_same)) continue;
    text += tinted(look, Tint::bold, cut_to(printable(row.title), look.width)) + "\n";
    for (const PreviewDiff::Entry& entry : row.entries) {
      if (!entry.is_same()) text += entry_text(entry, look);
    }
    text += "\n";
  }
  const PreviewDiff::Count count = diff.count();
  return text + std::to_string(diff.rows.size()) + (diff.rows.size() == 1 ? " row" : " rows") +
         " against " + printable(other) + ": events added " + std::to_string(count.added) +
         ", removed " + std::to_string(count.removed) + ", changed " +
         std::to_string(count.changed) + ", unchanged " + std::to_string(count.same) +
         "; nothing was sent\n";
}

nlohmann::ordered_json preview_diff_json(const PreviewDiff& diff, const Preview& after,
                                         const std::string& other) {
  Json json = {{"table", after.table.full_name()},
               {"op", op_name(after.change.op)},
               {"against", other},
               {"count", count_json(diff.count())},
               {"notes", after.notes},
               {"rows", Json::array()}};
  for (size_t i = 0; i < diff.rows.size(); ++i) {
    Json row = {{"key", Json::object()}, {"rules", Json::array()}};
    for (const std::string& name : after.key) {
      const auto column = after.table.find_column(name);
      if (!column) continue;
      row["key"][name] =
          column_json(after.table.columns[*column].type, after.rows[i].row()[*column]);
    }
    for (const PreviewDiff::Entry& entry : diff.rows[i].entries) {
      Json one = {{"rule", entry.rule},
                  {"change", entry.is_same() ? "none"
                             : !entry.before ? "added"
                             : !entry.after  ? "removed"
                                             : "changed"},
                  {"before", entry.before.value_or(nullptr)},
                  {"after", entry.after.value_or(nullptr)},
                  {"fields", Json::array()}};
      if (!entry.why.empty()) one["why"] = entry.why;
      for (const Difference& field : entry.differences) {
        one["fields"].push_back({{"path", field.path},
                                 {"before", field.before.value_or(nullptr)},
                                 {"after", field.after.value_or(nullptr)}});
      }
      row["rules"].push_back(std::move(one));
    }
    json["rows"].push_back(std::move(row));
  }
  return json;
}

}  // namespace waltrack
