#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waltrack {

// Which mapping files these are, in short.
struct MappingSummary {
  size_t files = 0;
  size_t rules = 0;
  std::string fingerprint;  // of their names and texts

  bool operator==(const MappingSummary&) const = default;
};

// What a rule with `shadow: true` would have sent. Counted since the run began or the rule became
// one; after a reconnect or a restart a row may count again.
struct ShadowRule {
  std::string table;  // as Rule has it
  std::string rule;
  uint64_t events = 0;
  uint64_t failures = 0;
  std::string last_failure;  // its reason, see EventSink::reject

  bool operator==(const ShadowRule&) const = default;
};

// How the mapping files fare, for `waltrack status`. Times are microseconds UTC. No row's value is
// in it.
struct MappingState {
  struct Live {
    MappingSummary set;
    int64_t since_us = 0;
    bool operator==(const Live&) const = default;
  };
  // A newer set that is right and waits to become live.
  struct Pending {
    MappingSummary set;
    int64_t since_us = 0;
    std::string reason;
    bool operator==(const Pending&) const = default;
  };
  // The files as they are now are wrong.
  struct Invalid {
    int64_t since_us = 0;
    std::vector<std::string> faults;  // as Diagnostic::text() tells them
    bool operator==(const Invalid&) const = default;
  };
  // Whether the files are right could not be found out yet.
  struct Unchecked {
    int64_t since_us = 0;
    std::string reason;
    bool operator==(const Unchecked&) const = default;
  };

  Live live;
  std::optional<Pending> pending;
  std::optional<Invalid> invalid;
  std::optional<Unchecked> unchecked;
  std::vector<std::string> lacking;  // what the source does not deliver yet, and what mends it
  std::vector<ShadowRule> shadow;

  bool operator==(const MappingState&) const = default;
};

}  // namespace waltrack
