#include "pipeline/key_order.hpp"

#include <charconv>
#include <string>

namespace waltrack {
namespace {

constexpr uint32_t kUuid = 2950;

std::optional<int64_t> number(const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stopped != end) return std::nullopt;
  return value;
}

}  // namespace

KeyOrder::KeyOrder(const std::vector<ColumnType>& types) {
  for (const ColumnType& type : types) {
    switch (type.kind) {
      case ValueKind::int2:
      case ValueKind::int4:
      case ValueKind::int8:
      case ValueKind::oid:
        sorts_.push_back(Sort::number);
        break;
      case ValueKind::boolean:
      case ValueKind::bytea:
        sorts_.push_back(Sort::text);
        break;
      default:
        sorts_.push_back(type.oid == kUuid ? Sort::text : Sort::server);
    }
  }
}

std::optional<std::strong_ordering> KeyOrder::compare(const RowKey& a, const RowKey& b) const {
  if (a == b) return std::strong_ordering::equal;
  const std::vector<std::string> left = a.parts();
  const std::vector<std::string> right = b.parts();
  if (left.size() != sorts_.size() || right.size() != sorts_.size()) return std::nullopt;
  for (size_t i = 0; i < sorts_.size(); ++i) {
    if (left[i] == right[i]) continue;
    if (sorts_[i] == Sort::server) return std::nullopt;
    if (sorts_[i] == Sort::text) return left[i] <=> right[i];
    const std::optional<int64_t> x = number(left[i]);
    const std::optional<int64_t> y = number(right[i]);
    if (!x || !y) return std::nullopt;
    return *x <=> *y;
  }
  return std::strong_ordering::equal;
}

}  // namespace waltrack
