#pragma once

#include <string>
#include <vector>

#include "postgres/source_settings.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {

// A table `zoo` with a column of every type that a database has, system and extension types and
// types of one's own, and of every array of them, as the catalog lists them. Its rows hold the
// samples of tests/types/samples.txt; row 0 has the first of each.
class TypeZoo {
 public:
  // A column, and the SQL of what is in it, row by row.
  struct Cage {
    std::string type;  // and the column's name
    std::vector<std::string> values;
  };

  // Makes the types of zoo.sql and the table, in this database.
  TypeZoo(const PostgresServer& server, std::string database);

  // Types that the catalog has and the samples have not.
  const std::vector<std::string>& missing() const { return missing_; }
  const std::vector<Cage>& cages() const { return cages_; }
  // Types of the samples that the catalog has not.
  const std::vector<std::string>& unused() const { return unused_; }

  // A mapping with an event for each value, when it is inserted and when it is deleted: its JSON,
  // and what an expression sees of it.
  std::string mapping() const;

  // Inserts all rows, each in a transaction.
  void fill() const;
  void empty() const;

 private:
  void find_cages();

  const PostgresServer& server_;
  std::string database_;
  std::vector<Cage> cages_;
  std::vector<std::string> missing_;
  std::vector<std::string> unused_;
};

}  // namespace waltrack
