#include "postgres/chunk_query.hpp"

#include <string_view>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string list;
  for (const std::string& part : parts) {
    if (!list.empty()) list += ", ";
    list += part;
  }
  return list;
}

// One value stands for itself, several are a row.
std::string row_of(const std::vector<std::string>& parts) {
  return parts.size() == 1 ? parts.front() : "(" + joined(parts) + ")";
}

std::string literal(const KeyColumn& column, const std::string& text) {
  return quote_literal(column.bytea ? "\\x" + text : text);
}

// The line ends, so that a comment in it hides nothing.
std::string in_lines(const std::string& where) {
  return "(\n" + where + "\n)";
}

std::string copy(const std::string& select) {
  return "COPY (" + select + ") TO STDOUT";
}

}  // namespace

ChunkQuery::ChunkQuery(std::shared_ptr<const BackfillPlan> plan, std::vector<KeyColumn> key)
    : plan_(std::move(plan)), key_(std::move(key)) {
  std::vector<std::string> names;
  for (const KeyColumn& column : key_)
    names.push_back(quote_identifier(column.name));
  key_names_ = row_of(names);
}

std::string ChunkQuery::greatest(const TableName& leaf) const {
  std::vector<std::string> names, order;
  for (const KeyColumn& column : key_) {
    names.push_back(quote_identifier(column.name));
    order.push_back(names.back() + " DESC");
  }
  return "SELECT " + joined(names) + " FROM ONLY " + quote_qualified(leaf.schema, leaf.name) +
         " ORDER BY " + joined(order) + " LIMIT 1";
}

std::string ChunkQuery::nth(const Range& range, size_t rows) const {
  std::vector<std::string> names;
  for (const KeyColumn& column : key_)
    names.push_back(quote_identifier(column.name));
  const std::string within = condition(range);
  return "SELECT " + joined(names) + " FROM ONLY " +
         quote_qualified(range.leaf.schema, range.leaf.name) +
         (within.empty() ? "" : " WHERE " + within) + order() + " OFFSET " +
         std::to_string(rows - 1) + " LIMIT 1";
}

std::string ChunkQuery::rows(const Range& range, const std::string& where, size_t limit) const {
  std::string conditions = condition(range);
  if (!where.empty()) conditions += (conditions.empty() ? "" : " AND ") + in_lines(where);
  return copy(select(range.leaf, true) + (conditions.empty() ? "" : " WHERE " + conditions) +
              order() + " LIMIT " + std::to_string(limit));
}

std::string ChunkQuery::rows_at(const TableName& leaf, const std::string& after,
                                const std::string& end, const std::string& where) const {
  return copy(select(leaf, true) + " WHERE ctid > " + quote_literal(after) + "::tid AND ctid < " +
              quote_literal(end) + "::tid" + (where.empty() ? "" : " AND " + in_lines(where)));
}

std::string ChunkQuery::rows_of(const std::vector<std::pair<RowKey, KeyMark>>& keys,
                                const std::string& where) const {
  std::vector<std::string> certain;
  std::string any;
  for (const auto& [key, mark] : keys) {
    if (!mark.undecided) {
      certain.push_back(literals(key));
      continue;
    }
    const std::string ahead = lay_ahead(*mark.undecided);
    any += (any.empty() ? "" : " OR ") + ("(" + key_names_ + " = " + literals(key)) +
           (ahead.empty() ? ")" : " AND " + ahead + ")");
  }
  if (!certain.empty()) {
    any = key_names_ + " IN (" + joined(certain) + ")" + (any.empty() ? "" : " OR " + any);
  }
  // Of a partitioned table it is in any leaf; what inherits from a table is not the table's.
  const TableName& table = plan_->table;
  const bool itself = plan_->leaves.size() == 1 && plan_->leaves.front() == table;
  return copy(select(table, itself) + " WHERE (" + any + ")" +
              (where.empty() ? "" : " AND " + in_lines(where)) + order());
}

// The table keeps its name, which a condition may use, in each leaf.
std::string ChunkQuery::select(const TableName& from, bool only) const {
  std::vector<std::string> names;
  for (const Column& column : plan_->layout.columns)
    names.push_back(quote_identifier(column.name));
  return "SELECT " + joined(names) + " FROM " + (only ? "ONLY " : "") +
         quote_qualified(from.schema, from.name) + " AS " + quote_identifier(plan_->table.name);
}

std::string ChunkQuery::condition(const Range& range) const {
  std::string text;
  if (range.after) text = key_names_ + " > " + literals(*range.after);
  if (range.last) {
    text += (text.empty() ? "" : " AND ") + (key_names_ + " <= " + literals(*range.last));
  }
  return text;
}

std::string ChunkQuery::literals(const RowKey& key) const {
  std::vector<std::string> parts = key.parts();
  for (size_t i = 0; i < parts.size() && i < key_.size(); ++i)
    parts[i] = literal(key_[i], parts[i]);
  return row_of(parts);
}

// Where no column is near to give them their type.
std::string ChunkQuery::typed(const RowKey& key) const {
  std::vector<std::string> parts = key.parts();
  for (size_t i = 0; i < parts.size() && i < key_.size(); ++i) {
    parts[i] = "CAST(" + literal(key_[i], parts[i]) + " AS " + key_[i].type + ")";
    if (!key_[i].collation.empty()) parts[i] += " COLLATE " + key_[i].collation;
  }
  return row_of(parts);
}

std::string ChunkQuery::lay_ahead(const KeyMark::From& from) const {
  const std::string was = typed(from.was);
  std::string text;
  if (from.cursor) text = "NOT (" + was + " <= " + typed(*from.cursor) + ")";
  if (from.last) text += (text.empty() ? "" : " AND ") + (was + " <= " + typed(*from.last));
  return text;
}

std::string ChunkQuery::order() const {
  std::vector<std::string> names;
  for (const KeyColumn& column : key_)
    names.push_back(quote_identifier(column.name));
  return " ORDER BY " + joined(names);
}

}  // namespace waltrack
