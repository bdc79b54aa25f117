#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

std::string quoted(std::string_view text, char mark) {
  std::string result(1, mark);
  for (const char c : text) {
    if (c == mark) result.push_back(mark);
    result.push_back(c);
  }
  result.push_back(mark);
  return result;
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  return quoted(name, '"');
}

std::string quote_qualified(std::string_view schema, std::string_view name) {
  return quote_identifier(schema) + "." + quote_identifier(name);
}

std::string quote_literal(std::string_view text) {
  return quoted(text, '\'');
}

std::string do_block(const std::string& body) {
  std::string tag = "$waltrack$";
  while (body.find(tag) != std::string::npos)
    tag.insert(tag.size() - 1, "_");
  return "do " + tag + " " + body + " " + tag;
}

}  // namespace waltrack
