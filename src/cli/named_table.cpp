#include "cli/named_table.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "cli/load.hpp"
#include "mapping/table_names.hpp"
#include "workshop/row_preview.hpp"

namespace waltrack {
namespace {

std::vector<MappingFile> mappings_of(const std::vector<MappingFile>& files,
                                     const TableName& table) {
  std::vector<MappingFile> about = files_about(files, table);
  if (!about.empty()) return about;
  std::vector<std::string> mapped;
  for (const MappingFile& file : files) {
    for (const MappingDocument& document : file.documents) {
      for (const TableRef& one : document.tables) {
        mapped.push_back(one.glob.full_name());
        if (document.enabled || !one.glob.matches(table)) continue;
        throw Error(ErrorKind::usage, "the mapping of " + table.full_name() + " is switched off",
                    one.place.text(), "take `enabled: false` away");
      }
    }
  }
  throw Error(
      ErrorKind::usage, "no mapping is about the table " + table.full_name(), {},
      suggest_name(table.full_name(), mapped) + "; `table: " + table.full_name() + "` begins one");
}

}  // namespace

TableName find_table(Catalog& catalog, const std::string& text) {
  const std::optional<TableGlob> glob = parse_table_glob(text);
  if (!glob || glob->is_glob()) {
    throw Error(ErrorKind::usage, "'" + text + "' is not a table's name", {},
                "write table or schema.table; odd names in double quotes, as in SQL");
  }
  const TableName named{glob->schema.text, glob->name.text};
  const TableName wanted = catalog.root_of(named.schema, named.name);
  const std::vector<TableName>& tables = catalog.tables();
  if (std::ranges::find(tables, wanted) != tables.end()) return wanted;
  std::vector<TableName> elsewhere;
  std::vector<std::string> names;
  for (const TableName& table : tables) {
    names.push_back(table.full_name());
    if (table.name == text) elsewhere.push_back(table);
  }
  // Without a schema: in the only one that has it.
  if (elsewhere.size() == 1) return elsewhere[0];
  const std::optional<std::string> near =
      elsewhere.empty() ? nearest_name(wanted.full_name(), names) : elsewhere[0].full_name();
  throw Error(ErrorKind::usage, "the database has no table '" + wanted.full_name() + "'", {},
              near ? "did you mean '" + *near + "'?"
                   : "is it the right database, and may the role see the table?");
}

std::unique_ptr<Mapper> compile_for(const std::vector<MappingFile>& files, const Table& table,
                                    const TableName& name) {
  Diagnostics found;
  auto mapper =
      compile_mappings(mappings_of(files, name), {&table, 1}, MessageIdentity(0, "", ""), found);
  tell_errors(found, "the mappings");
  return mapper;
}

}  // namespace waltrack
