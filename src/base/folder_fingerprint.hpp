#pragma once

#include <filesystem>
#include <string>

namespace waltrack {

// A short text that changes when any *.yaml or *.yml file of the folder does: its name or its
// content, not its times. Sub-folders and names that begin with a dot count for nothing, like for
// those who read the mapping files. A folder or file that cannot be read counts as such. Throws
// nothing.
std::string folder_fingerprint(const std::filesystem::path& folder);

}  // namespace waltrack
