#pragma once

#include <filesystem>
#include <string_view>

namespace waltrack {

// Gives the file this text, as a whole or not at all: by a file beside it, so that whoever reads it
// meanwhile finds the old text or the new one. A link stays one, and the permissions stay. False
// when it cannot be written.
[[nodiscard]] bool replace_file(const std::filesystem::path& path, std::string_view text);

}  // namespace waltrack
