#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "workshop/row_preview.hpp"

namespace waltrack {

// What to show of previewed rows.
struct Preview {
  Table table;
  std::vector<std::string> key;  // the primary key's columns
  PreviewChange change;
  std::vector<RowPreview> rows;
  std::vector<std::string> notes;
};

// For people: for each row its key, its columns, and beside them (below, where a terminal is narrow
// or there is none) each rule with its event, why it was silent, or why the row is a dead letter.
std::string preview_report(const Preview& preview, TextLook look);

// For scripts.
nlohmann::ordered_json preview_report_json(const Preview& preview);

// A column's value as it goes into an event.
nlohmann::ordered_json column_json(const ColumnType& type, const std::optional<std::string>& text);

}  // namespace waltrack
