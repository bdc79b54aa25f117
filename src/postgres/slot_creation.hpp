#pragma once

#include <chrono>
#include <functional>

#include "model/lsn.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// Makes the slot of the settings and returns its confirmed position. Waits until all transactions
// that run at the time have ended: at most `limit`, then it throws what holds it up, or until
// `stop` says so. On a standby it asks the primary for help, see StandbySnapshots.
Lsn create_slot(PgConnection& connection, const SourceSettings& settings, Plugin plugin,
                std::chrono::milliseconds limit, const std::function<bool()>& stop = {});

// Lets the server copy an existing slot to its standbys from now on. Nobody may be reading it.
void make_failover_slot(const SourceSettings& settings);

}  // namespace waltrack
