#include "cli/offline.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "cli/config.hpp"
#include "mapping/columns_lock.hpp"
#include "mapping/mapping_folder.hpp"

namespace waltrack {

std::vector<Table> load_columns_lock(const std::string& folder, Diagnostics& diagnostics) {
  const std::filesystem::path path = std::filesystem::path(folder) / kColumnsLockName;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) {
    throw Error(ErrorKind::usage, "there is no columns lock, which knows the tables' columns",
                path.string(),
                "run `waltrack check` where the database can be reached; it writes the file");
  }
  return read_columns_lock(text.str(), path.string(), diagnostics);
}

OfflineMappings load_offline(const std::string& config_path, Diagnostics& diagnostics) {
  OfflineMappings loaded;
  loaded.folder = load_config_mappings(config_path, diagnostics, process_environment());
  if (diagnostics.has_errors()) return loaded;
  loaded.files = read_mapping_folder(loaded.folder, diagnostics);
  loaded.tables = load_columns_lock(loaded.folder, diagnostics);
  return loaded;
}

}  // namespace waltrack
