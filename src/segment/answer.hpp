#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/destination.hpp"

namespace waltrack {

// How one attempt to send a batch ended. The views need to live only as long as the call.
struct Answer {
  std::string_view failure;       // in words, when there was no HTTP answer; then the rest is empty
  std::string_view failure_word;  // the same in one word, see failure_word()
  int status = 0;
  std::string_view retry_after;       // header Retry-After: seconds or an HTTP date
  std::string_view rate_limit_reset;  // header X-RateLimit-Reset: seconds, or seconds since 1970
  std::string_view body;              // as far as it was kept; no secrets
};

// The failure policy: what an answer means, decided in this one place. Accepted: 2xx, unless its
// body says {"ok": false} or {"success": false}, as some compatible receivers do: then refused, as
// with 400 and 413. Retry: no answer, 408, 429, 5xx. Everything else holds, 3xx among it: a
// redirected POST may have become a GET, and what answered then is not the receiver. What is done
// about each is Delivery's. `retry_after` is set on retries only, between 0 and an hour. Leaves
// `lane` alone.
Outcome judge(const Answer& answer, int64_t now_us);

}  // namespace waltrack
