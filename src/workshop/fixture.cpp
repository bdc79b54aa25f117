#include "workshop/fixture.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/nearest.hpp"
#include "mapping/mapping_keys.hpp"
#include "mapping/value_compiler.hpp"
#include "workshop/column_text.hpp"
#include "workshop/literal_json.hpp"

namespace waltrack {
namespace {

constexpr std::array kOps = {Op::insert,   Op::update,   Op::remove,
                             Op::backfill, Op::truncate, Op::message};

class FixtureReader {
 public:
  FixtureReader(const MappingDocument& document, MissingExpect missing, Diagnostics& diagnostics)
      : document_(document), missing_(missing), diagnostics_(diagnostics) {}

  std::optional<Fixture> read(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::map) {
      diagnostics_.error(node.place, "a test is a map", "- name: what it shows");
      return std::nullopt;
    }
    const int errors = diagnostics_.error_count();
    check_keys(node, MappingMap::test, diagnostics_);
    Fixture fixture;
    fixture.node = &node;
    fixture.place = node.place;
    read_name(node, fixture);
    read_change(node, fixture);
    read_expect(node, fixture);
    if (errors != diagnostics_.error_count()) return std::nullopt;
    return fixture;
  }

 private:
  void read_name(const YamlNode& node, Fixture& fixture) {
    const YamlNode* name = node.find("name");
    if (name == nullptr || name->kind != YamlNode::Kind::scalar || name->scalar.empty()) {
      diagnostics_.error(name == nullptr ? node.place : name->place, "a test without a name",
                         "name: what it shows");
      return;
    }
    fixture.name = name->scalar;
  }

  void read_change(const YamlNode& node, Fixture& fixture) {
    const YamlNode* found = nullptr;
    for (const Op op : kOps) {
      const YamlNode* change = node.find(op_name(op));
      if (change == nullptr) continue;
      if (found != nullptr) {
        diagnostics_.error(change->place, "a test has one change", "make a test of each");
        return;
      }
      found = change;
      fixture.op = op;
    }
    if (found == nullptr) {
      diagnostics_.error(node.place, "a test without a change",
                         document_.is_message() ? "message: the content"
                                                : "insert: { column: value }, or update, delete, "
                                                  "backfill, truncate");
      return;
    }
    if (document_.is_message() != (fixture.op == Op::message)) {
      diagnostics_.error(found->place, document_.is_message()
                                           ? "messages have no rows: a test of them has a "
                                             "message"
                                           : "a test of a table has no message");
      return;
    }
    read_rows(*found, fixture);
  }

  void read_rows(const YamlNode& change, Fixture& fixture) {
    switch (fixture.op) {
      case Op::insert:
      case Op::backfill:
        fixture.after = row(change);
        return;
      case Op::remove:
        fixture.before = row(change);
        return;
      case Op::message:
        fixture.after = &change;
        return;
      case Op::truncate:
        if (change.scalar == "true") return;
        diagnostics_.error(change.place, "truncate takes true: there are no rows");
        return;
      case Op::update:
        break;
    }
    const YamlNode* before = change.find("old");
    const YamlNode* after = change.find("new");
    if (change.kind != YamlNode::Kind::map || before == nullptr || after == nullptr) {
      diagnostics_.error(change.place, "an update has two rows", "update: { old: {…}, new: {…} }");
      return;
    }
    check_keys(change, MappingMap::test_update, diagnostics_);
    fixture.before = row(*before);
    fixture.after = row(*after);
  }

  const YamlNode* row(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::map) return &node;
    diagnostics_.error(node.place, "a row is a map of columns", "{ column: value }");
    return nullptr;
  }

