#include "mapping/rule_lints.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/name_words.hpp"
#include "base/nearest.hpp"
#include "mapping/personal_data.hpp"

namespace waltrack {
namespace {

// Segment's reserved names, whose values its destinations expect in a type of their own.
struct Reserved {
  std::string_view name;
  JsonType type;
  std::string_view expected;
};

constexpr std::array kTraits = {
    Reserved{"address", JsonType::object, "an object with street, city, state, …"},
    Reserved{"age", JsonType::number, "a number"},
    Reserved{"avatar", JsonType::string, "a text: a URL"},
    Reserved{"birthday", JsonType::datetime, "a date"},
    Reserved{"createdAt", JsonType::datetime, "a date and time"},
    Reserved{"description", JsonType::string, "a text"},
    Reserved{"email", JsonType::string, "a text"},
    Reserved{"firstName", JsonType::string, "a text"},
    Reserved{"gender", JsonType::string, "a text"},
    Reserved{"industry", JsonType::string, "a text"},
    Reserved{"lastName", JsonType::string, "a text"},
    Reserved{"name", JsonType::string, "a text"},
    Reserved{"phone", JsonType::string, "a text"},
    Reserved{"title", JsonType::string, "a text"},
    Reserved{"username", JsonType::string, "a text"},
    Reserved{"website", JsonType::string, "a text: a URL"},
};
constexpr std::array kUserTraits = {
    Reserved{"company", JsonType::object, "an object with name, id, industry, …"},
};
constexpr std::array kProperties = {
    Reserved{"currency", JsonType::string, "a text: ISO 4217, as in EUR"},
    Reserved{"revenue", JsonType::number, "a number"},
    Reserved{"value", JsonType::number, "a number"},
};

bool fits(JsonType wanted, JsonType given) {
  if (given == JsonType::unknown || given == wanted) return true;
  if (wanted == JsonType::number) return given == JsonType::integer;
  // A text column may hold a date.
  return wanted == JsonType::datetime && given == JsonType::string;
}

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}

// "Order Completed": words in Title Case with single blanks, two at least.
bool is_object_action(std::string_view name) {
  size_t words = 0;
  bool begins = true;
  for (char c : name) {
    if (c == ' ') {
      if (begins) return false;
      begins = true;
      continue;
    }
    if (c == '_') return false;
    if (begins) {
      if (is_small(c)) return false;
      ++words;
    }
    begins = false;
  }
  const bool shouts = std::any_of(name.begin(), name.end(), is_capital) &&
                      std::none_of(name.begin(), name.end(), is_small) && name.size() > 4;
  return words >= 2 && !begins && !shouts;
}

// No row of a mapper's has it.
constexpr uint64_t kLintSerial = uint64_t{1} << 62;

class Linter {
 public:
  Linter(const LintedRule& linted, Diagnostics& diagnostics)
      : linted_(linted), call_(linted.call), diagnostics_(diagnostics) {}

  void lint() {
    lint_name();
    lint_ids();
    lint_reserved();
    if (call_.ops.has(Op::backfill)) lint_backfill();
    for (const ColumnRead& read : linted_.sent)
      lint_column(read);
  }

 private:
  void lint_name() {
    if (!call_.name) return;
    if (!call_.name->is_literal()) {
      diagnostics_.warning(call_.name->place,
                           "a name that the row decides: each value becomes an event of its own",
                           "keep the name fixed and send the value as a property");
      return;
    }
    if (call_.type != CallType::track || is_object_action(call_.name->text)) return;
    const std::string suggestion = title_case(name_words(call_.name->text));
    diagnostics_.warning(
        call_.name->place, "'" + call_.name->text + "' is no \"Object Action\" in Title Case",
        is_object_action(suggestion) ? "as in '" + suggestion + "'" : "as in 'Order Completed'");
  }

  const Column* bare_user() const {
    const CallInput& user = linted_.rule.user_id;
    const bool bare = user.kind == CallInput::Kind::source &&
                      (user.source.scope == Scope::row || user.source.scope == Scope::old);
    return bare ? &linted_.table.columns[user.source.index] : nullptr;
  }

  const ValueSpec& user_spec() const {
    return call_.settings.user_id ? *call_.settings.user_id : *linted_.document.defaults.user_id;
  }

  void lint_ids() {
    const Column* user = bare_user();
    if (user == nullptr) return;
    const bool across_schemas =
        std::any_of(linted_.document.tables.begin(), linted_.document.tables.end(),
                    [](const TableRef& table) { return table.glob.schema.glob; });
    if (across_schemas) {
      diagnostics_.warning(user_spec().place,
                           "'" + user->name +
                               "' of different schemas may be the same id for "
                               "different users",
                           "write event.schema || ':' || " + user->name);
    }
    const bool may_be_null = user->nullable && !user->key &&
                             linted_.rule.anonymous_id.kind == CallInput::Kind::none &&
                             !a_condition_reads(linted_.rule.user_id.source.index);
    if (may_be_null) {
      diagnostics_.warning(user_spec().place,
                           "'" + user->name + "' can be null: such a row becomes a dead letter",
                           "add when: " + user->name + " is not null, or an anonymous_id");
    }
  }

  bool a_condition_reads(uint32_t column) const {
    for (const Condition* condition : linted_.rule.conditions) {
      for (const Source& read : condition->reads()) {
        if (read.scope != Scope::event && read.index == column) return true;
      }
    }
    return false;
  }

