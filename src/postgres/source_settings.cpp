#include "postgres/source_settings.hpp"

#include <libpq-fe.h>
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

}  // namespace waltrack
