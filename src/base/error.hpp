#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace waltrack {

enum class ErrorKind {
  failure,    // the run can't go on; exit code 1
  usage,      // wrong usage or configuration; exit code 2
  transient,  // may pass by itself: back off and try again
};

// The one base of all exceptions that end a command or a connection. It says what went wrong, where
// (a file position, a host, a slot; may be empty), and a hint: something to do about it, best a
// command or a setting (may be empty when the what is enough). Never put a secret or a row's value
// into any of them.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string what, std::string where = {}, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  bool is_transient() const { return kind_ == ErrorKind::transient; }
  const std::string& where() const { return where_; }
  const std::string& hint() const { return hint_; }

  // "where: what" and, on a line of its own, "  hint: …".
  std::string describe() const;

  // 1 or 2, by kind.
  int exit_code() const { return kind_ == ErrorKind::usage ? 2 : 1; }

 private:
  ErrorKind kind_;
  std::string where_;
  std::string hint_;
};

}  // namespace waltrack