  void lint_backfill() {
    const CallSettings& defaults = linted_.document.defaults;
    const bool happens = call_.type == CallType::track || call_.type == CallType::page ||
                         call_.type == CallType::screen;
    if (happens && !call_.settings.timestamp && !defaults.timestamp) {
      diagnostics_.warning(call_.place,
                           "a row that is backfilled has no commit time: Segment will date this "
                           "event to the moment it arrives",
                           "give timestamp: and the column that tells when it happened");
    }
    // The defaults' condition is the first, see rule_compiler.cpp.
    if (!call_.names_ops) return;
    size_t index = 0;
    for (const std::optional<ValueSpec>* when : {&defaults.when, &call_.settings.when}) {
      if (!*when || index >= linted_.rule.conditions.size()) continue;
      if (!is_false_of_existing_rows(*linted_.rule.conditions[index++])) continue;
      diagnostics_.warning((*when)->place,
                           "of a row that is backfilled this is never true: it has no old row",
                           "take backfill out of on:, or give it a call of its own");
    }
  }

  // Where the row itself plays no part, one row stands for all.
  bool is_false_of_existing_rows(Condition& condition) const {
    const std::vector<Source> reads = condition.reads();
    const bool any_row = !reads.empty() && std::ranges::all_of(reads, [](Source read) {
      return read.scope == Scope::old || read.scope == Scope::event;
    });
    if (!any_row) return false;
    const std::vector<Value> nulls(linted_.table.columns.size(), Value::null());
    std::vector<int32_t> columns(nulls.size());
    std::iota(columns.begin(), columns.end(), 0);
    Change change;
    change.op = Op::backfill;
    change.table = &linted_.table;
    change.new_row = nulls;
    const Transaction none;
    const RowView row(none, change, columns, kLintSerial);
    return condition.evaluate(row) == Condition::Verdict::silent;
  }

  void lint_reserved() {
    if (!call_.body || call_.body->kind != ValueSpec::Kind::object) return;
    const bool traits = call_.body_key() == "traits";
    for (const ValueTemplate::Field& field : linted_.rule.body.fields) {
      if (!traits) {
        check_reserved(kProperties, field);
        continue;
      }
      check_reserved(kTraits, field);
      if (call_.type == CallType::identify) check_reserved(kUserTraits, field);
    }
  }

  template <size_t N>
  void check_reserved(const std::array<Reserved, N>& reserved, const ValueTemplate::Field& field) {
    for (const Reserved& one : reserved) {
      if (one.name != field.name || fits(one.type, field.value.type.json)) continue;
      diagnostics_.warning(place_of(field.name),
                           "'" + field.name + "' is a reserved " +
                               (call_.body_key() == "traits" ? "trait" : "property") +
                               ": destinations expect " + std::string(one.expected),
                           "convert it, or choose another name");
    }
  }

  SourcePlace place_of(const std::string& field) const {
    for (const ValueSpec::Field& one : call_.body->fields) {
      if (one.name == field) return one.value.place;
    }
    return call_.body->columns ? call_.body->columns->place : call_.body->place;
  }

  void lint_column(const ColumnRead& read) {
    if (read.source.scope == Scope::changed || read.use == ColumnRead::Use::truth) return;
    const std::string& name = linted_.table.columns[read.source.index].name;
    const std::vector<std::string>& acknowledged = linted_.document.acknowledged;
    if (std::find(acknowledged.begin(), acknowledged.end(), name) != acknowledged.end()) return;
    switch (column_sensitivity(name)) {
      case Sensitivity::none:
        return;
      case Sensitivity::secret:
        diagnostics_.error(
            read.place, "column '" + name + "' looks like a secret",
            "leave it out; if it is meant to be sent: acknowledge_pii: [" + name + "]");
        return;
      case Sensitivity::personal:
        break;
    }
    // People describe their users in traits on purpose; elsewhere, and under a `*`, it slips in.
    const bool described = call_.body_key() == "traits" && read.use != ColumnRead::Use::listed;
    const bool plain = read.use == ColumnRead::Use::bare || read.use == ColumnRead::Use::listed;
    if (described || !plain || read.hashed || !in_body(read)) return;
    diagnostics_.warning(read.place, "column '" + name + "' looks personal",
                         "leave it out, or { $sql: " + name +
                             ", $hash: sha256 }; if it is meant to be sent: acknowledge_pii: [" +
                             name + "]");
  }

  bool in_body(const ColumnRead& read) const { return contains(linted_.rule.body, read.source); }

  static bool contains(const ValueTemplate& value, Source source) {
    if (value.kind == ValueTemplate::Kind::source) return value.source == source;
    return std::any_of(value.fields.begin(), value.fields.end(),
                       [&](const auto& field) { return contains(field.value, source); }) ||
           std::any_of(value.items.begin(), value.items.end(),
                       [&](const ValueTemplate& item) { return contains(item, source); });
  }

  const LintedRule& linted_;
  const CallSpec& call_;
  Diagnostics& diagnostics_;
};

}  // namespace

void lint_rule(const LintedRule& linted, Diagnostics& diagnostics) {
  Linter(linted, diagnostics).lint();
}

void lint_acknowledged(const MappingDocument& document, const Table& table,
                       Diagnostics& diagnostics) {
  std::vector<std::string> known;
  for (const Column& column : table.columns)
    known.push_back(column.name);
  for (const std::string& name : document.acknowledged) {
    if (table.find_column(name)) continue;
    diagnostics.error(document.place,
                      "acknowledge_pii: unknown column '" + name + "' of " + table.full_name(),
                      suggest_name(name, known));
  }
}

}  // namespace waltrack
