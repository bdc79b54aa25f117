#pragma once

#include <string_view>

namespace waltrack {

// What a column's name says of its values. Personal: of a person, to be sent knowingly (email,
// phone, a person's name, address, birth date, IP address, salary). Secret: not to be sent at all
// (passwords, tokens, keys, card and social security numbers).
enum class Sensitivity { none, personal, secret };

// Goes by whole words, in snake_case, camelCase or run together where that is usual: `ship` has no
// ip. What is only about such a value is none: password_changed_at, token_count, address_id,
// card_type. A lone `name` is none, as most tables name things.
Sensitivity column_sensitivity(std::string_view column_name);

}  // namespace waltrack
