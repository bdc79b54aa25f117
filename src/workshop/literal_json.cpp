#include "workshop/literal_json.hpp"

#include <nlohmann/json.hpp>

#include "mapping/number_text.hpp"

namespace waltrack {

nlohmann::ordered_json literal_json(const YamlNode& node) {
  using Json = nlohmann::ordered_json;
  switch (node.kind) {
    case YamlNode::Kind::null:
      return nullptr;
    case YamlNode::Kind::scalar:
      if (!node.quoted && (node.scalar == "true" || node.scalar == "false")) {
        return node.scalar == "true";
      }
      if (!node.quoted && is_finite_number(node.scalar)) return Json::parse(node.scalar);
      return node.scalar;
    case YamlNode::Kind::list: {
      Json list = Json::array();
      for (const YamlNode& item : node.items)
        list.push_back(literal_json(item));
      return list;
    }
    case YamlNode::Kind::map: {
      Json object = Json::object();
      for (const auto& [key, value] : node.entries)
        object[key.scalar] = literal_json(value);
      return object;
    }
  }
  return nullptr;
}

}  // namespace waltrack
