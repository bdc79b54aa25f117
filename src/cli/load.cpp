#include "cli/load.hpp"

#include <cstdio>

#include "base/error.hpp"
#include "base/folder_fingerprint.hpp"
#include "mapping/mapping_folder.hpp"

namespace waltrack {

void tell(const Diagnostics& diagnostics, const std::string& what) {
  std::fputs(diagnostics.text().c_str(), stderr);
  if (!diagnostics.has_errors()) return;
  const int count = diagnostics.error_count();
  throw Error(ErrorKind::usage,
              std::to_string(count) + (count == 1 ? " error in " : " errors in ") + what);
}

void tell_errors(const Diagnostics& diagnostics, const std::string& what) {
  Diagnostics errors;
  for (const Diagnostic& one : diagnostics.all()) {
    if (one.severity == Severity::error) errors.error(one.place, one.message, one.hint);
  }
  tell(errors, what);
}

Loaded read_files(const std::string& config_path, Diagnostics& diagnostics) {
  Loaded loaded;
  loaded.config = load_config(config_path, diagnostics, process_environment());
  loaded.fingerprint = folder_fingerprint(loaded.config.mappings);
  loaded.mappings = read_mapping_folder(loaded.config.mappings, diagnostics);
  return loaded;
}

Loaded load_all(const std::string& config_path) {
  Diagnostics diagnostics;
  Loaded loaded = read_files(config_path, diagnostics);
  tell(diagnostics, "configuration and mappings");
  return loaded;
}

Loaded load_for_looking(const std::string& config_path) {
  Diagnostics diagnostics;
  Loaded loaded;
  loaded.config = load_config_to_look(config_path, diagnostics, process_environment());
  loaded.mappings = read_mapping_folder(loaded.config.mappings, diagnostics);
  tell_errors(diagnostics, "configuration and mappings");
  return loaded;
}

Config load_for_removal(const std::string& config_path) {
  Diagnostics diagnostics;
  Config config = load_config_to_look(config_path, diagnostics, process_environment());
  tell_errors(diagnostics, "the configuration");
  return config;
}

std::string load_state_path(const std::string& config_path) {
  Diagnostics diagnostics;
  std::string path = load_config_state(config_path, diagnostics, process_environment());
  tell(diagnostics, "the configuration");
  return path;
}

std::string load_mappings_path(const std::string& config_path) {
  Diagnostics diagnostics;
  std::string path = load_config_mappings(config_path, diagnostics, process_environment());
  tell(diagnostics, "the configuration");
  return path;
}

}  // namespace waltrack
