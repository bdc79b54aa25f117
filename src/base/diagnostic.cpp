#include "base/diagnostic.hpp"

#include <utility>

namespace waltrack {

std::string SourcePlace::text() const {
  if (line == 0) return file;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string Diagnostic::text() const {
  std::string text = place.text();
  text.append(severity == Severity::error ? ": error: " : ": warning: ").append(message);
  if (!hint.empty()) text.append("\n  hint: ").append(hint);
  return text;
}

void Diagnostics::error(SourcePlace place, std::string message, std::string hint) {
  all_.push_back({Severity::error, std::move(place), std::move(message), std::move(hint)});
  ++errors_;
}

void Diagnostics::warning(SourcePlace place, std::string message, std::string hint) {
  all_.push_back({Severity::warning, std::move(place), std::move(message), std::move(hint)});
}

std::string Diagnostics::text() const {
  std::string text;
  for (const Diagnostic& diagnostic : all_)
    text.append(diagnostic.text()).append("\n");
  return text;
}

}  // namespace waltrack
