#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/terminal_text.hpp"
#include "model/backfill.hpp"

namespace waltrack {

// How far it is, from 0 to 100; 100 only when it is done. Nothing where nobody knows how many rows
// there are, as with a condition: the estimate is of the whole table.
std::optional<int> backfill_percent(const BackfillProgress& progress);

// How long it takes yet, in seconds; nothing where that cannot be told: it does not go on at
// present, or there are more rows than were expected.
std::optional<int64_t> backfill_seconds_left(const BackfillProgress& progress);

// "1,234,567", and "12.3 M" where no one would read all the digits.
std::string count_text(uint64_t count);

// One line for a terminal: name, percent, bar, rows, bytes, rate and what is left; or why it does
// not go on. The name is padded to `name_width`. It has look.width characters at most: what matters
// least goes first.
std::string backfill_bar(const BackfillProgress& progress, size_t name_width, TextLook look);

// The same as a sentence, with its condition and caveat, for `waltrack status`. `now_us`: UTC.
std::string backfill_sentence(const BackfillProgress& progress, int64_t now_us);

}  // namespace waltrack
