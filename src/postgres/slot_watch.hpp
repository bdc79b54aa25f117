#pragma once

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "model/source_state.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/slot.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// What a look at a slot says that an operator should mend, each with its remedy: less headroom than
// `headroom_warning_bytes`, or a slot that goes with the server's next checkpoint.
std::vector<std::string> slot_warnings(const std::string& name, const SlotState& slot,
                                       uint64_t headroom_warning_bytes);

// Looks at the server and the slot of the settings over a connection of its own, kept from look to
// look. Belongs to one thread.
class SlotWatch {
 public:
  // Both must outlive the watch.
  SlotWatch(const SourceSettings& settings, const Clock& clock)
      : settings_(settings), clock_(clock) {}

  // Throws an Error when the server can't be asked; the next look connects anew.
  SourceReading look();

 private:
  SourceReading read(PgConnection& connection);
  static void add_standby_warnings(PgConnection& connection, std::vector<std::string>& warnings);

  const SourceSettings& settings_;
  const Clock& clock_;
  std::unique_ptr<PgConnection> connection_;
};

}  // namespace waltrack
