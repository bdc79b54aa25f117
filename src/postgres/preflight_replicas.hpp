#pragma once

#include "postgres/inspection.hpp"

namespace waltrack {

// A source that is a standby: whether it can decode at all.
void check_standby_version(Inspection& look);

// And whether its primary keeps what the slot needs. Needs `slot`.
void check_standby(Inspection& look);

// source.failover: whether the standbys keep a copy of the slot. Standbys can be asked where
// source.url names them.
void check_failover(Inspection& look);

// source.primary_url and source.backfill_url: whether they lead to this server's primary and to one
// of its copies.
void check_other_servers(Inspection& look);

}  // namespace waltrack
