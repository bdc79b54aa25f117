#pragma once

#include <string>

#include "postgres/pg_connection.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// What became of one thing that waltrack may have made on a server.
struct Removal {
  enum class Outcome { removed, was_not_there, left };

  std::string what;  // "slot waltrack"
  Outcome outcome = Outcome::removed;
  std::string reason;  // left: why, and the SQL for somebody who may
};

// Drops the slot of the settings. Throws an Error when it is not one of ours (another plugin,
// another database, a physical one), while it is being read, or when the role may not.
Removal remove_slot(PgConnection& connection, const SourceSettings& settings);

// Drops the publication of the settings if the role owns it and no other slot of pgoutput's is
// there to read it; on a standby, on the primary of primary_url. What it may not drop is left.
Removal remove_publication(PgConnection& connection, const SourceSettings& settings);

}  // namespace waltrack
