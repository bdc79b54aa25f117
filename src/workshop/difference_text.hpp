#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/terminal_text.hpp"
#include "workshop/event_match.hpp"

namespace waltrack {

// Two lists of events for a person, each line after `indent`: what differs of the events that are
// in both, by its path, a line with - for what was (expected) and one with + for what is (made),
// then the events that are in one of them only. Equal events are left out.
std::string difference_text(const std::vector<EventPair>& pairs,
                            const std::vector<EventJson>& before,
                            const std::vector<EventJson>& after, std::string_view indent,
                            TextLook look);

// The fields alone, of one event: its path, and a line for what was and what is.
std::string changed_fields_text(const std::vector<Difference>& differences, std::string_view indent,
                                TextLook look);

// What a person wants to see of an event: without ids and library, which all have.
EventJson essence(const EventJson& event);

}  // namespace waltrack
