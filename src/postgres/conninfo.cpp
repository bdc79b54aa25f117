#include "postgres/conninfo.hpp"

#include <algorithm>
#include <libpq-fe.h>
#include <memory>
#include <string_view>

namespace waltrack {
namespace {

bool is_secret(std::string_view keyword) {
  return keyword.find("pass") != std::string_view::npos ||
         keyword.find("secret") != std::string_view::npos;
}

std::string quoted_value(const std::string& value) {
  if (!value.empty() && value.find_first_of(" '\\") == std::string::npos) return value;
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "'";
}

bool may_hide_a_password(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || !url.starts_with("postgres")) return false;
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const std::string_view path = rest.substr(authority.size());
  return std::ranges::count(authority, '@') > 1 ||
         path.substr(0, path.find('?')).find('@') != std::string_view::npos;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items(1);
  for (const char c : list) {
    if (c == ',') {
      items.emplace_back();
    } else {
      items.back().push_back(c);
    }
  }
  return items;
}

}  // namespace

std::optional<Conninfo> parse_conninfo(const std::string& text) {
  char* fault = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(text.c_str(), &fault), &PQconninfoFree);
  PQfreemem(fault);  // never shown: it quotes the part it stumbled over, maybe the password
  if (!options || may_hide_a_password(text)) return std::nullopt;
  Conninfo conninfo;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') conninfo[option->keyword] = option->val;
  }
  return conninfo;
}

std::string conninfo_text(const Conninfo& conninfo) {
  std::string text;
  for (const auto& [key, value] : conninfo)
    text += (text.empty() ? "" : " ") + key + "=" + quoted_value(value);
  return text;
}

std::vector<Conninfo> one_per_host(const Conninfo& conninfo) {
  size_t count = 1;
  for (const char* key : {"host", "hostaddr"}) {
    if (const auto found = conninfo.find(key); found != conninfo.end()) {
      count = std::max(count, split(found->second).size());
    }
  }
  std::vector<Conninfo> hosts(count, conninfo);
  if (count == 1) return hosts;
  for (const char* key : {"host", "hostaddr", "port"}) {
    const auto found = conninfo.find(key);
    if (found == conninfo.end()) continue;
    const std::vector<std::string> items = split(found->second);
    for (size_t i = 0; i < count; ++i) {
      hosts[i][key] = items.size() == 1 ? items[0] : i < items.size() ? items[i] : "";
    }
  }
  return hosts;
}

bool holds_password(const std::string& text) {
  const std::optional<Conninfo> conninfo = parse_conninfo(text);
  return !conninfo || std::ranges::any_of(*conninfo, [](const auto& parameter) {
    return is_secret(parameter.first) && parameter.first != "passfile";
  });
}

}  // namespace waltrack
