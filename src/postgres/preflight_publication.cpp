#include "postgres/preflight_publication.hpp"

#include <string>

#include "postgres/pg_quote.hpp"
#include "postgres/preflight_tables.hpp"
#include "postgres/publication.hpp"

namespace waltrack {
namespace {

constexpr int kRowFilters = 150000;  // and column lists
constexpr const char* kAllKinds = "insert, update, delete, truncate";

std::string quoted(const TableName& table) {
  return quote_qualified(table.schema, table.name);
}

// A condition on what the publication says of one table.
std::string membership(const std::string& publication, const TableName& table,
                       const std::string& more) {
  return "SELECT FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid JOIN "
         "pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
         "p.pubname = " +
         quote_literal(publication) + " AND n.nspname = " + quote_literal(table.schema) +
         " AND c.relname = " + quote_literal(table.name) + more;
}

std::string only_if(const std::string& condition, const std::string& statements) {
  return do_block("BEGIN\n  IF " + condition + " THEN\n    " + statements + ";\n  END IF;\nEND") +
         ";";
}

class PublicationCheck {
 public:
  PublicationCheck(Inspection& look, const std::vector<TableState>& tables)
      : look_(look),
        tables_(tables),
        name_(look.settings.publication),
        where_("publication " + look.settings.publication),
        publication_(read_publication(look.connection, name_)) {}

  void run() {
    check_identities();
    check_contents();
    if (publication_.exists) {
      check_restrictions();
      check_kinds();
    }
  }

 private:
  void check_identities() {
    for (const TableName& table : endangered_tables(publication_, tables_)) {
      look_.error("publication_identity",
                  table.full_name() +
                      " has no replica identity: once published, its updates and deletes would "
                      "fail, for the application too",
                  identity_fix(look_, table), where_);
    }
  }

  bool may_change() {
    for (const TableState& table : tables_) {
      if (!table.in_publication && table.kind != TableState::Kind::missing && !table.owned) {
        return false;
      }
    }
    if (!publication_.exists) {
      return look_.connection.query("SELECT has_database_privilege(current_database(), 'CREATE')")
          .boolean(0, 0);
    }
    return look_.connection
        .query("SELECT pg_has_role(pubowner, 'USAGE') FROM pg_publication WHERE pubname = $1",
               {name_})
        .boolean(0, 0);
  }

  std::string lack() const {
    std::vector<std::string> names;
    for (const TableState& table : tables_) {
      if (!table.in_publication && is_table(table)) names.push_back(table.name.full_name());
    }
    return names.empty() ? "tells partitions by their own names, not as their root's"
                         : "lacks " + enumerated(names) + ", whose changes do not come";
  }

  static bool is_table(const TableState& table) {
    return table.kind == TableState::Kind::table || table.kind == TableState::Kind::partitioned;
  }

  // What publication_changes() says, each statement harmless to run twice.
  Fix changes_fix(const std::vector<std::string>& changes) const {
    Fix fix;
    for (const std::string& change : changes)
      fix.sql.push_back({change, change + ";", look_.writable()});
    if (!publication_.exists) {
      fix.sql[0].script = only_if(
          "NOT EXISTS (SELECT FROM pg_publication WHERE pubname = " + quote_literal(name_) + ")",
          changes[0]);
      return fix;
    }
    if (changes.empty() ||
        !changes[0].starts_with("ALTER PUBLICATION " + quote_identifier(name_) + " ADD TABLE ")) {
      return fix;
    }
    std::string one_by_one;
    for (const TableState& table : tables_) {
      if (table.in_publication || !is_table(table)) continue;
      one_by_one.append(one_by_one.empty() ? "" : "\n");
      one_by_one += only_if(
          "NOT EXISTS (" + membership(name_, table.name, "") + ")",
          "ALTER PUBLICATION " + quote_identifier(name_) + " ADD TABLE " + quoted(table.name));
    }
    fix.sql[0].script = one_by_one;
    return fix;
  }

