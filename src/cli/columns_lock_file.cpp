#include "cli/columns_lock_file.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/replace_file.hpp"
#include "mapping/columns_lock.hpp"
#include "mapping/mapping_folder.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

}  // namespace

std::optional<std::string> columns_lock_text(Catalog& catalog,
                                             const std::vector<MappingFile>& mappings) {
  const std::vector<TableName> wanted = followed(mappings, catalog.tables()).tables;
  std::vector<Table> tables = catalog.read_tables();
  std::erase_if(tables, [&](const Table& table) {
    return std::ranges::find(wanted, TableName{table.schema, table.name}) == wanted.end();
  });
  if (tables.size() != wanted.size()) return std::nullopt;
  return write_columns_lock(tables);
}

LockOutcome refresh_columns_lock(const fs::path& folder, const std::vector<MappingFile>& mappings,
                                 Catalog& catalog) {
  const std::optional<std::string> text = columns_lock_text(catalog, mappings);
  if (!text) return LockOutcome::left_alone;
  const fs::path path = folder / kColumnsLockName;
  if (text_of(path) == *text) return LockOutcome::unchanged;
  return replace_file(path, *text) ? LockOutcome::written : LockOutcome::not_writable;
}

const char* describe(LockOutcome outcome) {
  switch (outcome) {
    case LockOutcome::written:
      return "wrote columns.lock.json beside the mappings: the tables have other columns than it "
             "said";
    case LockOutcome::not_writable:
      return "columns.lock.json beside the mappings is out of date, and cannot be written here";
    case LockOutcome::left_alone:
    case LockOutcome::unchanged:
      break;
  }
  return "";
}

const char* outcome_name(LockOutcome outcome) {
  switch (outcome) {
    case LockOutcome::left_alone:
      return "left_alone";
    case LockOutcome::unchanged:
      return "unchanged";
    case LockOutcome::written:
      return "written";
    case LockOutcome::not_writable:
      return "not_writable";
  }
  return "";
}

}  // namespace waltrack
