#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace waltrack {

// A place in a text file. line and column count from 1, column in characters (not bytes).
// line 0 = the file as a whole.
struct SourcePlace {
  std::string file;
  int line = 0;
  int column = 0;

  std::string text() const;  // "file:line:column", or "file"
};

enum class Severity { error, warning };

// One thing that is wrong in a file that a person wrote: what, and what to do about it.
struct Diagnostic {
  Severity severity = Severity::error;
  SourcePlace place;
  std::string message;
  std::string hint;  // may be empty
  std::vector<std::string> sql =
      {};  // mends it on the server: statements without semicolons, or none

  std::string text() const;  // "file:3:5: error: message" and, on its own line, "  hint: …"
};

// Gathers everything that is wrong, so that it can be told in one go.
class Diagnostics {
 public:
  void error(SourcePlace place, std::string message, std::string hint = {});
  void warning(SourcePlace place, std::string message, std::string hint = {});
  void add(Diagnostic diagnostic);
  // One that was told takes these statements, too, for it to be mended.
  void add_sql(size_t index, const std::vector<std::string>& sql);

  const std::vector<Diagnostic>& all() const { return all_; }
  bool has_errors() const { return errors_ > 0; }
  int error_count() const { return errors_; }
  std::string text() const;  // one after the other, each ended by a newline

 private:
  std::vector<Diagnostic> all_;
  int errors_ = 0;
};

}  // namespace waltrack
