#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/mapping_file.hpp"
#include "model/followed.hpp"

namespace waltrack {

// Reads all mapping files (*.yaml, *.yml) of a folder, by name; sub-folders are left alone. That
// there is no such folder, or no mapping in it, is a fault like those in the files: all go to
// `diagnostics`.
std::vector<MappingFile> read_mapping_folder(const std::filesystem::path& folder,
                                             Diagnostics& diagnostics);

// What the enabled documents want to hear of, each once, in their order. Globs stand for those of
// the `existing` tables that they match; a table that is named is followed whether it exists or
// not, so that it can be told that it doesn't.
Followed followed(const std::vector<MappingFile>& files, std::span<const TableName> existing);

// Those of followed()'s tables whose rows are told of when they are first tracked: an enabled
// document about them says `backfill: initial`, and none says `never`.
std::vector<TableName> initially_backfilled(const std::vector<MappingFile>& files,
                                            std::span<const TableName> existing);

}  // namespace waltrack
