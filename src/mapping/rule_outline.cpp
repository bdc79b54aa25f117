#include "mapping/rule_outline.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "mapping/compiled_rule.hpp"
#include "model/table.hpp"

namespace waltrack {
namespace {

// Whether values of the type can lie outside of their row: those the server does not send when they
// stay. (A numeric could, in theory, with thousands of digits.)
bool may_lie_outside(const ColumnType& type) {
  static constexpr std::array kSmall = {std::string_view("uuid"),     std::string_view("inet"),
                                        std::string_view("cidr"),     std::string_view("macaddr"),
                                        std::string_view("macaddr8"), std::string_view("money")};
  switch (type.kind) {
    case ValueKind::text:
      return std::ranges::find(kSmall, type.name) == kSmall.end();
    case ValueKind::bytea:
    case ValueKind::json:
    case ValueKind::array:
    case ValueKind::range:
    case ValueKind::multirange:
    case ValueKind::hstore:
      return true;
    default:
      return false;
  }
}

class Outliner {
 public:
  Outliner(const CompiledRule& rule, const Table& table) : rule_(rule), table_(table) {}

  ValueOutline value(const ValueTemplate& value) const {
    ValueOutline outline;
    outline.type = value.type;
    switch (value.kind) {
      case ValueTemplate::Kind::fixed:
        fixed(value, outline);
        break;
      case ValueTemplate::Kind::source:
      case ValueTemplate::Kind::expression:
        outline.always = !value.omit_null && !may_lack(value);
        outline.open = true;
        if (value.transform) outline.values = value.transform->all_results();
        break;
      case ValueTemplate::Kind::object:
        for (const ValueTemplate::Field& field : value.fields)
          outline.fields.push_back({field.name, this->value(field.value)});
        break;
      case ValueTemplate::Kind::list:
        for (const ValueTemplate& item : value.items) {
          outline.items.push_back(this->value(item));
          // A list with a missing item is missing.
          outline.always = outline.always && !may_lack(item);
        }
        break;
    }
    return outline;
  }

 private:
  static void fixed(const ValueTemplate& value, ValueOutline& outline) {
    const bool composed = value.fixed.starts_with('{') || value.fixed.starts_with('[');
    outline.open = composed && value.fixed.size() > 2;
    if (composed) return;
    outline.values.emplace();
    if (value.fixed != "null") outline.values->push_back(value.fixed);
  }

  bool may_lack(const ValueTemplate& value) const {
    switch (value.kind) {
      case ValueTemplate::Kind::source:
        return may_lack(value.source);
      case ValueTemplate::Kind::expression:
        return rule_.program &&
               std::ranges::any_of(rule_.program->expression(value.expression).reads,
                                   [this](const Source& source) { return may_lack(source); });
      case ValueTemplate::Kind::list:
        return std::ranges::any_of(value.items,
                                   [this](const ValueTemplate& item) { return may_lack(item); });
      case ValueTemplate::Kind::fixed:
      case ValueTemplate::Kind::object:
        break;
    }
    return false;
  }

  bool may_lack(const Source& source) const {
    if (source.scope == Scope::event || table_.is_message()) return false;
    const Column& column = table_.columns[source.index];
    if (column.key || table_.replica_identity == ReplicaIdentity::full) return false;
    if (rule_.ops.has(Op::remove)) return true;
    return rule_.ops.has(Op::update) && may_lie_outside(column.type);
  }

  const CompiledRule& rule_;
  const Table& table_;
};

}  // namespace

RuleOutline outline_rule(const CompiledRule& rule, const Table& table) {
  RuleOutline outline;
  outline.rule = &rule.rule;
  outline.type = rule.type;
  outline.name = rule.fixed_name;
  outline.row_names = rule.row_names;
  outline.has_body = rule.has_body;
  if (rule.has_body) outline.body = Outliner(rule, table).value(rule.body);
  // Of SQL, too: what is no object makes no event, or one without any.
  outline.body.type = {JsonType::object, false};
  for (ValueOutline::Field& field : outline.body.fields)
    field.value.always = field.value.always && !rule.only_changed;
  return outline;
}

}  // namespace waltrack