  void read_expect(const YamlNode& node, Fixture& fixture) {
    fixture.expect = node.find("expect");
    if (fixture.expect == nullptr) {
      if (missing_ == MissingExpect::fine) return;
      diagnostics_.error(node.place, "a test without expect: what are the events?",
                         "write expect: [] for none, or let `waltrack test --update` write it");
      return;
    }
    if (fixture.expect->kind != YamlNode::Kind::list) {
      diagnostics_.error(fixture.expect->place, "expect takes a list of events",
                         "- { type: track, event: A Name }; [] for none");
      return;
    }
    for (const YamlNode& event : fixture.expect->items) {
      if (event.kind == YamlNode::Kind::map) continue;
      diagnostics_.error(event.place, "an expected event is a map of its keys");
    }
  }

  const MappingDocument& document_;
  const MissingExpect missing_;
  Diagnostics& diagnostics_;
};

class RowReader {
 public:
  RowReader(const Table& table, Diagnostics& diagnostics)
      : table_(table), diagnostics_(diagnostics) {}

  // `row` gets the values that are named.
  void read(const YamlNode& node, bool is_old_row, ChangeDraft::Row& row) {
    for (const auto& [key, value] : node.entries) {
      const std::optional<size_t> index = table_.find_column(key.scalar);
      if (!index) {
        unknown_column(key);
        continue;
      }
      if (is_old_row && !is_delivered(table_.columns[*index])) {
        diagnostics_.error(key.place,
                           "of an old row of " + table_.full_name() +
                               " the server sends the replica identity's columns only, not '" +
                               key.scalar + "'",
                           full_identity_sql(table_) +
                               "; then `waltrack check` updates "
                               "columns.lock.json");
        continue;
      }
      row[*index] = text(value, table_.columns[*index]);
    }
  }

 private:
  bool is_delivered(const Column& column) const {
    return table_.replica_identity == ReplicaIdentity::full || column.key;
  }

  void unknown_column(const YamlNode& key) {
    std::vector<std::string> names;
    for (const Column& column : table_.columns)
      names.push_back(column.name);
    diagnostics_.error(key.place,
                       "the table " + table_.full_name() + " has no column '" + key.scalar + "'",
                       suggest_name(key.scalar, names));
  }

  std::optional<std::string> text(const YamlNode& value, const Column& column) {
    if (value.kind == YamlNode::Kind::null) return std::nullopt;
    std::string fault;
    std::optional<std::string> text = column_text(value, column.type, fault);
    if (!text) diagnostics_.error(value.place, "'" + column.name + "': " + fault);
    return text;
  }

  const Table& table_;
  Diagnostics& diagnostics_;
};

std::string message_content(const YamlNode& node) {
  return node.kind == YamlNode::Kind::scalar ? node.scalar : literal_json(node).dump();
}

}  // namespace

std::vector<Fixture> read_fixtures(const MappingDocument& document, MissingExpect missing,
                                   Diagnostics& diagnostics) {
  std::vector<Fixture> fixtures;
  if (!document.tests) return fixtures;
  if (document.tests->kind != YamlNode::Kind::list) {
    diagnostics.error(document.tests->place, "tests takes a list of tests",
                      "- name: what it shows");
    return fixtures;
  }
  FixtureReader reader(document, missing, diagnostics);
  for (const YamlNode& node : document.tests->items) {
    if (auto fixture = reader.read(node)) fixtures.push_back(std::move(*fixture));
  }
  return fixtures;
}

std::unique_ptr<ChangeDraft> draft_change(const Fixture& fixture, const Table& table,
                                          Diagnostics& diagnostics) {
  const int errors = diagnostics.error_count();
  const ChangeDraft::Row nulls(table.columns.size());
  ChangeDraft::Row before, after;
  RowReader reader(table, diagnostics);
  if (fixture.before != nullptr) {
    before = nulls;
    reader.read(*fixture.before, true, before);
  }
  if (fixture.op == Op::message) {
    after = {message_content(*fixture.after)};
  } else if (fixture.after != nullptr) {
    after = before.empty() ? nulls : before;
    reader.read(*fixture.after, false, after);
  }
  if (errors != diagnostics.error_count()) return nullptr;
  return std::make_unique<ChangeDraft>(table, fixture.op, std::move(before), std::move(after),
                                       kFixtureTime);
}

}  // namespace waltrack
