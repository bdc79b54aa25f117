#include "mapping/mapper.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/nearest.hpp"
#include "mapping/compiled_rule.hpp"
#include "mapping/rule_compiler.hpp"

namespace waltrack {
namespace {

class MappingCompiler {
 public:
  MappingCompiler(std::span<const Table> catalog, const MessageIdentity& identity,
                  SqlDatabase& database, Diagnostics& diagnostics)
      : catalog_(catalog), identity_(identity), database_(database), diagnostics_(diagnostics) {}

  void add(const TableMapping& mapping) {
    std::string name = mapping.table.full_name();
    auto known = compilers_.find(name);
    if (known == compilers_.end()) {
      const Table* table = find_table(mapping.table);
      if (table == nullptr) return unknown_table(mapping);
      plans_.push_back(std::make_unique<TablePlan>(*table));
      auto compiler =
          std::make_unique<RuleCompiler>(*plans_.back(), database_, identity_, diagnostics_);
      known = compilers_.emplace(std::move(name), std::move(compiler)).first;
    }
    known->second->add(mapping);
  }

  std::vector<std::unique_ptr<TablePlan>> take_plans() { return std::move(plans_); }

 private:
  const Table* find_table(const TableName& name) const {
    for (const Table& table : catalog_) {
      if (table.schema == name.schema && table.name == name.name) return &table;
    }
    return nullptr;
  }

  void unknown_table(const TableMapping& mapping) {
    std::vector<std::string> names;
    for (const Table& table : catalog_)
      names.push_back(table.full_name());
    std::string name = mapping.table.full_name();
    std::optional<std::string> near;
    for (const Table& table : catalog_) {
      // The schema is what people forget.
      if (!near && table.name == mapping.table.name) near = table.full_name();
    }
    if (!near) near = nearest_name(name, names);
    diagnostics_.error(mapping.table_place, "the database has no table '" + name + "'",
                       near ? "did you mean '" + *near + "'?"
                            : "is it the right database, and may the role see the table?");
  }

  std::span<const Table> catalog_;
  const MessageIdentity& identity_;
  SqlDatabase& database_;
  Diagnostics& diagnostics_;
  std::vector<std::unique_ptr<TablePlan>> plans_;
  std::map<std::string, std::unique_ptr<RuleCompiler>> compilers_;
};

// Defaults are checked with every call that uses them: the same fault is told once.
void tell_once(const Diagnostics& found, Diagnostics& diagnostics) {
  std::set<std::string> told;
  for (const Diagnostic& one : found.all()) {
    if (!told.insert(one.text()).second) continue;
    if (one.severity == Severity::error) {
      diagnostics.error(one.place, one.message, one.hint);
    } else {
      diagnostics.warning(one.place, one.message, one.hint);
    }
  }
}

}  // namespace

// How the columns of a plan lie in one of the decoder's tables.
struct Mapper::Layout {
  bool known = false;
  const TablePlan* plan = nullptr;  // nullptr: the table has no mapping
  std::vector<int32_t> columns;     // of the plan's table → of the layout, -1 = not there
};

Mapper::Mapper(std::unique_ptr<SqlDatabase> database, std::vector<std::unique_ptr<TablePlan>> plans)
    : database_(std::move(database)), plans_(std::move(plans)) {
  for (const auto& plan : plans_) {
    for (const auto& compiled : plan->rules) {
      compiled->rule.index = static_cast<uint32_t>(rules_.size());
      rules_.push_back(&compiled->rule);
      compiled_.push_back(compiled.get());
    }
  }
}

Mapper::~Mapper() = default;

void Mapper::map(const Transaction& transaction, const Change& change, EventSink& sink) {
  if (change.table == nullptr) return;
  if (now_us_ != transaction.commit_time_us) {
    now_us_ = transaction.commit_time_us;
    database_->set_now(*now_us_);
  }
  const Layout& layout = layout_of(*change.table);
  if (layout.plan == nullptr) return;
  RowView row(transaction, change, layout.columns, ++serial_);
  for (const auto& rule : layout.plan->rules) {
    if (rule->ops.has(change.op)) rule->run(row, layout.plan->table, sink);
  }
}

const Mapper::Layout& Mapper::layout_of(const Table& table) {
  if (table.id >= layouts_.size()) layouts_.resize(table.id + 1);
  Layout& layout = layouts_[table.id];
  if (!layout.known) look_at(table, layout);
  return layout;
}

void Mapper::look_at(const Table& table, Layout& layout) const {
  layout.known = true;
  auto plan = std::find_if(plans_.begin(), plans_.end(), [&](const auto& one) {
    return one->table.name == table.name && one->table.schema == table.schema;
  });
  if (plan == plans_.end()) return;
  layout.plan = plan->get();
  layout.columns.resize(layout.plan->table.columns.size(), -1);
  for (uint32_t index : layout.plan->used_columns) {
    std::optional<size_t> found = table.find_column(layout.plan->table.columns[index].name);
    if (found) layout.columns[index] = static_cast<int32_t>(*found);
  }
}

uint64_t Mapper::left_out_fields(const Rule& rule) const {
  return rule.index < compiled_.size() ? compiled_[rule.index]->left_out : 0;
}

std::unique_ptr<Mapper> compile_mappings(const std::vector<MappingFile>& files,
                                         std::span<const Table> catalog,
                                         const MessageIdentity& identity, Diagnostics& diagnostics,
                                         const ExpressionLimits& limits) {
  auto database = std::make_unique<SqlDatabase>(SqlDatabase::Use::run, limits);
  Diagnostics found;
  MappingCompiler compiler(catalog, identity, *database, found);
  for (const MappingFile& file : files) {
    for (const TableMapping& mapping : file.tables)
      compiler.add(mapping);
  }
  tell_once(found, diagnostics);
  auto mapper = std::make_unique<Mapper>(std::move(database), compiler.take_plans());
  return diagnostics.has_errors() ? nullptr : std::move(mapper);
}

}  // namespace waltrack
