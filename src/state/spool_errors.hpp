#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

// What can be wrong with a spool, in words, and what to do about it.
namespace waltrack::spool_errors {

// An errno; `doing` completes "cannot …". A disk that is full passes by itself.
Error disk(int problem, const std::string& doing, const std::filesystem::path& path);

// A segment whose records cannot be read from `offset` on. The way to go on leaves a copy of it,
// which marks the gap as known: see is_known_gap().
Error damaged_record(const std::filesystem::path& segment, uint64_t offset, uint64_t file_bytes);
// A segment with fewer bytes than were synced.
Error shorter(const std::filesystem::path& segment, uint64_t file_bytes, uint64_t synced_bytes);
Error damaged_header(const std::filesystem::path& segment, const std::string& what);

// Events [from, to) are in no segment, though later ones are.
Error missing(const std::filesystem::path& segment, uint64_t from, uint64_t to);

// A folder that is somebody else's.
Error foreign_file(const std::filesystem::path& folder, const std::string& name);

Error other_version(const std::filesystem::path& segment, uint32_t version);
Error other_destination(const std::filesystem::path& folder, const std::string& theirs,
                        const std::string& ours);

// What the Errors above tell people to add to the name of a segment that is given up.
inline constexpr std::string_view kGivenUp = ".damaged";

}  // namespace waltrack::spool_errors
