#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "cli/config.hpp"
#include "mapping/mapping_file.hpp"
#include "workshop/fixture.hpp"

// loader_verdict mapping|config FILE…: what the loaders say of the files' shape, a line for each:
// "good FILE", or "bad FILE: the first fault". Needs no server: expressions and columns are not
// looked at.

namespace waltrack {
namespace {

// What the files below tests/schema/ take from the environment; all else has its default there.
std::optional<std::string> variable(const std::string& name) {
  if (name == "DATABASE_URL") return "host=db";
  if (name == "SEGMENT_WRITE_KEY") return "k3y";
  return std::nullopt;
}

Diagnostics judge(std::string_view kind, const std::string& path) {
  Diagnostics diagnostics;
  if (kind == "config") {
    load_config(path, diagnostics, variable);
    return diagnostics;
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  const MappingFile file = read_mapping_file(text.str(), path, diagnostics);
  for (const MappingDocument& document : file.documents)
    read_fixtures(document, MissingExpect::fault, diagnostics);
  return diagnostics;
}

void print_verdict(std::string_view kind, const std::string& path) {
  const Diagnostics diagnostics = judge(kind, path);
  for (const Diagnostic& one : diagnostics.all()) {
    if (one.severity != Severity::error) continue;
    std::printf("bad %s: %s\n", path.c_str(), one.message.c_str());
    return;
  }
  std::printf("good %s\n", path.c_str());
}

}  // namespace
}  // namespace waltrack

int main(int argc, char** argv) {
  for (int i = 2; i < argc; ++i)
    waltrack::print_verdict(argv[1], argv[i]);
  return 0;
}
