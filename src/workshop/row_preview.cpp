#include "workshop/row_preview.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "base/yaml_reader.hpp"
#include "mapping/value_compiler.hpp"
#include "workshop/column_text.hpp"

namespace waltrack {
namespace {

// A text column takes the words as they are; others what a test's row would hold.
YamlNode value_node(const std::string& text, const ColumnType& type) {
  YamlNode scalar;
  scalar.kind = YamlNode::Kind::scalar;
  scalar.scalar = text;
  const bool structured = type.kind == ValueKind::json || type.kind == ValueKind::array ||
                          type.kind == ValueKind::hstore;
  if (!structured) return scalar;
  Diagnostics faults;
  const std::vector<YamlNode> read = read_yaml("v: " + text + "\n", "--was", faults);
  const YamlNode* value = read.empty() ? nullptr : read[0].find("v");
  return faults.has_errors() || value == nullptr ? scalar : *value;
}

}  // namespace

std::vector<RowPreview> preview_rows(Mapper& mapper, const Table& table,
                                     const std::vector<ChangeDraft::Row>& rows,
                                     const PreviewChange& change) {
  std::vector<RowPreview> previews;
  for (const ChangeDraft::Row& row : rows) {
    RowPreview& preview = previews.emplace_back();
    if (change.op == Op::update || change.op == Op::remove) preview.before = row;
    if (change.op != Op::remove) preview.after = row;
    if (change.op == Op::update) {
      for (const auto& [column, value] : change.was)
        preview.before[column] = value;
    }
    const ChangeDraft draft(table, change.op, preview.before, preview.after, change.commit_time_us);
    CollectedEvents collected;
    mapper.map(draft.transaction(), draft.change(), collected);
    preview.outcomes = collected.outcomes();
  }
  return previews;
}

std::pair<size_t, std::optional<std::string>> parse_was(const std::string& text,
                                                        const Table& table) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) {
    throw Error(ErrorKind::usage, "--was takes COLUMN=VALUE", {}, "for example --was plan=free");
  }
  const std::string name = text.substr(0, equals);
  const std::optional<size_t> column = table.find_column(name);
  if (!column) {
    std::vector<std::string> names;
    for (const Column& one : table.columns)
      names.push_back(one.name);
    throw Error(ErrorKind::usage,
                "the table " + table.full_name() + " has no column '" + name + "'", "--was",
                suggest_name(name, names));
  }
  const std::string value = text.substr(equals + 1);
  if (value == "null") return {*column, std::nullopt};
  std::string fault;
  const ColumnType& type = table.columns[*column].type;
  std::optional<std::string> postgres = column_text(value_node(value, type), type, fault);
  if (!postgres) throw Error(ErrorKind::usage, fault, "--was " + name);
  return {*column, std::move(postgres)};
}

std::vector<std::string> preview_notes(const Table& table, const PreviewChange& change) {
  std::vector<std::string> notes;
  const bool whole = table.replica_identity == ReplicaIdentity::full;
  if (change.op == Op::update && change.was.empty()) {
    notes.push_back(
        "nothing has changed in these updates: say what a column was before with --was "
        "COLUMN=VALUE");
  }
  const bool hidden = std::ranges::any_of(
      change.was, [&](const auto& one) { return !table.columns[one.first].key; });
  if (!whole && ((change.op == Op::update && hidden) || change.op == Op::remove)) {
    notes.push_back("of an old row the server sends the key only: " + full_identity_sql(table));
  }
  return notes;
}

std::string row_title(const Table& table, const std::vector<std::string>& key,
                      const ChangeDraft::Row& row, size_t number) {
  std::string names, values;
  for (const std::string& name : key) {
    const std::optional<size_t> column = table.find_column(name);
    if (!column) continue;
    names += (names.empty() ? "" : ", ") + name;
    values += (values.empty() ? "" : ", ") + row[*column].value_or("null");
  }
  if (names.empty()) return "row " + std::to_string(number);
  if (key.size() == 1) return names + " " + values;
  return "(" + names + ") = (" + values + ")";
}

std::vector<MappingFile> files_about(const std::vector<MappingFile>& files,
                                     const TableName& table) {
  std::vector<MappingFile> about;
  for (const MappingFile& file : files) {
    MappingFile part{file.path, {}};
    for (const MappingDocument& document : file.documents) {
      if (!document.enabled) continue;
      const bool matches = std::ranges::any_of(
          document.tables, [&](const TableRef& one) { return one.glob.matches(table); });
      if (!matches) continue;
      part.documents.push_back(document);
      // Only this table is looked at: others need not exist.
      const SourcePlace place = document.tables.front().place;
      part.documents.back().tables = {{{{table.schema, false}, {table.name, false}}, place}};
    }
    if (!part.documents.empty()) about.push_back(std::move(part));
  }
  return about;
}

}  // namespace waltrack
