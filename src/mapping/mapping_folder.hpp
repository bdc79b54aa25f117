#pragma once

#include <filesystem>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/mapping_file.hpp"

namespace waltrack {

// Reads all mapping files (*.yaml, *.yml) of a folder, by name; sub-folders are left alone. That
// there is no such folder, or no mapping in it, is a fault like those in the files: all go to
// `diagnostics`.
std::vector<MappingFile> read_mapping_folder(const std::filesystem::path& folder,
                                             Diagnostics& diagnostics);

// The tables that the files map, each once, in their order.
std::vector<TableName> mapped_tables(const std::vector<MappingFile>& files);

}  // namespace waltrack
