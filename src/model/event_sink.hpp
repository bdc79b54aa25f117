#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/rule.hpp"

namespace waltrack {

// Why a rule made no event of a row.
enum class Silence : uint8_t {
  other_change,  // its `on` names other kinds of changes
  when,          // its `when` is false or null
  same_output,   // an identify or group that says what the old row said
};
inline constexpr size_t kSilences = 3;

// Whom an event names. Its user's events arrive in the order in which they were opened. One that
// names others, too (an alias, an identify with both ids, a row whose user an update changed),
// comes after everything that was opened before for any of them, and before everything that is
// opened later for any of them.
struct EventIdentity {
  std::string_view user;  // the user id, else the anonymous id
  std::span<const std::string_view> others{};
};

// Where a mapper puts a row's events, one at a time, in order. Belongs to the capture thread.
class EventSink {
 public:
  virtual ~EventSink() = default;

  // Opens an event of `rule` and returns the buffer to append its JSON object to; what stands in it
  // already must be left alone. Returns nullptr when the event is not wanted (it was delivered
  // before a restart): then write nothing and go on with the next rule.
  virtual std::string* open(const Rule& rule, const EventIdentity& who) = 0;

  // Ends the event that open() began: it is complete and will be sent.
  virtual void close() = 0;

  // Ends the event that open() began by taking back what was appended; nothing will be sent.
  virtual void abandon() = 0;

  // A rule made no event of the row, as it was meant to. For those that explain; most don't care.
  virtual void silent(const Rule& rule, Silence why) {
    static_cast<void>(rule);
    static_cast<void>(why);
  }

  // No event can be made of this row by `rule`, ever: it becomes a dead letter. `reason` is a short
  // fixed code ("no_user", "expression_failed", "unavailable_column", "missing_column",
  // "too_large"), `detail` says more for a person and holds no row values. Not between open() and
  // close().
  virtual void reject(const Rule& rule, std::string_view reason, std::string_view detail) = 0;
};

}  // namespace waltrack
