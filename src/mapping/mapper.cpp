#include "mapping/mapper.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "mapping/compiled_rule.hpp"
#include "mapping/lost_columns.hpp"
#include "mapping/mapping_compiler.hpp"

namespace waltrack {
namespace {

// What the expressions' clock shows. A message without a transaction has the wall's.
int64_t clock_of(const Transaction& transaction) {
  if (transaction.has_commit_time()) return transaction.commit_time_us;
  return transaction.clock_us != 0 ? transaction.clock_us : SystemClock().utc_us();
}

// The columns of the plan that rows are asked for which are there already, ascending; nothing when
// no rule hears of these.
std::optional<std::vector<uint32_t>> asked_columns(const TablePlan& plan) {
  std::optional<std::vector<uint32_t>> asked;
  for (const auto& rule : plan.rules) {
    if (!rule->ops.has(Op::backfill)) continue;
    std::vector<uint32_t> together;
    if (!asked) asked.emplace();
    std::ranges::set_union(*asked, rule->reads, std::back_inserter(together));
    asked = std::move(together);
  }
  return asked;
}

}  // namespace

// How the columns of a plan lie in one of the decoder's tables.
struct Mapper::Layout {
  bool known = false;
  bool known_before = false;
  bool backfilled = false;          // of rows that were there already
  const TablePlan* plan = nullptr;  // nullptr: the table has no mapping
  std::vector<int32_t> columns;     // of the plan's table → of the layout, -1 = not there
  // For each of the plan's rules what it needs and the table has lost, in words; empty: nothing for
  // any of them.
  std::vector<std::string> gone;
};

Mapper::Mapper(std::unique_ptr<SqlDatabase> database, std::vector<std::unique_ptr<TablePlan>> plans,
               const MessageIdentity& identity)
    : database_(std::move(database)), identity_(identity) {
  for (std::unique_ptr<TablePlan>& plan : plans)
    adopt(std::move(plan));
}

void Mapper::adopt(std::unique_ptr<TablePlan> plan) {
  for (const auto& compiled : plan->rules) {
    compiled->rule.index = static_cast<uint32_t>(rules_.size());
    rules_.push_back(&compiled->rule);
    compiled_.push_back(compiled.get());
  }
  plans_.push_back(std::move(plan));
}

void Mapper::follow_new_tables(std::vector<MappingDocument> globs, TableFinder finder) {
  globs_ = std::move(globs);
  find_table_ = std::move(finder);
}

Mapper::~Mapper() = default;

void Mapper::map(const Transaction& transaction, const Change& change, EventSink& sink) {
  if (change.table == nullptr) return;
  const int64_t now_us = clock_of(transaction);
  if (now_us_ != now_us) {
    now_us_ = now_us;
    database_->set_now(now_us);
  }
  const Layout& layout = layout_of(transaction, change);
  if (layout.plan == nullptr) return;
  RowView row(transaction, change, layout.columns, ++serial_);
  for (size_t i = 0; i < layout.plan->rules.size(); ++i) {
    CompiledRule& rule = *layout.plan->rules[i];
    if (rule.ops.has(change.op)) {
      rule.run(row, layout.plan->table, sink,
               i < layout.gone.size() ? std::string_view(layout.gone[i]) : std::string_view());
    } else {
      sink.silent(rule.rule, Silence::other_change);
    }
  }
}

std::optional<std::vector<std::string>> Mapper::backfill_columns(const TableName& table) const {
  const TablePlan* plan = find_plan(table);
  std::vector<std::unique_ptr<TablePlan>> made;
  if (plan == nullptr) {
    // map() will make the plan that stays.
    Diagnostics diagnostics;
    made = make_plans(table, nullptr, diagnostics);
    if (made.empty()) return std::nullopt;
    plan = made.back().get();
  }
  const std::optional<std::vector<uint32_t>> asked = asked_columns(*plan);
  if (!asked) return std::nullopt;
  std::vector<std::string> names;
  for (const uint32_t column : *asked)
    names.push_back(plan->table.columns[column].name);
  return names;
}

const Mapper::Layout& Mapper::layout_of(const Transaction& transaction, const Change& change) {
  const Table& table = *change.table;
  const bool backfilled = change.op == Op::backfill;
  const size_t index = size_t{2} * table.id + (backfilled ? 1 : 0);
  if (index >= layouts_.size()) layouts_.resize(index + 1);
  Layout& layout = layouts_[index];
  layout.backfilled = backfilled;
  if (!layout.known) look_at(transaction, table, layout);
  return layout;
}

void Mapper::look_at(const Transaction& transaction, const Table& table, Layout& layout) {
  const TablePlan* plan = find_plan({table.schema, table.name});
  if (plan == nullptr) plan = plan_new_table(table);
  layout.known = plan == nullptr;  // else only when nothing has thrown
  if (plan == nullptr) return;
  layout.plan = plan;
  layout.columns.resize(layout.plan->table.columns.size(), -1);
  for (uint32_t index : layout.plan->used_columns) {
    std::optional<size_t> found = table.find_column(layout.plan->table.columns[index].name);
    if (found) layout.columns[index] = static_cast<int32_t>(*found);
  }
  find_gone(transaction, table, layout);
  layout.known = true;
  // What was found out of the table's other layouts may have been of another time. One that rows
  // were asked for in says nothing of that.
  if (!std::exchange(layout.known_before, true) && !layout.backfilled) {
    for (Layout& other : layouts_)
      other.known = other.known && (&other == &layout || other.plan != plan);
  }
}

// A row without a column that the table has now is older than the column, or the plugin leaves it
// out; a decoder that has not seen all of a table can't say that something is missing.
void Mapper::find_gone(const Transaction& transaction, const Table& table, Layout& layout) const {
  const std::vector<std::string> before = std::exchange(layout.gone, {});
  const TablePlan& plan = *layout.plan;
  std::vector<uint32_t> absent;
  for (const uint32_t index : plan.used_columns) {
    if (layout.columns[index] < 0) absent.push_back(index);
  }
  if (layout.backfilled) {
    // The others were not asked for.
    const std::vector<uint32_t> asked = asked_columns(plan).value_or(std::vector<uint32_t>());
    std::erase_if(absent,
                  [&](uint32_t index) { return !std::ranges::binary_search(asked, index); });
  }
  if (!table.whole || absent.empty()) return;
  const std::optional<Table> now =
      find_table_ ? find_table_({table.schema, table.name}) : std::nullopt;
  if (now) {
    std::erase_if(absent, [&](uint32_t index) {
      return now->find_column(plan.table.columns[index].name).has_value();
    });
  }
  const LostColumns lost(plan.table, table, std::move(absent), transaction.commit_time_us);
  layout.gone.resize(plan.rules.size());
  size_t rules = 0;
  for (size_t i = 0; i < plan.rules.size(); ++i) {
    layout.gone[i] = lost.of(plan.rules[i]->needs);
    if (!layout.gone[i].empty()) ++rules;
  }
  if (rules == 0) layout.gone.clear();
  if (rules > 0 && layout.gone != before) lost.tell(rules);
}

const TablePlan* Mapper::find_plan(const TableName& table) const {
  auto plan = std::find_if(plans_.begin(), plans_.end(), [&](const auto& one) {
    return one->table.name == table.name && one->table.schema == table.schema;
  });
  return plan == plans_.end() ? nullptr : plan->get();
}

// A table that is younger than the mapper may be one that a glob is meant for.
const TablePlan* Mapper::plan_new_table(const Table& table) {
  if (table.is_message()) return nullptr;
  Diagnostics diagnostics;
  std::vector<std::unique_ptr<TablePlan>> plans =
      make_plans({table.schema, table.name}, &table, diagnostics);
  for (const Diagnostic& one : diagnostics.all()) {
    if (one.severity != Severity::error) continue;
    log::error("a new table does not fit its mapping; the rule is left out for it",
               {{"table", table.full_name()}, {"fault", one.text()}});
  }
  if (plans.empty()) return nullptr;
  for (std::unique_ptr<TablePlan>& plan : plans) {
    if (!plan->rules.empty()) {
      log::info("following a new table that matches a mapping",
                {{"table", table.full_name()}, {"rules", plan->rules.size()}});
    }
    adopt(std::move(plan));
  }
  return plans_.back().get();
}

// The plan of a table that no plan is for yet; nothing when no glob is meant for it. Its columns
// are those that the finder tells, or else those of `seen`, if that is there.
std::vector<std::unique_ptr<TablePlan>> Mapper::make_plans(const TableName& name, const Table* seen,
                                                           Diagnostics& diagnostics) const {
  std::vector<MappingDocument> documents;
  for (const MappingDocument& document : globs_) {
    const bool meant = std::ranges::any_of(document.tables, [&](const TableRef& wanted) {
      return wanted.glob.is_glob() && wanted.glob.matches(name);
    });
    if (meant) documents.push_back(document);
  }
  if (documents.empty()) return {};
  std::vector<Table> catalog;
  if (find_table_) {
    if (std::optional<Table> found = find_table_(name)) catalog.push_back(*std::move(found));
  }
  if (catalog.empty() && seen != nullptr) catalog.push_back(*seen);
  if (catalog.empty()) return {};
  MappingCompiler compiler(catalog, identity_, *database_, diagnostics);
  for (MappingDocument& document : documents) {
    document.tables = {{{{name.schema, false}, {name.name, false}}, document.place}};
    compiler.add(document);
  }
  return compiler.take_plans();
}

std::vector<RuleOutline> Mapper::outlines() const {
  std::vector<RuleOutline> outlines;
  for (const std::unique_ptr<TablePlan>& plan : plans_) {
    for (const auto& compiled : plan->rules)
      outlines.push_back(outline_rule(*compiled, plan->table));
  }
  return outlines;
}

bool Mapper::reads_generated_columns() const {
  return std::any_of(plans_.begin(), plans_.end(),
                     [](const auto& plan) { return !plan->generated.empty(); });
}

void Mapper::tell_generated_columns(bool stored_come, Diagnostics& diagnostics) const {
  for (const std::unique_ptr<TablePlan>& plan : plans_) {
    for (const ColumnRead& read : plan->generated) {
      const Column& column = plan->table.columns[read.source.index];
      const bool stored = column.generated == Generated::stored;
      if (stored && stored_come) continue;
      std::string what = "column '" + column.name + "' of " + plan->table.full_name() +
                         (stored ? " is generated, and pgoutput does not send it"
                                 : " is generated when it is asked for: no change has it");
      std::string hint = "compute it in the mapping from the columns that it is made of";
      if (stored) {
        hint +=
            ", or use source.plugin: wal2json with a new slot; from Postgres 18 on a publication "
            "may send it: set (publish_generated_columns = stored)";
      }
      if (read.decisive) {
        diagnostics.error(read.place, std::move(what), std::move(hint));
      } else {
        diagnostics.warning(read.place, what + ": it is left out", std::move(hint));
      }
    }
  }
}

uint64_t Mapper::left_out_fields(const Rule& rule) const {
  return rule.index < compiled_.size() ? compiled_[rule.index]->left_out : 0;
}

std::unique_ptr<Mapper> compile_mappings(const std::vector<MappingFile>& files,
                                         std::span<const Table> catalog,
                                         const MessageIdentity& identity, Diagnostics& diagnostics,
                                         const ExpressionLimits& limits, TableFinder finder) {
  auto database = std::make_unique<SqlDatabase>(SqlDatabase::Use::run, limits);
  MappingCompiler compiler(catalog, identity, *database, diagnostics);
  std::vector<MappingDocument> globs;
  for (const MappingFile& file : files) {
    for (const MappingDocument& document : file.documents) {
      compiler.add(document);
      if (document.enabled && document.has_glob()) globs.push_back(document);
    }
  }
  compiler.tell_of_heirs();
  auto mapper = std::make_unique<Mapper>(std::move(database), compiler.take_plans(), identity);
  mapper->follow_new_tables(std::move(globs), std::move(finder));
  return diagnostics.has_errors() ? nullptr : std::move(mapper);
}

}  // namespace waltrack
