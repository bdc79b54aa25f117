#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace waltrack {

// Counts the updates and deletes that wal2json left out, because their table has no replica
// identity. It says so in a warning for each row. pgoutput leaves out none: there the server
// refuses the statement.
class SkippedRows {
 public:
  struct Count {
    uint64_t updates = 0;
    uint64_t deletes = 0;
  };

  // Reads a warning of the server. False when it is about something else.
  bool count(std::string_view warning);

  // By "schema.table", a partition under its own name. A name as it is: without quotes. Rows of a
  // warning in another form stand under words, as updates where it does not say.
  const std::map<std::string, Count, std::less<>>& tables() const { return tables_; }

 private:
  std::map<std::string, Count, std::less<>> tables_;
};

}  // namespace waltrack
