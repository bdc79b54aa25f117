#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/mapping_file.hpp"
#include "mapping/rule_compiler.hpp"
#include "mapping/sql_database.hpp"
#include "model/message_id.hpp"
#include "model/table.hpp"

namespace waltrack {

// Compiles documents, table by table, into plans. All that the constructor takes must outlive it;
// the documents must outlive it, too, the plans need them no more.
class MappingCompiler {
 public:
  MappingCompiler(std::span<const Table> catalog, const MessageIdentity& identity,
                  SqlDatabase& database, Diagnostics& diagnostics)
      : catalog_(catalog), identity_(identity), database_(database), diagnostics_(diagnostics) {}

  // A document that is not enabled adds nothing.
  void add(const MappingDocument& document);

  // Warns of tables whose heirs have no document: call it when all are added.
  void tell_of_heirs();

  std::vector<std::unique_ptr<TablePlan>> take_plans() { return std::move(plans_); }

 private:
  // What is wrong with the document for this table.
  Diagnostics add_to(const Table& table, const MappingDocument& document, const SourcePlace& place);
  void tell_of_matches(const std::vector<Diagnostics>& matched);
  void tell(const Diagnostics& found);
  const Table* find_table(const TableGlob& name) const;
  void unknown_table(const TableRef& wanted);

  std::span<const Table> catalog_;
  const MessageIdentity& identity_;
  SqlDatabase& database_;
  Diagnostics& diagnostics_;
  std::vector<std::unique_ptr<TablePlan>> plans_;
  struct Target {
    Diagnostics found;  // of the document at hand
    SourcePlace place;  // where the table was first named
    std::unique_ptr<RuleCompiler> compiler;
    const MappingDocument* last = nullptr;
  };
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Target>> targets_;  // schema, name
  // Places that the document at hand has told of already, and which diagnostic that was.
  std::map<std::string, size_t> told_;
};

}  // namespace waltrack
