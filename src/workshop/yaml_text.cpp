#include "workshop/yaml_text.hpp"

#include <algorithm>
#include <cstdio>
#include <initializer_list>

namespace waltrack {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_identifier(std::string_view name) {
  return !name.empty() && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

// What YAML's many readers, ours or an editor's, may take for something other than text.
bool is_taken(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const char* word : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}) {
    if (small == word) return true;
  }
  return false;
}

bool is_plain(std::string_view text) {
  if (text.empty() || !is_letter(text[0]) || text.back() == ' ' || is_taken(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == ' ' || c == '.' || c == '-' || c == '/' ||
           c == '(' || c == ')';
  });
}

std::string in_double_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    char code[8];
    if (c == '"' || c == '\\') {
      quoted.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(c));
      quoted.append(code);
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

std::string doubled(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted.push_back(quote);
    quoted.push_back(c);
  }
  quoted.push_back(quote);
  return quoted;
}

std::string table_part(std::string_view name) {
  return is_identifier(name) ? std::string(name) : doubled(name, '"');
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  const bool has_controls = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  return has_controls ? in_double_quotes(text) : doubled(text, '\'');
}

std::string sql_name(std::string_view column) {
  const bool plain = is_identifier(column) && !is_taken(column);
  return plain ? std::string(column) : doubled(column, '"');
}

std::string yaml_column(std::string_view column) {
  // By its bare name a column is itself, even where SQL has that word; `true` and `null` are not.
  const std::string name = sql_name(column);
  return name == column ? name : yaml_scalar(name);
}

std::string yaml_table(const TableName& table) {
  const std::string name = table_part(table.schema) + "." + table_part(table.name);
  return yaml_scalar(name);
}

std::string comment_text(std::string_view text, size_t most) {
  std::string line;
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (!is_control) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  if (line.size() <= most) return line;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U)
    --end;
  return line.substr(0, end) + " …";
}

}  // namespace waltrack
