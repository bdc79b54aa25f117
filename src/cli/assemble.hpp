#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "cli/load.hpp"
#include "mapping/mapper.hpp"
#include "model/backfill.hpp"
#include "model/message_id.hpp"
#include "postgres/catalog.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// The source as the configuration names it, with the tables that the mappings name; what their
// globs match is known with the catalog only, see followed().
SourceSettings source_settings(const Loaded& loaded);

// Tells what the mappings read and the plugin, of the slot or of the one that would be made, does
// not bring.
void tell_undelivered(const Mapper& mapper, const SourceSettings& settings,
                      Diagnostics& diagnostics);

// Compiles the mappings against the tables that the server has now. What is wrong goes to
// `diagnostics`; then there may be no mapper. It keeps nothing of the catalog.
std::unique_ptr<Mapper> compile_against(Catalog& catalog, const std::vector<MappingFile>& mappings,
                                        const MessageIdentity& identity, Diagnostics& diagnostics);

// Puts the concrete parts together, streams until SIGINT or SIGTERM, and stops cleanly. Throws what
// keeps it from starting or from going on.
void stream_until_signal(const Loaded& loaded);

// The same until all of these backfills are over, whose requests are written into the state file at
// the start. Gives how they stood last, in their order: a signal ends it before they are over, and
// the next run goes on with them.
std::vector<BackfillProgress> stream_until_backfilled(const Loaded& loaded,
                                                      const std::vector<BackfillRequest>& requests);

}  // namespace waltrack
