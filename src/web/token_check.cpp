#include "web/token_check.hpp"

#include <strings.h>

namespace waltrack {

bool shows_token(std::string_view authorization, const std::string& token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (token.empty()) return true;
  if (authorization.size() < kScheme.size() ||
      strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0) {
    return false;
  }
  const std::string_view shown = authorization.substr(kScheme.size());
  // As long as what was shown: the length of the token stays untold, too.
  unsigned char differs = shown.size() == token.size() ? 0 : 1;
  for (size_t i = 0; i < shown.size(); ++i)
    differs |= static_cast<unsigned char>(shown[i] ^ token[i % token.size()]);
  return differs == 0;
}

}  // namespace waltrack
