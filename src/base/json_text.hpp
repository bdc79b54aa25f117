#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// Appends `text` as a JSON string, quotes included. `text` is UTF-8; every byte that is not valid
// UTF-8 becomes U+FFFD, so the result always parses. Made for the hot path: runs of plain bytes are
// copied whole.
void append_json_string(std::string& out, std::string_view text);

// The same without the quotes, to write into a string that is already open.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace waltrack
