#include "base/diagnostic.hpp"

#include <algorithm>
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
  add({Severity::error, std::move(place), std::move(message), std::move(hint), {}});
}

void Diagnostics::warning(SourcePlace place, std::string message, std::string hint) {
  add({Severity::warning, std::move(place), std::move(message), std::move(hint), {}});
}

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::add_sql(size_t index, const std::vector<std::string>& sql) {
  std::vector<std::string>& told = all_.at(index).sql;
  for (const std::string& one : sql) {
    if (std::find(told.begin(), told.end(), one) == told.end()) told.push_back(one);
  }
}

std::string Diagnostics::text() const {
  std::string text;
  for (const Diagnostic& diagnostic : all_)
    text.append(diagnostic.text()).append("\n");
  return text;
}

}  // namespace waltrack
