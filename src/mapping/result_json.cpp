#include "mapping/result_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/iso8601.hpp"
#include "base/json_text.hpp"
#include "mapping/base64.hpp"
#include "mapping/json_check.hpp"
#include "mapping/number_text.hpp"
#include "mapping/timestamp_text.hpp"

namespace waltrack {
namespace {

constexpr int64_t kExactInteger = (int64_t{1} << 53) - 1;
constexpr int kRealDigits = 15;
constexpr double kFirstRounded = 1e15;  // the first whole number with more digits than that

constexpr const char* kNoNumber = "the value is not a number";
constexpr const char* kNoInteger = "the value is not an integer";
constexpr const char* kNoBoolean = "the value is not a boolean";
constexpr const char* kNoJson = "the value is not JSON";
constexpr const char* kNoObject = "the value is not an object";
constexpr const char* kNoTime = "the value is not a date and time";
constexpr const char* kLostDigits =
    "a number this large lost digits in the expression; the column by its name alone keeps them";
constexpr const char* kNoCondition = "the condition is neither true, false nor null";

using NumberText = std::array<char, 32>;

std::string_view integer_text(NumberText& buffer, int64_t value) {
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), static_cast<size_t>(end - buffer.data())};
}

std::string_view real_text(NumberText& buffer, double value) {
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == 0) return "0";
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                           std::chars_format::general, kRealDigits)
                 .ptr;
  return {buffer.data(), static_cast<size_t>(end - buffer.data())};
}

void append_quoted(std::string& out, std::string_view plain) {
  out += '"';
  out += plain;
  out += '"';
}

const char* append_truth(std::string& out, bool value) {
  out += value ? "true" : "false";
  return nullptr;
}

// The integer of "12" and "12.00".
std::optional<std::string_view> integral_part(std::string_view number) {
  size_t point = number.find('.');
  if (point != std::string_view::npos) {
    if (number.find_first_not_of('0', point + 1) != std::string_view::npos) return std::nullopt;
    number = number.substr(0, point);
  }
  return is_integer_text(number) ? std::optional(number) : std::nullopt;
}

const char* append_boolean_word(std::string& out, std::string_view text) {
  if (text == "t" || text == "true" || text == "1") return append_truth(out, true);
  if (text == "f" || text == "false" || text == "0") return append_truth(out, false);
  return kNoBoolean;
}

const char* append_datetime(std::string& out, std::string_view text) {
  std::optional<int64_t> us = parse_timestamp_us(text);
  if (!us) return kNoTime;
  out += '"';
  append_iso8601_utc(out, *us);
  out += '"';
  return nullptr;
}

bool is_object(std::string_view json) {
  size_t first = json.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && json[first] == '{';
}

}  // namespace

ResultForm result_form(DeclaredType type) {
  switch (type) {
    case DeclaredType::none:
      return ResultForm::automatic;
    case DeclaredType::string:
      return ResultForm::string;
    case DeclaredType::number:
      return ResultForm::number;
    case DeclaredType::integer:
      return ResultForm::integer;
    case DeclaredType::boolean:
      return ResultForm::boolean;
    case DeclaredType::json:
      return ResultForm::json;
    case DeclaredType::datetime:
      return ResultForm::datetime;
  }
  return ResultForm::automatic;
}

const char* append_null(std::string& out, ResultForm form) {
  if (form == ResultForm::object) {
    out += "{}";
  } else if (form != ResultForm::plain && form != ResultForm::condition) {
    out += "null";
  }
  return nullptr;
}