  void check_contents() {
    const std::vector<std::string> changes =
        publication_changes(look_.settings, publication_, tables_);
    // A run on a standby changes it on the primary, if it is told of it.
    const bool reachable = !look_.in_recovery || !look_.settings.primary_url.empty();
    const bool may = changes.empty() || (reachable && may_change());
    if (!publication_.exists && look_.slot) {
      look_.error("publication_gone",
                  "the publication that the slot needs is gone, and one that is made later does "
                  "not do",
                  fix_by_text("begin anew with what changes from now on: waltrack drop && waltrack "
                              "run"),
                  where_);
    } else if (!changes.empty() && !may) {
      Fix fix = changes_fix(changes);
      fix.text = "(as the owner of the tables, or a superuser)";
      const std::string role = look_.connection.role();
      const std::string why = !reachable            ? ", and a standby can't change it"
                              : publication_.exists ? ", and role " + role + " may not change it"
                                                    : ", and role " + role + " may not make it";
      look_.error(
          publication_.exists ? "publication_tables" : "publication_missing",
          (publication_.exists ? "the publication " + lack() : "there is no publication") + why,
          std::move(fix), where_);
    } else if (!changes.empty() && look_.slot) {
      Fix fix = changes_fix(changes);
      fix.text = "the next start of `waltrack run` does it, too";
      look_.warning("publication_tables", "the publication " + lack(), std::move(fix), where_);
    }
  }

  Fix whole_table_fix(const TableName& table, const char* restriction) const {
    const std::string name = quote_identifier(name_);
    const std::string drop = "ALTER PUBLICATION " + name + " DROP TABLE " + quoted(table);
    const std::string add = "ALTER PUBLICATION " + name + " ADD TABLE " + quoted(table);
    // In one transaction: else changes between the two would be missing.
    return look_.writing(
        "BEGIN; " + drop + "; " + add + "; COMMIT",
        only_if(
            "EXISTS (" +
                membership(name_, table, std::string(" AND r.") + restriction + " IS NOT NULL") +
                ")",
            drop + "; " + add));
  }

  void check_restrictions() {
    if (look_.connection.server_version() < kRowFilters) return;
    const PgResult rows = look_.connection.query(
        "SELECT n.nspname, c.relname, r.prqual IS NOT NULL, r.prattrs IS NOT NULL FROM "
        "pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid JOIN pg_class c ON c.oid "
        "= "
        "r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = $1 AND "
        "(r.prqual "
        "IS NOT NULL OR r.prattrs IS NOT NULL) ORDER BY 1, 2",
        {name_});
    for (int i = 0; i < rows.rows(); ++i) {
      const TableName table{rows.string(i, 0), rows.string(i, 1)};
      if (!is_mapped(table)) continue;
      if (rows.boolean(i, 2)) {
        Fix fix = whole_table_fix(table, "prqual");
        fix.text = "and filter with `when:` in the mapping";
        // A column list goes with it, and may be there to keep something private.
        fix.choice = rows.boolean(i, 3);
        look_.error("publication_filter",
                    table.full_name() +
                        " has a row filter in the publication: it turns updates into inserts and "
                        "deletes and shifts the numbers that message ids are made of",
                    std::move(fix), where_);
      } else if (rows.boolean(i, 3)) {
        Fix fix = whole_table_fix(table, "prattrs");
        fix.choice = true;  // it may be there to keep something private
        look_.warning("publication_columns",
                      table.full_name() +
                          " has a column list in the publication: mappings do not get its other "
                          "columns",
                      std::move(fix), where_);
      }
    }
  }

  bool is_mapped(const TableName& name) const {
    for (const TableState& table : tables_) {
      if (table.name == name) return true;
    }
    return false;
  }

  void check_kinds() {
    const PgResult row = look_.connection.query(
        "SELECT concat_ws(', ', CASE WHEN NOT pubinsert THEN 'inserts' END, CASE WHEN NOT "
        "pubupdate "
        "THEN 'updates' END, CASE WHEN NOT pubdelete THEN 'deletes' END, CASE WHEN NOT pubtruncate "
        "THEN 'truncates' END) FROM pg_publication WHERE pubname = $1",
        {name_});
    if (row.rows() == 0 || row.text(0, 0).empty()) return;
    Fix fix = look_.writing("ALTER PUBLICATION " + quote_identifier(name_) + " SET (publish = '" +
                            kAllKinds + "')");
    fix.text =
        "first see that each table of the publication, mapped or not, has a replica identity: "
        "publishing updates and deletes of one without it makes them fail for the application";
    fix.choice = true;
    look_.warning(
        "publication_operations",
        "the publication leaves out " + row.string(0, 0) + ": rules on them never see one",
        std::move(fix), where_);
  }

  Inspection& look_;
  const std::vector<TableState>& tables_;
  const std::string& name_;
  const std::string where_;
  const PublicationState publication_;
};

}  // namespace

void check_publication(Inspection& look, const std::vector<TableState>& tables) {
  if (look.plugin != Plugin::pgoutput) return;
  PublicationCheck(look, tables).run();
}

}  // namespace waltrack
