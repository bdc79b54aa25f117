#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "model/lsn.hpp"

namespace waltrack {

// What is wrong with a message, before anyone has said which. Only inside of a decoder: feed()
// turns it into an Error. Never holds a row's values.
class DecodeFault : public std::runtime_error {
 public:
  explicit DecodeFault(const std::string& what, std::string hint = {})
      : std::runtime_error(what), hint_(std::move(hint)) {}

  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

inline Error unreadable_message(std::string_view plugin, Lsn lsn, const DecodeFault& fault) {
  return Error(ErrorKind::failure, std::string("unreadable message: ") + fault.what(),
               std::string(plugin) + " at " + lsn.text(), fault.hint());
}

}  // namespace waltrack
