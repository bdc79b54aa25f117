#include "cli/variables.hpp"

#include <cstdlib>

namespace waltrack {
namespace {

constexpr const char* kSpelling = "write ${NAME} or ${NAME:-default}, and $$ for a dollar sign";

bool is_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool good =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!good) return false;
  }
  return true;
}

// What stands between the braces.
bool expand_one(std::string_view inside, const Environment& environment, ExpandedText& out) {
  const size_t mark = inside.find(":-");
  const std::string name(inside.substr(0, mark));
  if (!is_name(name)) {
    out.fault = "a $ that begins no variable";
    out.hint = kSpelling;
    return false;
  }
  const auto value = environment(name);
  if (value && !value->empty()) {
    out.text += *value;
  } else if (mark != std::string_view::npos) {
    out.text += inside.substr(mark + 2);
  } else {
    out.fault = "the environment variable " + name + (value ? " is empty" : " is not set");
    out.hint = "export " + name + "=…, or give a default: ${" + name + ":-…}";
    return false;
  }
  return true;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

ExpandedText expand_variables(std::string_view text, const Environment& environment) {
  ExpandedText out;
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    out.text += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      out.text.push_back('$');
      text.remove_prefix(1);
      continue;
    }
    const size_t end = text.starts_with('{') ? text.find('}') : std::string_view::npos;
    if (end == std::string_view::npos) {
      out.fault = "a $ that begins no variable";
      out.hint = kSpelling;
      return out;
    }
    if (!expand_one(text.substr(1, end - 1), environment, out)) return out;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace waltrack
