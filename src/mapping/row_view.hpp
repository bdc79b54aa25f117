#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mapping/result_json.hpp"
#include "model/change.hpp"

namespace waltrack {

// What an expression can name: `row` is the new row, on delete the deleted one.
enum class Scope : uint8_t { row, old, changed, event };

enum class EventField : uint8_t { op, schema, table_name, lsn, xid, committed_at };
inline constexpr std::string_view kEventFields[] = {"op",  "schema", "table_name",
                                                    "lsn", "xid",    "committed_at"};

// One thing that is read from a change.
struct Source {
  Scope scope = Scope::row;
  uint32_t index = 0;  // of the column in the table that the rules were compiled for; an EventField

  auto operator<=>(const Source&) const = default;
};

// A change as the rules of its table see it: columns go by their index in the table that the rules
// were compiled for. All are views, good as long as the change.
class RowView {
 public:
  // `columns` gives for each of those indexes the one in change.table, or -1 when that layout does
  // not have the column: then it is unavailable. `serial` tells changes apart.
  RowView(const Transaction& transaction, const Change& change, std::span<const int32_t> columns,
          uint64_t serial)
      : transaction_(transaction), change_(change), columns_(columns), serial_(serial) {}

  const Transaction& transaction() const { return transaction_; }
  const Change& change() const { return change_; }
  uint64_t serial() const { return serial_; }
  std::span<const int32_t> columns() const { return columns_; }

  // For Scope::row and Scope::old. An unchanged column that was left out of the new row is taken
  // from the old one, and the key of an old row that was left out from the new one: the server
  // leaves out what is the same.
  Value value(Source source) const;
  // The type of a column whose value is there.
  const ColumnType& type(Source source) const;
  // For Scope::changed: whether old and new differ; nothing when that is not known.
  std::optional<bool> changed(uint32_t column) const;

  bool available(Source source) const;
  // Whether the table had this column when the row was written.
  bool has_column(uint32_t index) const { return index < columns_.size() && columns_[index] >= 0; }

 private:
  const Column* column(uint32_t index) const;
  Value new_value(uint32_t index) const { return at(change_.new_row, index); }
  Value old_value(uint32_t index) const { return at(change_.old_row, index); }
  Value at(std::span<const Value> row, uint32_t index) const;

  const Transaction& transaction_;
  const Change& change_;
  std::span<const int32_t> columns_;
  uint64_t serial_;
};

// False where an event field is null: a message has no schema, outside of a transaction there is
// neither xid nor commit time, and what is backfilled has no place in the log.
bool has_event_field(const RowView& row, EventField field);

// Appends an event field's bare text.
void append_event_field(std::string& out, const RowView& row, EventField field);

struct SourceResult {
  enum class State : uint8_t { present, null, unavailable, failed };

  State state = State::present;
  const char* reason = nullptr;  // failed: see result_json.hpp
};

// Appends what `source` reads in the form asked for, without SQL: `automatic` writes a column's own
// JSON, `plain` the text that the JSON would show. Appends nothing when it is unavailable or
// failed.
SourceResult append_source(std::string& out, const RowView& row, Source source, ResultForm form);

}  // namespace waltrack
