#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// What an application hands to pg_logical_emit_message() is bytes; this makes it a text as Postgres
// has them: every byte that is not of valid UTF-8, and every zero, becomes U+FFFD. Returns `bytes`
// itself where nothing is to change, else a view into `buffer`. Escaping them as JSON before or
// after gives the same, so that both plugins tell the same text.
std::string_view message_text(std::string_view bytes, std::string& buffer);

}  // namespace waltrack
