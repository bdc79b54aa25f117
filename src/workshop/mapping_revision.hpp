#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/mapping_file.hpp"

namespace waltrack {

// The mapping files to compare with those in `folder`: of another folder, when `other` is one, else
// as `folder` was in the Git revision `other`; their paths then begin with "REVISION:". Their
// faults go to `diagnostics`. Throws a usage Error when it is neither.
std::vector<MappingFile> read_mapping_revision(const std::string& other,
                                               const std::filesystem::path& folder,
                                               Diagnostics& diagnostics);

}  // namespace waltrack
