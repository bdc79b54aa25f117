#include "workshop/draft_fields.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>

#include "base/name_words.hpp"
#include "workshop/yaml_text.hpp"

namespace waltrack {
namespace {

// What Segment expects under a name that it gives a meaning to.
enum class Expected { text, number, time, object };

struct Reserved {
  std::string_view name;
  Expected expected;
};

constexpr std::array kUserTraits = {
    Reserved{"address", Expected::object},   Reserved{"age", Expected::number},
    Reserved{"avatar", Expected::text},      Reserved{"birthday", Expected::time},
    Reserved{"company", Expected::object},   Reserved{"createdAt", Expected::time},
    Reserved{"description", Expected::text}, Reserved{"email", Expected::text},
    Reserved{"firstName", Expected::text},   Reserved{"gender", Expected::text},
    Reserved{"id", Expected::text},          Reserved{"lastName", Expected::text},
    Reserved{"name", Expected::text},        Reserved{"phone", Expected::text},
    Reserved{"title", Expected::text},       Reserved{"username", Expected::text},
    Reserved{"website", Expected::text}};
constexpr std::array kGroupTraits = {
    Reserved{"address", Expected::object}, Reserved{"avatar", Expected::text},
    Reserved{"createdAt", Expected::time}, Reserved{"description", Expected::text},
    Reserved{"email", Expected::text},     Reserved{"employees", Expected::number},
    Reserved{"id", Expected::text},        Reserved{"industry", Expected::text},
    Reserved{"name", Expected::text},      Reserved{"phone", Expected::text},
    Reserved{"plan", Expected::text},      Reserved{"website", Expected::text}};
constexpr std::array kProperties = {Reserved{"currency", Expected::text},
                                    Reserved{"revenue", Expected::number},
                                    Reserved{"value", Expected::number}};

std::span<const Reserved> reserved(FieldPlace place) {
  switch (place) {
    case FieldPlace::traits:
      return kUserTraits;
    case FieldPlace::group_traits:
      return kGroupTraits;
    case FieldPlace::properties:
      break;
  }
  return kProperties;
}

bool fits(Expected expected, const ColumnType& type) {
  switch (type.kind) {
    case ValueKind::text:
      return expected == Expected::text;
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::float4:
    case ValueKind::float8:
    case ValueKind::numeric:
      return expected == Expected::number;
    case ValueKind::date:
    case ValueKind::timestamp:
    case ValueKind::timestamptz:
      return expected == Expected::time;
    case ValueKind::json:
    case ValueKind::hstore:
      return expected == Expected::object;
    default:
      return false;
  }
}

std::string_view ending(const ColumnType& type) {
  switch (type.kind) {
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
      return "_number";
    case ValueKind::text:
      return "_text";
    case ValueKind::json:
    case ValueKind::hstore:
      return "_data";
    default:
      return "_value";
  }
}

std::string without_underscores(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != '_') plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return plain;
}

class FieldWriter {
 public:
  FieldWriter(const TableFacts& facts, const TableGuess& guess, FieldPlace place)
      : facts_(facts), guess_(guess), place_(place) {}

  std::vector<DraftField> write() {
    for (size_t i = 0; i < facts_.table.columns.size(); ++i) {
      if (!is_told_otherwise(facts_.table.columns[i].name)) add(i);
    }
    return std::move(fields_);
  }

 private:
  bool is_told_otherwise(const std::string& column) const {
    if (column == guess_.anonymous_column || column == guess_.user_column) return true;
    if (column == guess_.account_column) return place_ == FieldPlace::group_traits;
    return column == guess_.creation_column && place_ == FieldPlace::properties;
  }

  void add(size_t i) {
    const Column& column = facts_.table.columns[i];
    DraftField field;
    field.column = column.name;
    field.use = guess_column(column, facts_.columns[i], guess_.role == TableRole::users);
    field.key = yaml_scalar(unique(key_of(column), i));
    field.value = yaml_column(column.name);
    field.note = comment_text(facts_.columns[i].comment, 60);
    fields_.push_back(std::move(field));
  }

  std::string key_of(const Column& column) const {
    std::string key = snake_case(name_words(column.name));
    if (column.name == guess_.creation_column && place_ != FieldPlace::properties)
      return "createdAt";
    if (key == "id") return snake_case(guess_.object) + "_id";
    for (const Reserved& one : reserved(place_)) {
      if (without_underscores(one.name) != without_underscores(key)) continue;
      return fits(one.expected, column.type) ? std::string(one.name)
                                             : key.append(ending(column.type));
    }
    return key;
  }

  std::string unique(std::string key, size_t i) {
    if (key.empty()) key = "column_" + std::to_string(i + 1);
    std::string tried = key;
    for (int n = 2; !taken_.insert(tried).second; ++n)
      tried = key + "_" + std::to_string(n);
    return tried;
  }

  const TableFacts& facts_;
  const TableGuess& guess_;
  FieldPlace place_;
  std::set<std::string> taken_;
  std::vector<DraftField> fields_;
};

}  // namespace

std::vector<DraftField> draft_fields(const TableFacts& facts, const TableGuess& guess,
                                     FieldPlace place) {
  return FieldWriter(facts, guess, place).write();
}

}  // namespace waltrack
