#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "workshop/mapping_tests.hpp"

namespace waltrack {

struct UpdatedFile {
  std::string text;
  size_t written = 0;  // tests whose `expect` is new
};

// A mapping file's text with what its failing tests really gave in their `expect`, an event a line:
// kind, name, ids, traits or properties, a time where the mapping sets one, and what `expect` named
// of context and integrations. Nothing else of the text changes. What cannot be done without damage
// (a test in { }, a comment inside of `expect`, an alias) is left alone and goes to `refused` as an
// error, with its place and what to do. Where a test over several tables gives them different
// events, what they have in common is written.
UpdatedFile update_expectations(std::string_view text, const FileTests& tests,
                                Diagnostics& refused);

// What `expect` says of one event; `before` is what it said so far, or null.
EventJson expectation_of(const EventJson& event, const EventJson& before);

}  // namespace waltrack
