#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// Whether the value of an Authorization header shows the token: "Bearer TOKEN". Takes as long
// whatever of the token is right. Any value does where no token is asked for (it is empty).
bool shows_token(std::string_view authorization, const std::string& token);

}  // namespace waltrack
