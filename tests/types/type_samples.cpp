#include "types/type_samples.hpp"

#include <sstream>
#include <stdexcept>

#include "postgres/pg_quote.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

std::string type_sql(const std::string& name) {
  if (name.ends_with("[]")) return quote_identifier(name.substr(0, name.size() - 2)) + "[]";
  return quote_identifier(name);
}

}  // namespace

std::map<std::string, TypeSamples> read_type_samples(int server_version) {
  std::istringstream lines(read_file(WALTRACK_SOURCE_DIR "/tests/types/samples.txt"));
  std::map<std::string, TypeSamples> samples;
  std::string type;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    if (!line.starts_with("  ")) {
      type = line;
      if (!samples.try_emplace(type).second) throw std::runtime_error(type + " comes twice");
      continue;
    }
    line.erase(0, 2);
    if (line.starts_with(">=")) {
      if (server_version < std::stoi(line.substr(2)) * 10000) continue;
      line.erase(0, line.find(' ') + 1);
    }
    TypeSamples& known = samples[type];
    if (line.starts_with("! ")) {
      known.only_null = line.substr(2);
    } else if (line.starts_with("= ")) {
      known.values.push_back("(" + line.substr(2) + ")::" + type_sql(type));
    } else {
      known.values.push_back(quote_literal(line) + "::" + type_sql(type));
    }
  }
  return samples;
}

}  // namespace waltrack
