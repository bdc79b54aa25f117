#include "base/error.hpp"

#include <utility>

namespace waltrack {

Error::Error(ErrorKind kind, std::string what, std::string where, std::string hint)
    : std::runtime_error(std::move(what)),
      kind_(kind),
      where_(std::move(where)),
      hint_(std::move(hint)) {}

std::string Error::describe() const {
  std::string text;
  if (!where_.empty()) text.append(where_).append(": ");
  text.append(what());
  if (!hint_.empty()) text.append("\n  hint: ").append(hint_);
  return text;
}

}  // namespace waltrack
