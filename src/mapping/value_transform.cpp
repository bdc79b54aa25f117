#include "mapping/value_transform.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "mapping/sha256_hex.hpp"
#include "mapping/unicode_case.hpp"

namespace waltrack {
namespace {

constexpr size_t kHashDigits = 64;

// Room for a text on its way; kept, so that a steady state allocates nothing.
thread_local std::string text_room;
thread_local std::string lower_room;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The text of a JSON value; a view of `json` or of `room`.
std::string_view value_text(std::string_view json, std::string& room) {
  if (json.size() < 2 || json.front() != '"') return json;
  if (json.find('\\') == std::string_view::npos) return json.substr(1, json.size() - 2);
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_string()) return json;
  room = parsed.get_ref<const std::string&>();
  return room;
}

std::string_view first_characters(std::string_view text, size_t count) {
  size_t at = 0;
  while (at < text.size()) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && count-- == 0) break;
    ++at;
  }
  return text.substr(0, at);
}

}  // namespace

ValueTransform::ValueTransform(const ValueSpec& spec) : truncate_(spec.truncate), hash_(spec.hash) {
  if (!spec.map) return;
  has_map_ = true;
  map_ = spec.map->entries;
  std::sort(map_.begin(), map_.end());
  has_otherwise_ = spec.map->otherwise.has_value();
  if (has_otherwise_) otherwise_ = *spec.map->otherwise;
}

std::optional<std::vector<std::string>> ValueTransform::all_results() const {
  if (!has_otherwise_ || truncate_ > 0 || hash_) return std::nullopt;
  std::vector<std::string> results;
  for (const auto& [text, json] : map_)
    results.push_back(json);
  results.push_back(otherwise_);
  return results;
}

const std::string* ValueTransform::mapped(std::string_view text) const {
  const auto found =
      std::lower_bound(map_.begin(), map_.end(), text,
                       [](const auto& entry, std::string_view key) { return entry.first < key; });
  if (found != map_.end() && found->first == text) return &found->second;
  return has_otherwise_ ? &otherwise_ : nullptr;
}

void ValueTransform::append(std::string& out, std::string_view json) const {
  if (json == "null") {
    out += json;
    return;
  }
  if (has_map_) {
    if (const std::string* literal = mapped(value_text(json, text_room))) json = *literal;
    if (json == "null") {
      out += json;
      return;
    }
  }
  const bool cut = truncate_ > 0 && json.starts_with('"');
  if (!cut && !hash_) {
    out += json;
    return;
  }
  std::string_view text = value_text(json, text_room);
  if (cut) text = first_characters(text, truncate_);
  if (!hash_) return append_json_string(out, text);
  // The hash of nothing is the same for everybody, who would become one.
  if (std::all_of(text.begin(), text.end(), is_blank)) {
    out += "null";
    return;
  }
  out += '"';
  append_personal_hash(out, text);
  out += '"';
}

void append_personal_hash(std::string& out, std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  lower_room.clear();
  append_lower(lower_room, text);
  if (lower_room.size() == kHashDigits && std::all_of(text.begin(), text.end(), is_hex)) {
    out += text;
    return;
  }
  append_sha256_hex(out, lower_room);
}

}  // namespace waltrack
