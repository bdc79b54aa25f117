#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "cli/columns_lock_file.hpp"
#include "postgres/finding.hpp"

namespace waltrack {

// Everything that `waltrack check` found, and how it is told.
class CheckReport {
 public:
  void add(const Diagnostics& diagnostics);
  void add(std::vector<Finding> findings);
  void add(const char* code, const Error& error);
  void set_lock(LockOutcome outcome) { lock_ = outcome; }
  void set_database(std::string database) { database_ = std::move(database); }

  bool files_are_wrong() const { return files_are_wrong_; }
  bool source_is_wrong() const { return source_is_wrong_; }
  std::vector<Finding>& findings() { return findings_; }

  // 0: fine, warnings may be told; 1: something outside needs work; 2: the files do.
  int exit_code() const { return files_are_wrong_ ? 2 : source_is_wrong_ ? 1 : 0; }

  void print() const;
  void print_json() const;
  void print_fix_sql() const;

 private:
  std::vector<Finding> sorted() const;  // errors first

  std::vector<Finding> findings_;
  std::string database_;  // of source.url; empty: no server answered
  LockOutcome lock_ = LockOutcome::left_alone;
  bool files_are_wrong_ = false;
  bool source_is_wrong_ = false;
};

}  // namespace waltrack
