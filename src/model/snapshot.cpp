#include "model/snapshot.hpp"

#include <algorithm>
#include <charconv>

namespace waltrack {
namespace {

// Takes a number off the front of `text`.
std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<Snapshot> Snapshot::parse(std::string_view text) {
  Snapshot snapshot;
  const auto xmin = take_number(text);
  if (!xmin || !take(text, ':')) return std::nullopt;
  const auto xmax = take_number(text);
  if (!xmax || !take(text, ':')) return std::nullopt;
  snapshot.xmin = *xmin;
  snapshot.xmax = *xmax;
  if (text.empty()) return snapshot;
  do {
    const auto xid = take_number(text);
    if (!xid) return std::nullopt;
    snapshot.xip.push_back(*xid);
  } while (take(text, ','));
  return text.empty() ? std::optional(snapshot) : std::nullopt;
}

bool Snapshot::sees(uint32_t xid) const {
  const auto distance = static_cast<int32_t>(xid - static_cast<uint32_t>(xmax));
  const uint64_t full = xmax + static_cast<uint64_t>(static_cast<int64_t>(distance));
  if (full < xmin) return true;
  return full < xmax && std::ranges::find(xip, full) == xip.end();
}

}  // namespace waltrack
