#include "mapping/mapping_compiler.hpp"

#include <set>
#include <utility>

#include "base/nearest.hpp"
#include "mapping/table_names.hpp"

namespace waltrack {
namespace {

std::string key_of(const Diagnostic& one) {
  return one.place.text() + (one.severity == Severity::error ? " e" : " w");
}

}  // namespace

void MappingCompiler::add(const MappingDocument& document) {
  if (!document.enabled) return;
  told_.clear();
  std::vector<Diagnostics> matched;
  if (document.is_message())
    tell(add_to(message_table(document.message), document, document.place));
  for (const TableRef& wanted : document.tables) {
    if (!wanted.glob.is_glob()) {
      if (const Table* table = find_table(wanted.glob)) {
        tell(add_to(*table, document, wanted.place));
      } else {
        unknown_table(wanted);
      }
      continue;
    }
    const size_t before = matched.size();
    for (const Table& table : catalog_) {
      if (!wanted.glob.matches({table.schema, table.name})) continue;
      matched.push_back(add_to(table, document, wanted.place));
    }
    if (matched.size() > before) continue;
    diagnostics_.warning(wanted.place,
                         "no table matches '" + wanted.glob.full_name() + "' at present",
                         "a table that is made later and matches will be followed");
  }
  tell_of_matches(matched);
}

Diagnostics MappingCompiler::add_to(const Table& table, const MappingDocument& document,
                                    const SourcePlace& place) {
  std::unique_ptr<Target>& target = targets_[{table.schema, table.name}];
  if (!target) {
    target = std::make_unique<Target>();
    target->place = place;
    plans_.push_back(std::make_unique<TablePlan>(table));
    target->compiler =
        std::make_unique<RuleCompiler>(*plans_.back(), database_, identity_, target->found);
  }
  if (target->last == &document) {
    diagnostics_.warning(place, "'" + table.full_name() + "' is in this list already");
    return {};
  }
  target->last = &document;
  target->found = {};
  target->compiler->add(document);
  return target->found;
}

// Where somebody maps a parent, its children's rows may be meant, too.
void MappingCompiler::tell_of_heirs() {
  for (const std::unique_ptr<TablePlan>& plan : plans_) {
    std::string heirs;
    for (const TableName& heir : plan->table.heirs) {
      if (targets_.contains({heir.schema, heir.name})) continue;
      heirs.append(heirs.empty() ? "" : ", ").append(heir.full_name());
    }
    if (heirs.empty()) continue;
    diagnostics_.warning(targets_.at({plan->table.schema, plan->table.name})->place,
                         "tables inherit from " + plan->table.full_name() +
                             " and have no mapping; their rows are not rows of its own: " + heirs,
                         "if they are meant, too, name them: table: [" + plan->table.full_name() +
                             ", " + heirs + "]");
  }
}

// A pattern may match a table of somebody else's: what does not fit some of its tables must not
// keep the others from being followed. What fits none of them is an error.
void MappingCompiler::tell_of_matches(const std::vector<Diagnostics>& matched) {
  std::map<std::string, size_t> tables_with;
  for (const Diagnostics& found : matched) {
    std::set<std::string> places;
    for (const Diagnostic& one : found.all()) {
      if (one.severity == Severity::error && places.insert(key_of(one)).second) {
        ++tables_with[key_of(one)];
      }
    }
  }
  for (const Diagnostics& found : matched) {
    Diagnostics told;
    for (Diagnostic one : found.all()) {
      if (one.severity == Severity::error && tables_with[key_of(one)] < matched.size()) {
        one.severity = Severity::warning;
        one.message += ": the rule is left out for this table";
      }
      told.add(std::move(one));
    }
    tell(told);
  }
}

// What one table of several has shown need not be told for each of the others, but for what mends
// it. Defaults are checked with every call that uses them: the same fault is told once, too.
void MappingCompiler::tell(const Diagnostics& found) {
  const std::map<std::string, size_t> before = told_;
  std::set<std::string> texts;
  for (const Diagnostic& one : found.all()) {
    if (const auto earlier = before.find(key_of(one)); earlier != before.end()) {
      diagnostics_.add_sql(earlier->second, one.sql);
      continue;
    }
    if (!texts.insert(one.text()).second) continue;
    told_.emplace(key_of(one), diagnostics_.all().size());
    diagnostics_.add(one);
  }
}

const Table* MappingCompiler::find_table(const TableGlob& name) const {
  for (const Table& table : catalog_) {
    if (name.matches({table.schema, table.name})) return &table;
  }
  return nullptr;
}

void MappingCompiler::unknown_table(const TableRef& wanted) {
  std::vector<std::string> names;
  std::optional<std::string> near;
  const std::string name = wanted.glob.full_name();
  const auto spelled = [](const Table& table) {
    return table_name_text({table.schema, table.name});
  };
  for (const Table& table : catalog_) {
    names.push_back(table.full_name());
    // The schema is what people forget, and the quotes around a dot.
    if (near) continue;
    if (table.name == wanted.glob.name.text || table.name == name) near = spelled(table);
  }
  if (!near) near = nearest_name(name, names);
  for (const Table& table : catalog_) {
    if (near && *near == table.full_name()) near = spelled(table);
  }
  diagnostics_.error(wanted.place, "the database has no table '" + name + "'",
                     near ? "did you mean '" + *near + "'?"
                          : "is it the right database, and may the role see the table?");
}

}  // namespace waltrack
