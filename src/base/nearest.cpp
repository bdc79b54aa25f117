#include "base/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace waltrack {
namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Damerau–Levenshtein, restricted to adjacent swaps.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known) {
  constexpr size_t kLongestCompared = 100;
  if (name.empty() || name.size() > kLongestCompared) return std::nullopt;
  const std::string* best = nullptr;
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongestCompared) continue;
    const size_t d = distance(name, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = &candidate;
    }
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

std::string suggest_name(std::string_view name, std::span<const std::string> known) {
  if (const auto nearest = nearest_name(name, known)) return "did you mean '" + *nearest + "'?";
  if (known.empty()) return {};
  constexpr size_t kMost = 12;
  std::string text = "known: ";
  for (size_t i = 0; i < std::min(known.size(), kMost); ++i) {
    if (i > 0) text.append(", ");
    text.append(known[i]);
  }
  if (known.size() > kMost) text.append(", …");
  return text;
}

}  // namespace waltrack
