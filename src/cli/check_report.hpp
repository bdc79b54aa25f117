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
  void take_back(const std::string& code);  // what has an explanation
  void add(const char* code, const Error& error);
  void set_lock(LockOutcome outcome) { lock_ = outcome; }
  // Of source.url, as far as a connection could be made: "postgres at 127.0.0.1:5432, database
  // shop".
  void set_source(std::string where, std::string database, std::string role, bool standby) {
    source_ = std::move(where);
    database_ = std::move(database);
    role_ = std::move(role);
    standby_ = standby;
  }

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
  std::string place_of(const Finding& finding) const;

  std::vector<Finding> findings_;
  std::string source_, database_, role_;  // empty: no server answered
  bool standby_ = false;
  LockOutcome lock_ = LockOutcome::left_alone;
  bool files_are_wrong_ = false;
  bool source_is_wrong_ = false;
};

}  // namespace waltrack
