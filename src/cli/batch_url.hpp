#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// What is to be said about the URL of a receiver's batch endpoint. Never quotes it: people put
// credentials into URLs.
struct BatchUrlCheck {
  std::string fault;  // empty = it can be used
  std::string hint;
  bool sends_key_in_clear = false;  // http to another machine
};

BatchUrlCheck check_batch_url(std::string_view url);

}  // namespace waltrack
