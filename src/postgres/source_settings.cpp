#include "postgres/source_settings.hpp"

#include <algorithm>
#include <libpq-fe.h>
#include <map>
#include <memory>

namespace waltrack {
namespace {

bool is_secret(std::string_view keyword) {
  return keyword.find("pass") != std::string_view::npos ||
         keyword.find("secret") != std::string_view::npos;
}

std::string shown_value(const std::string& value) {
  if (!value.empty() && value.find_first_of(" '\\") == std::string::npos) return value;
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "'";
}

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Options parse(const std::string& conninfo) {
  char* fault = nullptr;
  Options options(PQconninfoParse(conninfo.c_str(), &fault), &PQconninfoFree);
  PQfreemem(fault);
  return options;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items(1);
  for (const char c : text) {
    if (c == ',') {
      items.emplace_back();
    } else {
      items.back().push_back(c);
    }
  }
  return items;
}

}  // namespace

std::string masked_conninfo(const std::string& conninfo) {
  const Options options = parse(conninfo);
  if (!options) return "(unreadable connection string)";
  std::string shown;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (!shown.empty()) shown.push_back(' ');
    shown.append(option->keyword).push_back('=');
    shown.append(is_secret(option->keyword) ? "***" : shown_value(option->val));
  }
  return shown;
}

bool holds_password(const std::string& conninfo) {
  const Options options = parse(conninfo);
  if (!options) return true;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0' && is_secret(option->keyword) &&
        std::string_view(option->keyword) != "passfile")
      return true;
  }
  return false;
}

std::vector<std::string> urls_of_hosts(const std::string& conninfo) {
  const Options options = parse(conninfo);
  std::vector<std::string> urls;
  if (!options) return urls;
  std::map<std::string, std::vector<std::string>> lists;
  std::string rest;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    const std::string key = option->keyword;
    if (key == "host" || key == "hostaddr" || key == "port") {
      lists[key] = split_list(option->val);
    } else if (key != "target_session_attrs") {
      rest += " " + key + "=" + shown_value(option->val);
    }
  }
  const size_t count = std::max(lists["host"].size(), lists["hostaddr"].size());
  for (size_t i = 0; count > 1 && i < count; ++i) {
    std::string url;
    for (const auto& [key, list] : lists) {
      if (list.empty()) continue;
      const std::string& value = list.size() == 1 ? list[0] : i < list.size() ? list[i] : "";
      if (!value.empty()) url += (url.empty() ? "" : " ") + key + "=" + shown_value(value);
    }
    urls.push_back(url + rest);
  }
  return urls;
}

}  // namespace waltrack
