#pragma once

#include <string>

namespace waltrack {

struct ConfigDraft {
  std::string mappings = "mappings/";  // as the file will name the folder
  std::string plugin = "auto";
  std::string plugin_why;  // a comment; may be empty
};

// The text of a first waltrack.yaml. Secrets are named, never written.
std::string config_draft(const ConfigDraft& draft);

}  // namespace waltrack
