#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/mapping_file.hpp"
#include "mapping/rule_outline.hpp"
#include "mapping/sql_database.hpp"
#include "model/change_mapper.hpp"
#include "model/message_id.hpp"
#include "model/table.hpp"

namespace waltrack {

struct CompiledRule;
struct TablePlan;

// The columns of a table as the database has them now, or nothing when it is gone. May throw an
// Error.
using TableFinder = std::function<std::optional<Table>(const TableName&)>;

// The compiled mappings at work. Allocates nothing for a row once its buffers have grown (SQLite
// does, for rules with expressions). Belongs to one thread, which may be another than the one that
// compiled it.
class Mapper final : public ChangeMapper {
 public:
  // Use compile_mappings().
  Mapper(std::unique_ptr<SqlDatabase> database, std::vector<std::unique_ptr<TablePlan>> plans,
         const MessageIdentity& identity);
  ~Mapper() override;

  // A table that is made later and matches a glob of these documents gets rules when its first
  // change comes, for the columns that `finder` (on the mapper's thread) or else the change gives.
  void follow_new_tables(std::vector<MappingDocument> globs, TableFinder finder);

  // A layout is looked at when its id, change.table->id, first comes, and again when another one of
  // the same table has come meanwhile. A column that it lacks is unavailable. One that the table
  // does not have now either is gone: the rules that name it reject their rows until the table or
  // the mapping is mended, and the log tells it once. Of a row that was there already (op backfill)
  // only what backfill_columns() names has to be in the layout.
  void map(const Transaction& transaction, const Change& change, EventSink& sink) override;

  // Asks the finder of a table that is younger than the mapper, as map() does.
  std::optional<std::vector<std::string>> backfill_columns(const TableName& table) const override;

  // All rules, by their index.
  const std::vector<const Rule*>& rules() const { return rules_; }

  // What is known of all rules' events beforehand, in the order of rules().
  std::vector<RuleOutline> outlines() const;

  // Whether any rule reads a column that the server generates.
  bool reads_generated_columns() const;
  // Tells of those that do not come: all virtual ones, and the stored ones where `stored_come` is
  // false.
  void tell_generated_columns(bool stored_come, Diagnostics& diagnostics) const;

  // How many fields of a rule's events were left out because the server had not sent their columns.
  uint64_t left_out_fields(const Rule& rule) const;

 private:
  struct Layout;

  const Layout& layout_of(const Transaction& transaction, const Change& change);
  void look_at(const Transaction& transaction, const Table& table, Layout& layout);
  void find_gone(const Transaction& transaction, const Table& table, Layout& layout) const;
  const TablePlan* find_plan(const TableName& table) const;
  const TablePlan* plan_new_table(const Table& table);
  std::vector<std::unique_ptr<TablePlan>> make_plans(const TableName& name, const Table* seen,
                                                     Diagnostics& diagnostics) const;
  void adopt(std::unique_ptr<TablePlan> plan);

  std::unique_ptr<SqlDatabase> database_;  // outlives the statements in the plans
  std::vector<std::unique_ptr<TablePlan>> plans_;
  const MessageIdentity identity_;
  std::vector<MappingDocument> globs_;
  TableFinder find_table_;
  std::vector<const Rule*> rules_;
  std::vector<const CompiledRule*> compiled_;
  std::vector<Layout> layouts_;    // two by the id of the table: streamed rows, backfilled ones
  std::optional<int64_t> now_us_;  // what the expressions' clock shows
  uint64_t serial_ = 0;            // counts changes
};

// Compiles mapping files against the tables of the database, which hold at least those that are
// mapped where they exist; the others only help to find what a misspelt one was
// meant to be. Everything that is wrong goes to `diagnostics`, once each; nullptr when there are
// errors in it, those of reading the files included.
std::unique_ptr<Mapper> compile_mappings(const std::vector<MappingFile>& files,
                                         std::span<const Table> catalog,
                                         const MessageIdentity& identity, Diagnostics& diagnostics,
                                         const ExpressionLimits& limits = {},
                                         TableFinder finder = {});

}  // namespace waltrack
