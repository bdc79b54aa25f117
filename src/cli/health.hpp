#pragma once

#include <optional>
#include <string>

namespace waltrack {

struct StateStatus;

// Why the run with this state file does not do its work, in one line; nothing when it does: it has
// the file open, streams, delivery is not held, and none of its threads hangs. A receiver that is
// tried again is no illness: events wait for it, and a new start would change nothing. Nor is a
// backfill that failed: the stream goes on, and what is mended is the table or its mapping, not the
// run.
std::optional<std::string> illness(const StateStatus& status);

}  // namespace waltrack
