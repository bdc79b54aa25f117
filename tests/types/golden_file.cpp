#include "types/golden_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace waltrack {
namespace {

constexpr size_t kShown = 40;

std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(WALTRACK_SOURCE_DIR) / "tests/types/golden" / (name + ".jsonl");
}

}  // namespace

void rewrite_golden_if_asked(const std::string& name, const std::vector<std::string>& lines) {
  if (std::getenv("WALTRACK_REWRITE_GOLDENS") == nullptr) return;
  std::ofstream out(golden_path(name));
  for (const std::string& line : lines)
    out << line << '\n';
  if (!out.flush()) throw std::runtime_error("cannot write " + golden_path(name).string());
}

std::vector<std::string> golden_lines(const std::string& name) {
  std::ifstream in(golden_path(name));
  if (!in) throw std::runtime_error("cannot read " + golden_path(name).string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

std::string line_differences(const std::vector<std::string>& wanted,
                             const std::vector<std::string>& got) {
  std::string text;
  size_t shown = 0;
  const auto tell = [&](const char* mark, const std::vector<std::string>& lines,
                        const std::vector<std::string>& others) {
    for (const std::string& line : lines) {
      if (std::ranges::find(others, line) != others.end() || ++shown > kShown) continue;
      text += mark + line + "\n";
    }
  };
  tell("- ", wanted, got);
  tell("+ ", got, wanted);
  if (text.empty() && wanted != got) return "the same lines in another order";
  return text;
}

}  // namespace waltrack
