#include "receiver/request_reader.hpp"

#include <nlohmann/json.hpp>
#include <simdjson.h>
#include <xxhash.h>

#include "receiver/event_time.hpp"
#include "receiver/segment_rules.hpp"

namespace waltrack {
namespace {

namespace ondemand = simdjson::ondemand;

std::string_view trim_right(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

std::string_view string_or_empty(ondemand::value value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

// The value's text, without consuming a scalar.
std::string_view raw_text(ondemand::value& value) {
  std::string_view text;
  if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS) return {};
  return trim_right(text);
}

std::string_view* place_of(ReceivedEvent& event, std::string_view key) {
  if (key == "type") return &event.type;
  if (key == "messageId") return &event.message_id;
  if (key == "userId") return &event.user_id;
  if (key == "anonymousId") return &event.anonymous_id;
  if (key == "event") return &event.event;
  if (key == "name") return &event.name;
  if (key == "groupId") return &event.group_id;
  if (key == "previousId") return &event.previous_id;
  if (key == "timestamp") return &event.timestamp;
  return nullptr;
}

// The text is known to be valid JSON, so faults cannot come up here.
ReceivedEvent read_event(ondemand::object object, std::string_view& sent_at) {
  ReceivedEvent event;
  std::string_view raw;
  if (object.raw_json().get(raw) == simdjson::SUCCESS) event.json = trim_right(raw);
  std::string_view traits;
  std::string_view properties;
  if (object.reset().error() != simdjson::SUCCESS) return event;
  for (auto entry : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(entry).get(field) != simdjson::SUCCESS) break;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) break;
    ondemand::value value = field.value();
    const std::string_view text = raw_text(value);
    if (key == "sentAt") {
      sent_at = string_or_empty(value);
      continue;
    }
    if (key == "receivedAt") continue;
    event.content +=
        XXH3_64bits_withSeed(text.data(), text.size(), XXH3_64bits(key.data(), key.size()));
    if (std::string_view* place = place_of(event, key)) {
      *place = string_or_empty(value);
    } else if (key == "traits") {
      traits = text;
    } else if (key == "properties") {
      properties = text;
    }
  }
  const bool has_traits = event.type == "identify" || event.type == "group";
  event.payload = has_traits ? traits : properties;
  return event;
}

std::string too_large(size_t index, size_t bytes) {
  return "event " + std::to_string(index) + " of the request has " + std::to_string(bytes) +
         " bytes; Segment takes " + std::to_string(kMostEventBytes);
}

void drop(ReceivedEvent& event, std::string_view reason) {
  event.fate = Fate::dropped;
  event.drop_reason = reason;
}

}  // namespace

struct RequestReader::Parsers {
  // Two passes: the first checks all of the text, which on-demand reading would not.
  simdjson::dom::parser checking;
  ondemand::parser reading;

  // Why this is not JSON, or nullptr.
  const char* fault_of(const std::string& json);
  std::string batch(ondemand::object root, int64_t received_us, std::vector<ReceivedEvent>& events);
};

RequestReader::RequestReader() : parsers_(std::make_unique<Parsers>()) {}
RequestReader::~RequestReader() = default;

// simdjson's integers end at 64 bits, JSON's do not: a numeric or jsonb column sends longer ones.
const char* RequestReader::Parsers::fault_of(const std::string& json) {
  const auto fault = checking.parse(json.data(), json.size(), false).error();
  if (fault == simdjson::SUCCESS) return nullptr;
  if (fault == simdjson::NUMBER_ERROR && nlohmann::json::accept(json)) return nullptr;
  return simdjson::error_message(fault);
}

std::string RequestReader::Parsers::batch(ondemand::object root, int64_t received_us,
                                          std::vector<ReceivedEvent>& events) {
  bool has_batch = false;
  std::string_view sent_at;
  std::vector<std::string_view> own_sent_at;
  for (auto entry : root) {
    ondemand::field field;
    std::string_view key;
    if (std::move(entry).get(field) != simdjson::SUCCESS) break;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) break;
    if (key == "sentAt") {
      sent_at = string_or_empty(field.value());
    } else if (key == "batch") {
      ondemand::array array;
      if (field.value().get_array().get(array) != simdjson::SUCCESS) break;
      has_batch = true;
      for (auto element : array) {
        own_sent_at.emplace_back();
        ondemand::object object;
        if (element.get_object().get(object) != simdjson::SUCCESS) {
          drop(events.emplace_back(), kNotAnObject);
          continue;
        }
        events.push_back(read_event(object, own_sent_at.back()));
        const size_t bytes = events.back().json.size();
        if (bytes > kMostEventBytes) return too_large(events.size(), bytes);
      }
    }
  }
  if (!has_batch) return "the body has no array \"batch\"";
  for (size_t i = 0; i < events.size(); ++i) {
    ReceivedEvent& event = events[i];
    const std::string_view sent = own_sent_at[i].empty() ? sent_at : own_sent_at[i];
    event.time_us = corrected_event_time(event.timestamp, sent, received_us);
    if (event.fate == Fate::dropped) continue;
    const std::string_view reason = i < kMostRequestEvents ? drop_reason(event) : kSurplus;
    if (!reason.empty()) drop(event, reason);
  }
  return {};
}

std::string RequestReader::read(std::string& body, std::string_view single_type,
                                int64_t received_us, std::vector<ReceivedEvent>& events) {
  events.clear();
  if (body.size() > kMostRequestBytes) {
    return "the body is larger than " + std::to_string(kMostRequestBytes) + " bytes";
  }
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  if (const char* fault = parsers_->fault_of(body)) return std::string("broken JSON: ") + fault;
  ondemand::document document;
  ondemand::object root;
  if (parsers_->reading.iterate(body.data(), body.size(), body.capacity()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(root) != simdjson::SUCCESS) {
    return "the body is not a JSON object";
  }
  if (single_type.empty()) return parsers_->batch(root, received_us, events);

  std::string_view sent_at;
  ReceivedEvent event = read_event(root, sent_at);
  if (event.json.size() > kMostEventBytes) return too_large(1, event.json.size());
  event.type = single_type;
  event.time_us = corrected_event_time(event.timestamp, sent_at, received_us);
  if (const std::string_view reason = drop_reason(event); !reason.empty()) drop(event, reason);
  events.push_back(event);
  return {};
}

bool RequestReader::read_stored(std::string& json, ReceivedEvent& event) {
  json.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  if (parsers_->fault_of(json) != nullptr) return false;
  ondemand::document document;
  ondemand::object root;
  if (parsers_->reading.iterate(json.data(), json.size(), json.capacity()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(root) != simdjson::SUCCESS) {
    return false;
  }
  std::string_view sent_at;
  event = read_event(root, sent_at);
  return true;
}

}  // namespace waltrack
