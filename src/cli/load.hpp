#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "cli/config.hpp"
#include "mapping/mapping_file.hpp"

namespace waltrack {

// What people wrote, read and checked as far as it goes without a server.
struct Loaded {
  Config config;
  std::vector<MappingFile> mappings;
  std::string fingerprint;  // folder_fingerprint() from before the mappings were read
};

// Reads configuration and mapping files; what is wrong goes to `diagnostics`. A configuration file
// that cannot be read at all is a usage Error.
Loaded read_files(const std::string& config_path, Diagnostics& diagnostics);

// The same for a command that needs them to be right. Warnings are printed to standard error; when
// anything is wrong everything that is wrong is printed, and a usage Error is thrown.
Loaded load_all(const std::string& config_path);

// Only what it takes to look at the database with the mappings: it asks for no write key. Warnings
// are not told.
Loaded load_for_looking(const std::string& config_path);

// Only where the source and the state file are: a command that takes leave of them asks for neither
// a write key nor mappings.
Config load_for_removal(const std::string& config_path);

// Only the state file's path: a command that merely looks must not ask for secrets to be set.
std::string load_state_path(const std::string& config_path);

// Only the mapping files' folder, for the same reason.
std::string load_mappings_path(const std::string& config_path);

// Prints all diagnostics; throws a usage Error that counts the errors if there are any.
void tell(const Diagnostics& diagnostics, const std::string& what);
// The same without the warnings, for commands that are about something else.
void tell_errors(const Diagnostics& diagnostics, const std::string& what);

}  // namespace waltrack
