#pragma once

#include <filesystem>

namespace waltrack {

// Makes the folder of a spool when it isn't there, and returns its path. Throws an Error of usage,
// before anything is made in it, when it is no folder or holds files that are none of a spool's.
std::filesystem::path make_spool_folder(const std::filesystem::path& path);

}  // namespace waltrack