const char* append_integer(std::string& out, int64_t value, ResultForm form) {
  NumberText buffer;
  std::string_view text = integer_text(buffer, value);
  bool truth = value == 0 || value == 1;
  switch (form) {
    case ResultForm::truth:
      if (truth) return append_truth(out, value == 1);
      [[fallthrough]];
    case ResultForm::automatic:
      if (value > kExactInteger || value < -kExactInteger) {
        append_quoted(out, text);
      } else {
        out += text;
      }
      return nullptr;
    case ResultForm::string:
      append_quoted(out, text);
      return nullptr;
    case ResultForm::number:
    case ResultForm::integer:
    case ResultForm::json:
    case ResultForm::plain:
      out += text;
      return nullptr;
    case ResultForm::boolean:
      return truth ? append_truth(out, value == 1) : kNoBoolean;
    case ResultForm::condition:
      if (!truth) return kNoCondition;
      out += text;
      return nullptr;
    case ResultForm::datetime:
      return kNoTime;
    case ResultForm::object:
      return kNoObject;
  }
  return nullptr;
}

const char* append_real(std::string& out, double value, ResultForm form) {
  if (std::isnan(value)) return append_null(out, form);
  NumberText buffer;
  std::string_view text = real_text(buffer, value);
  switch (form) {
    case ResultForm::automatic:
    case ResultForm::truth:
    case ResultForm::json:
      if (std::isinf(value)) {
        append_quoted(out, text);
      } else {
        out += text;
      }
      return nullptr;
    case ResultForm::string:
      append_quoted(out, text);
      return nullptr;
    case ResultForm::number:
      if (std::isinf(value)) return kNoNumber;
      out += text;
      return nullptr;
    case ResultForm::plain:
      // Two users must not become one.
      if (std::abs(value) >= kFirstRounded) return kLostDigits;
      out += text;
      return nullptr;
    case ResultForm::integer:
      // 2^63 as a double is exact, the largest int64_t is not.
      if (value != std::trunc(value) || value < -0x1p63 || value >= 0x1p63) return kNoInteger;
      if (std::abs(value) > static_cast<double>(kExactInteger)) return kLostDigits;
      return append_integer(out, static_cast<int64_t>(value), form);
    case ResultForm::boolean:
      return value == 0 || value == 1 ? append_truth(out, value == 1) : kNoBoolean;
    case ResultForm::condition:
      return kNoCondition;
    case ResultForm::datetime:
      return kNoTime;
    case ResultForm::object:
      return kNoObject;
  }
  return nullptr;
}

const char* append_text(std::string& out, std::string_view value, ResultForm form) {
  switch (form) {
    case ResultForm::automatic:
    case ResultForm::truth:
    case ResultForm::string:
      append_json_string(out, value);
      return nullptr;
    case ResultForm::plain:
      out += value;
      return nullptr;
    case ResultForm::number:
      if (!is_finite_number(value)) return kNoNumber;
      out += value;
      return nullptr;
    case ResultForm::integer: {
      std::optional<std::string_view> integer = integral_part(value);
      if (!integer) return kNoInteger;
      out += *integer;
      return nullptr;
    }
    case ResultForm::boolean:
      return append_boolean_word(out, value);
    case ResultForm::json:
    case ResultForm::object:
      return append_json(out, value, form);
    case ResultForm::datetime:
      return append_datetime(out, value);
    case ResultForm::condition:
      return kNoCondition;
  }
  return nullptr;
}

const char* append_blob(std::string& out, std::string_view bytes, ResultForm form) {
  switch (form) {
    case ResultForm::automatic:
    case ResultForm::truth:
    case ResultForm::string:
      out += '"';
      append_base64(out, bytes);
      out += '"';
      return nullptr;
    case ResultForm::plain:
      append_base64(out, bytes);
      return nullptr;
    default:
      return append_text(out, {}, form);
  }
}

const char* append_json(std::string& out, std::string_view value, ResultForm form) {
  switch (form) {
    case ResultForm::automatic:
    case ResultForm::truth:
    case ResultForm::json:
      if (!is_embeddable_json(value)) return kNoJson;
      out += value;
      return nullptr;
    case ResultForm::object:
      if (!is_object(value) || !is_embeddable_json(value)) return kNoObject;
      out += value;
      return nullptr;
    default:
      return append_text(out, value, form);
  }
}

}  // namespace waltrack
