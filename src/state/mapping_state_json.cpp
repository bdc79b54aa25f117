#include "state/mapping_state_json.hpp"

#include <vector>

#include "state/json_field.hpp"

namespace waltrack::state {
namespace {

using Json = nlohmann::json;

Json to_json(const MappingSummary& set) {
  return {{"files", set.files}, {"rules", set.rules}, {"fingerprint", set.fingerprint}};
}

MappingSummary summary_of(const Json& object) {
  return {json_field<size_t>(object, "files"), json_field<size_t>(object, "rules"),
          json_field<std::string>(object, "fingerprint")};
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
  if (const Json* live = json_part(json, "live")) {
    mappings.live = {summary_of(*live), json_field<int64_t>(*live, "since_us")};
  }
  if (const Json* pending = json_part(json, "pending")) {
    mappings.pending = {summary_of(*pending), json_field<int64_t>(*pending, "since_us"),
                        json_field<std::string>(*pending, "reason")};
  }
  if (const Json* invalid = json_part(json, "invalid")) {
    mappings.invalid = {json_field<int64_t>(*invalid, "since_us"),
                        json_field<std::vector<std::string>>(*invalid, "faults")};
  }
  if (const Json* unchecked = json_part(json, "unchecked")) {
    mappings.unchecked = {json_field<int64_t>(*unchecked, "since_us"),
                          json_field<std::string>(*unchecked, "reason")};
  }
  mappings.lacking = json_field<std::vector<std::string>>(json, "lacking");
  for (const Json& rule : json_field<std::vector<Json>>(json, "shadow")) {
    if (!rule.is_object()) continue;
    mappings.shadow.push_back(
        {json_field<std::string>(rule, "table"), json_field<std::string>(rule, "rule"),
         json_field<uint64_t>(rule, "events"), json_field<uint64_t>(rule, "failures"),
         json_field<std::string>(rule, "last_failure")});
  }
  return mappings;
}

}  // namespace waltrack::state
