#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/mapper.hpp"
#include "mapping/mapping_file.hpp"
#include "model/table.hpp"

namespace waltrack {

// What commands know that need no database: the mapping files, and the tables of the columns lock
// beside them.
struct OfflineMappings {
  std::string folder;
  std::vector<MappingFile> files;
  std::vector<Table> tables;
};

// What is wrong goes to `diagnostics`. Of the configuration only `mappings` is read: no secret must
// be set. Throws a usage Error when there is no configuration.
OfflineMappings load_offline(const std::string& config_path, Diagnostics& diagnostics);

// The tables of the lock in the folder of the mapping files. Nothing when there is none or it is
// faulty, which goes to `diagnostics`.
std::optional<std::vector<Table>> load_columns_lock(const std::string& folder,
                                                    Diagnostics& diagnostics);

// Compiles mappings against the tables of a lock; what is wrong, a table that it lacks included,
// goes to `diagnostics`, and then there is no mapper.
std::unique_ptr<Mapper> compile_offline(const std::vector<MappingFile>& files,
                                        const std::vector<Table>& tables, Diagnostics& diagnostics);

}  // namespace waltrack
