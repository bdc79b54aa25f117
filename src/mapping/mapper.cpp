#include "mapping/mapper.hpp"

#include <algorithm>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "mapping/compiled_rule.hpp"
#include "mapping/mapping_compiler.hpp"

namespace waltrack {
// How the columns of a plan lie in one of the decoder's tables.
struct Mapper::Layout {
  bool known = false;
  const TablePlan* plan = nullptr;  // nullptr: the table has no mapping
  std::vector<int32_t> columns;     // of the plan's table → of the layout, -1 = not there
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
  // Outside of a transaction the clock is the wall's.
  const int64_t now_us =
      transaction.has_commit_time() ? transaction.commit_time_us : SystemClock().utc_us();
  if (now_us_ != now_us) {
    now_us_ = now_us;
    database_->set_now(now_us);
  }
  const Layout& layout = layout_of(*change.table);
  if (layout.plan == nullptr) return;
  RowView row(transaction, change, layout.columns, ++serial_);
  for (const auto& rule : layout.plan->rules) {
    if (rule->ops.has(change.op)) {
      rule->run(row, layout.plan->table, sink);
    } else {
      sink.silent(rule->rule, Silence::other_change);
    }
  }
}

const Mapper::Layout& Mapper::layout_of(const Table& table) {
  if (table.id >= layouts_.size()) layouts_.resize(table.id + 1);
  Layout& layout = layouts_[table.id];
  if (!layout.known) look_at(table, layout);
  return layout;
}

void Mapper::look_at(const Table& table, Layout& layout) {
  const TablePlan* plan = find_plan(table);
  if (plan == nullptr) plan = plan_new_table(table);
  layout.known = true;
  if (plan == nullptr) return;
  layout.plan = plan;
  layout.columns.resize(layout.plan->table.columns.size(), -1);
  for (uint32_t index : layout.plan->used_columns) {
    std::optional<size_t> found = table.find_column(layout.plan->table.columns[index].name);
    if (found) layout.columns[index] = static_cast<int32_t>(*found);
  }
}

const TablePlan* Mapper::find_plan(const Table& table) const {
  auto plan = std::find_if(plans_.begin(), plans_.end(), [&](const auto& one) {
    return one->table.name == table.name && one->table.schema == table.schema;
  });
  return plan == plans_.end() ? nullptr : plan->get();
}

// A table that is younger than the mapper may be one that a glob is meant for.
const TablePlan* Mapper::plan_new_table(const Table& table) {
  const TableName name{table.schema, table.name};
  std::vector<MappingDocument> documents;
  for (const MappingDocument& document : globs_) {
    for (const TableRef& wanted : document.tables) {
      if (!wanted.glob.is_glob() || !wanted.glob.matches(name)) continue;
      documents.push_back(document);
      break;
    }
  }
  if (documents.empty() || table.is_message()) return nullptr;
  std::vector<Table> catalog;
  if (find_table_) {
    if (std::optional<Table> found = find_table_(name)) catalog.push_back(*std::move(found));
  }
  if (catalog.empty()) catalog.push_back(table);
  Diagnostics diagnostics;
  MappingCompiler compiler(catalog, identity_, *database_, diagnostics);
  for (MappingDocument& document : documents) {
    document.tables = {{{{name.schema, false}, {name.name, false}}, document.place}};
    compiler.add(document);
  }
  for (const Diagnostic& one : diagnostics.all()) {
    if (one.severity != Severity::error) continue;
    log::error("a new table does not fit its mapping; the rule is left out for it",
               {{"table", table.full_name()}, {"fault", one.text()}});
  }
  for (std::unique_ptr<TablePlan>& plan : compiler.take_plans()) {
    if (!plan->rules.empty()) {
      log::info("following a new table that matches a mapping",
                {{"table", table.full_name()}, {"rules", plan->rules.size()}});
    }
    adopt(std::move(plan));
  }
  return plans_.back().get();
}

std::vector<RuleOutline> Mapper::outlines() const {
  std::vector<RuleOutline> outlines;
  for (const std::unique_ptr<TablePlan>& plan : plans_) {
    for (const auto& compiled : plan->rules)
      outlines.push_back(outline_rule(*compiled, plan->table));
  }
  return outlines;
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
  auto mapper = std::make_unique<Mapper>(std::move(database), compiler.take_plans(), identity);
  mapper->follow_new_tables(std::move(globs), std::move(finder));
  return diagnostics.has_errors() ? nullptr : std::move(mapper);
}

}  // namespace waltrack
