#pragma once

#include <string>
#include <string_view>

#include "model/backfill.hpp"

namespace waltrack::state {

// How far a backfill is, as the state file holds it: JSON. Reading takes what it finds: another
// version may have written more, or less. What tells no phase that this program knows is taken as
// failed, and its reason says so. The table's name is not read: it stands beside the text.
std::string backfill_text(const BackfillProgress& progress);
BackfillProgress read_backfill(TableName table, std::string_view text);

// The same for a key's mark. A skip is the empty text: there may be very many of them.
std::string key_mark_text(const KeyMark& mark);
KeyMark read_key_mark(std::string_view text);

}  // namespace waltrack::state
