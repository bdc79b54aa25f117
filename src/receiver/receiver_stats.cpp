#include "receiver/receiver_stats.hpp"

#include <nlohmann/json.hpp>

namespace waltrack {
namespace {

constexpr size_t kMostNames = 1'000;

std::string number_of(uint64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number).append(" ").append(number == 1 ? one : many);
}

}  // namespace

void count(ReceiverStats::Counts& counts, std::string_view name) {
  const auto known = counts.find(name);
  if (known != counts.end()) {
    ++known->second;
  } else if (counts.size() < kMostNames) {
    counts.emplace(name, 1);
  } else {
    ++counts["(other)"];
  }
}

std::string ReceiverStats::json() const {
  const nlohmann::ordered_json json = {
      {"requests", requests},
      {"rejected_requests", rejected_requests},
      {"failed_requests", failed_requests},
      {"events", events},
      {"accepted", accepted},
      {"duplicates", duplicates},
      {"conflicting", conflicting},
      {"dropped", dropped},
      {"wire_bytes", wire_bytes},
      {"body_bytes", body_bytes},
      {"known", known},
      {"by_answer", by_answer},
      {"by_type", by_type},
      {"by_event", by_event},
      {"dropped_reasons", dropped_reasons},
  };
  return json.dump();
}

std::string ReceiverStats::summary() const {
  return number_of(events, "event", "events") + " in " +
         number_of(requests, "request", "requests") + ": " + std::to_string(accepted) +
         " accepted, " + number_of(duplicates, "duplicate", "duplicates") + ", " +
         std::to_string(conflicting) + " conflicting, " + std::to_string(dropped) +
         " that Segment would drop; " + number_of(rejected_requests, "request", "requests") +
         " refused";
}

}  // namespace waltrack
