#include "cli/offline.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "cli/config.hpp"
#include "mapping/columns_lock.hpp"
#include "mapping/mapping_folder.hpp"

namespace waltrack {
namespace {

// Of a lock that is older than a mapping one must not say that the database lacks the table.
void tell_missing_tables(const std::vector<MappingFile>& files, const std::vector<Table>& tables,
                         Diagnostics& diagnostics) {
  const auto tell = [&](const TableRef& wanted) {
    const bool known = std::ranges::any_of(tables, [&](const Table& table) {
      return wanted.glob.matches({table.schema, table.name});
    });
    if (known || wanted.glob.is_glob()) return;
    diagnostics.error(wanted.place,
                      "the columns lock does not know the table '" + wanted.glob.full_name() + "'",
                      "run `waltrack check` where the database can be reached; it writes the lock");
  };
  for (const MappingFile& file : files) {
    for (const MappingDocument& document : file.documents) {
      if (document.enabled) std::ranges::for_each(document.tables, tell);
    }
  }
}

}  // namespace

std::optional<std::vector<Table>> load_columns_lock(const std::string& folder,
                                                    Diagnostics& diagnostics) {
  const std::filesystem::path path = std::filesystem::path(folder) / kColumnsLockName;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) {
    diagnostics.error({path.string(), 0, 0},
                      "there is no columns lock, which knows the tables' columns",
                      "run `waltrack check` where the database can be reached; it writes the file, "
                      "to be kept in Git");
    return std::nullopt;
  }
  const int errors = diagnostics.error_count();
  std::vector<Table> tables = read_columns_lock(text.str(), path.string(), diagnostics);
  if (diagnostics.error_count() > errors) return std::nullopt;
  return tables;
}

OfflineMappings load_offline(const std::string& config_path, Diagnostics& diagnostics) {
  OfflineMappings loaded;
  loaded.folder = load_config_mappings(config_path, diagnostics, process_environment());
  if (diagnostics.has_errors()) return loaded;
  loaded.files = read_mapping_folder(loaded.folder, diagnostics);
  if (auto tables = load_columns_lock(loaded.folder, diagnostics)) {
    loaded.tables = *std::move(tables);
  }
  return loaded;
}

std::unique_ptr<Mapper> compile_offline(const std::vector<MappingFile>& files,
                                        const std::vector<Table>& tables,
                                        Diagnostics& diagnostics) {
  tell_missing_tables(files, tables, diagnostics);
  if (diagnostics.has_errors()) return nullptr;
  return compile_mappings(files, tables, MessageIdentity(0, "", ""), diagnostics);
}

}  // namespace waltrack
