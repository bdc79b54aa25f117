#include "mapping/sql_text.hpp"

namespace waltrack {
namespace {

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

SourcePlace SqlText::place_at(size_t byte) const {
  SourcePlace at = place;
  if (!exact) return at;
  for (size_t i = 0; i < byte && i < text.size(); ++i) {
    if (!continues_character(text[i])) ++at.column;
  }
  return at;
}

ScalarPlaces::ScalarPlaces(std::string_view file_text) {
  while (!file_text.empty()) {
    size_t end = file_text.find('\n');
    lines_.push_back(file_text.substr(0, end));
    if (end == std::string_view::npos) break;
    file_text.remove_prefix(end + 1);
  }
}

SqlText ScalarPlaces::sql_text(const YamlNode& scalar) const {
  SqlText sql{scalar.scalar, scalar.place, false};
  size_t line = static_cast<size_t>(scalar.place.line);
  if (line == 0 || line > lines_.size() || scalar.place.column < 1) return sql;
  std::string_view rest = lines_[line - 1];
  int column = 1;
  while (!rest.empty() && column < scalar.place.column) {
    rest.remove_prefix(1);
    while (!rest.empty() && continues_character(rest.front()))
      rest.remove_prefix(1);
    ++column;
  }
  bool in_quotes = scalar.quoted && !rest.empty() && (rest.front() == '"' || rest.front() == '\'');
  if (in_quotes) rest.remove_prefix(1);
  if (scalar.quoted != in_quotes || !rest.starts_with(sql.text)) return sql;
  if (in_quotes) ++sql.place.column;
  sql.exact = true;
  return sql;
}

}  // namespace waltrack
