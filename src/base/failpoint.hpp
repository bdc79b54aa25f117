#pragma once

#ifdef WALTRACK_FAILPOINTS
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#endif

namespace waltrack {

// Failpoints: places at which a test ends the program, holds it up or lets it fail, named
// "part.place". A call is one line of a .cpp file, never of a header: a header would mean different
// things to files compiled with WALTRACK_FAILPOINTS and without. Every name stands in
// failpoint_names().
//
// The environment variable WALTRACK_FAILPOINT says what happens: "name=action[@N]", several of them
// separated by ";". Actions:
//
//   kill      SIGKILL at the Nth time this place is reached; without @N the first
//   error     throws a transient Error, then and no more
//   sleep:MS  sleeps so many milliseconds; without @N every time
#ifdef WALTRACK_FAILPOINTS

// Reads the variable. Throws a usage Error for what is no failpoint or no action. Called once,
// before there are threads.
void arm_failpoints();

void failpoint(std::string_view name);

std::span<const std::string_view> failpoint_names();

struct ArmedFailpoint {
  enum class Action { kill, error, sleep };

  std::string name;
  Action action = Action::kill;
  int64_t sleep_ms = 0;
  std::optional<uint64_t> hit;  // none: sleep every time

  bool operator==(const ArmedFailpoint&) const = default;
};

// What the variable's text asks for. Throws as arm_failpoints() does.
std::vector<ArmedFailpoint> parse_failpoints(std::string_view text);

#else

// Nothing at all: not a call, and not a name in the binary.
consteval void arm_failpoints() {}
consteval void failpoint(const char*) {}

#endif

}  // namespace waltrack
