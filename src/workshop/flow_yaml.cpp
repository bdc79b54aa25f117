#include "workshop/flow_yaml.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/json_text.hpp"

namespace waltrack {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// What one or the other reader of YAML takes for something else than text.
bool is_taken(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const char* word : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}) {
    if (small == word) return true;
  }
  return false;
}

bool is_plain(std::string_view text) {
  if (text.empty() || !is_letter(text[0]) || text.back() == ' ' || is_taken(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view(" _.-/@+$()").find(c) != std::string_view::npos;
  });
}

void append_text(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
  } else {
    append_json_string(out, text);  // a JSON string is YAML, too
  }
}

void append(std::string& out, const nlohmann::ordered_json& value) {
  if (value.is_object()) {
    out += value.empty() ? "{" : "{ ";
    bool first = true;
    for (const auto& [key, item] : value.items()) {
      if (!first) out += ", ";
      first = false;
      append_text(out, key);
      out += ": ";
      append(out, item);
    }
    out += value.empty() ? "}" : " }";
  } else if (value.is_array()) {
    out += '[';
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ", ";
      append(out, value[i]);
    }
    out += ']';
  } else if (value.is_string()) {
    append_text(out, value.get_ref<const std::string&>());
  } else {
    out += value.dump();
  }
}

}  // namespace

std::string flow_yaml(const nlohmann::ordered_json& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace waltrack
