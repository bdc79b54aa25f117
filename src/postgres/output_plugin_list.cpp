#include "postgres/output_plugin_list.hpp"

#include <algorithm>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

std::vector<std::string> split(std::string_view text, bool mind_quotes) {
  std::vector<std::string> names(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = mind_quotes && !quoted;
    } else if (c == ',' && !quoted) {
      names.emplace_back();
    } else if (quoted || (c != ' ' && c != '\t' && c != '\n')) {
      names.back().push_back(c);
    }
  }
  std::erase(names, "");
  return names;
}

bool is_plain(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return is_letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

OutputPluginList OutputPluginList::parse(std::string_view text) {
  OutputPluginList list;
  list.names_ = split(text, true);
  return list;
}

bool OutputPluginList::names(std::string_view plugin) const {
  return std::ranges::find(names_, plugin) != names_.end();
}

bool OutputPluginList::is_one_quoted_name() const {
  return std::ranges::any_of(
      names_, [](const std::string& name) { return name.find(',') != std::string::npos; });
}

std::string OutputPluginList::with(std::string_view plugin) const {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const std::string& one : names_) {
    if (one.find(',') == std::string::npos) {
      add(one);
      continue;
    }
    for (const std::string& name : split(one, false))
      add(name);
  }
  add(std::string(plugin));
  std::string text;
  for (const std::string& name : names)
    text.append(text.empty() ? "" : ", ").append(is_plain(name) ? name : quote_identifier(name));
  return text;
}

std::optional<OutputPluginList> read_output_plugin_list(PgConnection& connection) {
  const PgResult rows =
      connection.query("SELECT setting FROM pg_settings WHERE name = 'output_plugin_libraries'");
  if (rows.rows() == 0) return std::nullopt;
  return OutputPluginList::parse(rows.text(0, 0));
}

}  // namespace waltrack
