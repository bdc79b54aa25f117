#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// How a quote stands inside of the quotes of Postgres' text: after a backslash (arrays, hstore) or
// doubled as well (ranges).
enum class QuoteEscape { backslash, backslash_or_doubled };

// Takes a text in double quotes off the front of `text` and gives what it means: a view of `text`
// where nothing is escaped, else of `scratch`. False when none is there or it has no end; then
// `text` is worth nothing any more.
bool take_quoted(std::string_view& text, QuoteEscape escape, std::string_view& taken,
                 std::string& scratch);

}  // namespace waltrack
