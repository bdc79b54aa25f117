#include "receiver/failure_switch.hpp"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace waltrack {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr int kMost = std::numeric_limits<int>::max();
constexpr int kMostMs = 3'600'000;

Error wrong(std::string what) {
  return {ErrorKind::usage, std::move(what)};
}

int whole_number(const json& value, const std::string& key, int low, int high) {
  if (!value.is_number_integer() || value < low || value > high) {
    throw wrong(key + " must be a whole number from " + std::to_string(low) + " to " +
                std::to_string(high));
  }
  return value.get<int>();
}

double share(const json& value, const std::string& key) {
  if (!value.is_number() || value < 0 || value > 1) {
    throw wrong(key + " must be a number from 0 to 1");
  }
  return value.get<double>();
}

std::map<int, double> shares_of_answers(const json& value) {
  if (!value.is_object()) throw wrong("answers must be an object of shares by status");
  std::map<int, double> shares;
  for (const auto& [text, part] : value.items()) {
    int status = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (fault != std::errc() || end != text.data() + text.size() || status < 201 || status > 599) {
      throw wrong("answers: '" + text + "' is no status from 201 to 599");
    }
    shares[status] = share(part, text);
  }
  return shares;
}

RandomFailures random_failures(const json& value) {
  if (!value.is_object()) throw wrong("random must be an object");
  RandomFailures random;
  for (const auto& [key, part] : value.items()) {
    if (key == "seed") {
      random.seed = static_cast<uint64_t>(whole_number(part, key, 0, kMost));
    } else if (key == "answers") {
      random.answers = shares_of_answers(part);
    } else if (key == "reset") {
      random.reset = share(part, key);
    } else if (key == "stall") {
      random.stall = share(part, key);
    } else if (key == "stall_ms") {
      random.stall_for = milliseconds(whole_number(part, key, 0, kMostMs));
    } else if (key == "take") {
      random.take = share(part, key);
    } else {
      throw wrong("unknown in random: '" + key +
                  "'; known: seed, answers, reset, stall, stall_ms, take");
    }
  }
  double sum = random.reset + random.stall;
  for (const auto& [status, part] : random.answers)
    sum += part;
  if (sum > 1 + 1e-9) throw wrong("the shares of random are more than 1 together");
  return random;
}

}  // namespace

FailureSwitch parse_failure_switch(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) throw wrong("the body must be a JSON object");
  FailureSwitch failure;
  for (const auto& [key, value] : object.items()) {
    if (key == "answer") {
      failure.answer = whole_number(value, key, 200, 599);
    } else if (key == "count") {
      failure.count = whole_number(value, key, 0, kMost);
    } else if (key == "retry_after") {
      failure.retry_after = whole_number(value, key, 0, kMost);
    } else if (key == "delay_ms") {
      failure.delay = milliseconds(whole_number(value, key, 0, kMostMs));
    } else if (key == "take" && value.is_boolean()) {
      failure.take = value.get<bool>();
    } else if (key == "random") {
      failure.random = random_failures(value);
    } else if (key == "poison" && value.is_string() &&
               !value.get_ref<const std::string&>().empty()) {
      failure.poison = value.get<std::string>();
    } else if (key == "poison_answer") {
      failure.poison_answer = whole_number(value, key, 400, 599);
    } else {
      throw wrong("unknown or wrong: '" + key +
                  "'; known: answer, count, retry_after, delay_ms, take (true or false), random "
                  "(an object), poison (a text), poison_answer");
    }
  }
  return failure;
}

}  // namespace waltrack
