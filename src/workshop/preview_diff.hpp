#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "workshop/event_match.hpp"
#include "workshop/preview_report.hpp"

namespace waltrack {

// What two sets of mappings make of the same rows.
struct PreviewDiff {
  // What became of one rule's event (or dead letter) of a row.
  struct Entry {
    std::string rule;
    std::optional<EventJson> before;
    std::optional<EventJson> after;
    std::vector<Difference> differences;  // of an event that both make
    std::string why;                      // there is none any more, or was none
    SourcePlace place;                    // of the rule that makes it, else of the one that did

    bool is_same() const { return before && after && differences.empty(); }
  };
  struct Row {
    std::string title;
    std::vector<Entry> entries;
  };
  struct Count {
    size_t added = 0, removed = 0, changed = 0, same = 0;
  };

  std::vector<Row> rows;

  Count count() const;
};

// Rules are told by their id: one that has another now is removed and added, as it is for Segment,
// which gets its events under other message ids.
PreviewDiff compare_previews(const Preview& before, const Preview& after);

// For people: the rows whose events are not the same.
std::string preview_diff_report(const PreviewDiff& diff, const std::string& other, TextLook look);

// For scripts: all rows.
nlohmann::ordered_json preview_diff_json(const PreviewDiff& diff, const Preview& after,
                                         const std::string& other);

}  // namespace waltrack
