#include "state/mapping_state_json.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace waltrack::state {
namespace {

using Json = nlohmann::json;

Json to_json(const MappingSummary& set) {
  return {{"files", set.files}, {"rules", set.rules}, {"fingerprint", set.fingerprint}};
}

// The value, or its default where it is missing or of another type.
template <typename T>
T get(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  try {
    return found->get<T>();
  } catch (const Json::exception&) {
    return {};
  }
}

MappingSummary summary_of(const Json& object) {
  return {get<size_t>(object, "files"), get<size_t>(object, "rules"),
          get<std::string>(object, "fingerprint")};
}

const Json* part(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_object() ? nullptr : &*found;
}

}  // namespace

std::string mapping_state_text(const MappingState& mappings) {
  Json json;
  json["live"] = to_json(mappings.live.set);
  json["live"]["since_us"] = mappings.live.since_us;
  if (mappings.pending) {
    json["pending"] = to_json(mappings.pending->set);
    json["pending"]["since_us"] = mappings.pending->since_us;
    json["pending"]["reason"] = mappings.pending->reason;
  }
  if (mappings.invalid) {
    json["invalid"] = {{"since_us", mappings.invalid->since_us},
                       {"faults", mappings.invalid->faults}};
  }
  if (mappings.unchecked) {
    json["unchecked"] = {{"since_us", mappings.unchecked->since_us},
                         {"reason", mappings.unchecked->reason}};
  }
  json["lacking"] = mappings.lacking;
  json["shadow"] = Json::array();
  for (const ShadowRule& rule : mappings.shadow) {
    json["shadow"].push_back({{"table", rule.table},
                              {"rule", rule.rule},
                              {"events", rule.events},
                              {"failures", rule.failures},
                              {"last_failure", rule.last_failure}});
  }
  // Files may hold anything; what is no UTF-8 in a fault must not keep the rest from being stored.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

MappingState read_mapping_state(std::string_view text) {
  MappingState mappings;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return mappings;
  if (const Json* live = part(json, "live")) {
    mappings.live = {summary_of(*live), get<int64_t>(*live, "since_us")};
  }
  if (const Json* pending = part(json, "pending")) {
    mappings.pending = {summary_of(*pending), get<int64_t>(*pending, "since_us"),
                        get<std::string>(*pending, "reason")};
  }
  if (const Json* invalid = part(json, "invalid")) {
    mappings.invalid = {get<int64_t>(*invalid, "since_us"),
                        get<std::vector<std::string>>(*invalid, "faults")};
  }
  if (const Json* unchecked = part(json, "unchecked")) {
    mappings.unchecked = {get<int64_t>(*unchecked, "since_us"),
                          get<std::string>(*unchecked, "reason")};
  }
  mappings.lacking = get<std::vector<std::string>>(json, "lacking");
  for (const Json& rule : get<std::vector<Json>>(json, "shadow")) {
    if (!rule.is_object()) continue;
    mappings.shadow.push_back({get<std::string>(rule, "table"), get<std::string>(rule, "rule"),
                               get<uint64_t>(rule, "events"), get<uint64_t>(rule, "failures"),
                               get<std::string>(rule, "last_failure")});
  }
  return mappings;
}

}  // namespace waltrack::state
