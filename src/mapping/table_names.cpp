#include "mapping/table_names.hpp"

#include <algorithm>

namespace waltrack {
namespace {

// What a bare part cannot hold.
constexpr std::string_view kOdd = "\" \t,;()[]";

std::string part_text(const std::string& part) {
  const bool bare = part.find_first_of(kOdd) == std::string::npos &&
                    part.find_first_of(".*?") == std::string::npos;
  if (bare && !part.empty()) return part;
  std::string quoted = "\"";
  for (const char c : part) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

// One part of a dotted name, in SQL's double quotes or bare; takes it off the front of `text`.
std::optional<TableGlob::Part> take_part(std::string_view& text) {
  TableGlob::Part part;
  if (!text.starts_with('"')) {
    size_t end = std::min(text.find('.'), text.size());
    part.text = text.substr(0, end);
    part.glob = part.text.find_first_of("*?") != std::string::npos;
    text.remove_prefix(end);
    bool odd = part.text.find_first_of(kOdd) != std::string::npos;
    return part.text.empty() || odd ? std::nullopt : std::optional(part);
  }
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      part.text += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      part.text += text[i++];
    } else {
      text.remove_prefix(i + 1);
      return part.text.empty() ? std::nullopt : std::optional(part);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<TableGlob> parse_table_glob(std::string_view text) {
  std::optional<TableGlob::Part> first = take_part(text);
  if (!first) return std::nullopt;
  if (text.empty()) return TableGlob{{"public", false}, *first};
  if (!text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  std::optional<TableGlob::Part> second = take_part(text);
  if (!second || !text.empty()) return std::nullopt;
  return TableGlob{*first, *second};
}

std::string table_name_text(const TableName& table) {
  return part_text(table.schema) + "." + part_text(table.name);
}

}  // namespace waltrack
