#include "cli/backfill_order.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "cli/backfill_control.hpp"
#include "cli/backfill_text.hpp"
#include "cli/named_table.hpp"
#include "mapping/table_names.hpp"
#include "postgres/catalog.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

// COLUMN=VALUE, taken apart.
struct Since {
  std::string column, value;
};

std::optional<Since> parse_since(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(ErrorKind::usage, "it takes COLUMN=VALUE", "--since",
                "for example --since created_at=2026-01-01");
  }
  return Since{text.substr(0, equals), text.substr(equals + 1)};
}

std::string condition_of(const Since& since) {
  return quote_identifier(since.column) + " >= " + quote_literal(since.value);
}

// Looks at one table after the other, and gathers what is wrong.
class OrderCheck {
 public:
  OrderCheck(const BackfillOrder& order, const Loaded& loaded, const StateStatus* status)
      : order_(order),
        loaded_(loaded),
        status_(status),
        url_(loaded.config.source.backfill_url.empty() ? loaded.config.source.url
                                                       : loaded.config.source.backfill_url),
        catalog_(url_),
        connection_(PgConnection::open(url_, PgMode::plain)) {
    catalog_.load();
  }

  std::vector<BackfillRequest> requests() {
    gather([&] { since_ = parse_since(order_.since); });
    for (const std::string& text : order_.tables)
      gather([&] { add(text); });
    throw_faults();
    return std::move(requests_);
  }

 private:
  template <typename Look>
  void gather(Look look) {
    try {
      look();
    } catch (const Error& error) {
      faults_.push_back(error);
    }
  }

  void throw_faults() const {
    if (faults_.empty()) return;
    if (faults_.size() == 1) throw faults_[0];
    for (const Error& fault : faults_)
      std::fprintf(stderr, "waltrack: %s\n", fault.describe().c_str());
    const bool usage = std::ranges::any_of(
        faults_, [](const Error& fault) { return fault.kind() == ErrorKind::usage; });
    throw Error(usage ? ErrorKind::usage : ErrorKind::failure,
                std::to_string(faults_.size()) + " faults, nothing was asked of any run");
  }

  void add(const std::string& text) {
    const TableName name = find_table(catalog_, text);
    refuse_partition(text, name);
    const auto known = [&](const BackfillRequest& one) { return one.table == name; };
    if (std::ranges::any_of(requests_, known)) return;
    const std::optional<Table> table = catalog_.read_table(name);
    if (!table) throw Error(ErrorKind::failure, "the table has just gone", name.full_name());
    gather([&] { check_rule(*table, name); });
    gather([&] { check_under_way(name); });
    BackfillRequest& request = requests_.emplace_back();
    request.table = name;
    request.rows_per_s = order_.rows_per_s;
    gather([&] { request.where = condition(*table, name); });
  }

  void check_rule(const Table& table, const TableName& name) const {
    const std::unique_ptr<Mapper> mapper = compile_for(loaded_.mappings, table, name);
    if (mapper->backfill_columns(name)) return;
    throw Error(ErrorKind::usage, "no rule of its mapping makes anything of rows that exist",
                name.full_name(),
                "give a rule `on: [insert, backfill]`; identify and group have it where they name "
                "no `on`");
  }

  void check_under_way(const TableName& name) const {
    if (status_ == nullptr || !is_under_way(*status_, name)) return;
    std::string phase = "is under way";
    for (const BackfillProgress& progress : status_->backfills) {
      if (progress.table != name || progress.is_over()) continue;
      const std::optional<int> percent = backfill_percent(progress);
      phase += " (" + std::string(backfill_phase_name(progress.phase)) +
               (percent ? ", " + std::to_string(*percent) + " %)" : ")");
    }
    throw Error(ErrorKind::usage, "a backfill of this table " + phase, name.full_name(),
                "wait until it is over, or end it first: waltrack backfill --cancel " +
                    table_name_text(name));
  }

  // Who names a partition does not mean all of them.
  void refuse_partition(const std::string& text, const TableName& found) {
    const std::optional<TableGlob> named = parse_table_glob(text);
    if (!named || named->name.text == found.name) return;
    throw Error(ErrorKind::usage, "'" + text + "' is a partition of " + found.full_name(), {},
                "waltrack backfill " + table_name_text(found) +
                    " tells all of them; --where can choose rows");
  }

  // What --where and --since come to.
  std::string condition(const Table& table, const TableName& name) {
    std::string all;
    if (!order_.where.empty()) {
      check_condition(name, order_.where, "--where");
      all = order_.where;
    }
    if (!since_) return all;
    if (!table.find_column(since_->column)) {
      std::vector<std::string> names;
      for (const Column& column : table.columns)
        names.push_back(column.name);
      throw Error(ErrorKind::usage,
                  "the table " + name.full_name() + " has no column '" + since_->column + "'",
                  "--since", suggest_name(since_->column, names));
    }
    const std::string since = condition_of(*since_);
    check_condition(name, since, "--since");
    // The line ends, so that a comment in it hides nothing.
    return all.empty() ? since : "(\n" + all + "\n) AND " + since;
  }

  // Has the server plan it, in two kinds of brackets: one alone may be closed and opened again by
  // what is no condition of its own.
  void check_condition(const TableName& name, const std::string& text, const char* option) {
    try {
      connection_.query("BEGIN READ ONLY");
      connection_.query("SET LOCAL statement_timeout = '10s'");
      // With a parameter the server takes one statement only.
      connection_.query("EXPLAIN SELECT (ARRAY[\n" + text + "\n])[1] FROM " +
                            quote_qualified(name.schema, name.name) + " WHERE (\n" + text +
                            "\n) LIMIT $1",
                        {"1"});
      connection_.query("ROLLBACK");
    } catch (const PgError& error) {
      const std::string& state = error.sqlstate();
      const bool faulty = state.starts_with("22") ||
                          (state.starts_with("42") && state != "42501" && state != "42P01");
      connection_.query("ROLLBACK");
      if (!faulty) throw;
      throw Error(ErrorKind::usage, error.what(), std::string(option) + " for " + name.full_name(),
                  "it takes one condition in Postgres' SQL, as behind WHERE");
    }
  }

  const BackfillOrder& order_;
  const Loaded& loaded_;
  const StateStatus* status_;
  std::string url_;
  Catalog catalog_;
  PgConnection connection_;
  std::optional<Since> since_;
  std::vector<Error> faults_;
  std::vector<BackfillRequest> requests_;
};

}  // namespace

std::vector<BackfillRequest> start_requests(const BackfillOrder& order, const Loaded& loaded,
                                            const StateStatus* status) {
  return OrderCheck(order, loaded, status).requests();
}

}  // namespace waltrack
