#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// How a transfer ended that brought no HTTP answer, as libcurl tells it.
struct TransferFailure {
  int code = 0;               // a CURLcode other than CURLE_OK
  int os_error = 0;           // errno of the system call that failed, or 0
  std::string_view detail;    // libcurl's error buffer
  bool request_sent = false;  // the connection stood and the request was on its way
};

// The failure in words, with host and port: "could not connect to 127.0.0.1:8091: connection
// refused".
std::string describe(const TransferFailure& failure, std::string_view host_and_port);

// The failure in one word of few, to count by: "dns", "connect", "tls", "timeout", "broken" or
// "other". `code` is a CURLcode.
std::string_view failure_word(int code);

}  // namespace waltrack
