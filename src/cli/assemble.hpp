#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "cli/load.hpp"
#include "mapping/mapper.hpp"
#include "model/backfill.hpp"
#include "model/message_id.hpp"
#include "postgres/catalog.hpp"
#include "postgres/server_identity.hpp"
#include "postgres/source_settings.hpp"
#include "state/source_identity.hpp"
#include "state/start_check.hpp"

namespace waltrack {

// The source as the configuration names it, with the tables that the mappings name; what their
// globs match is known with the catalog only, see followed().
SourceSettings source_settings(const Loaded& loaded);

// Whether state file, server and slot belong together, and where a run would begin; throws the
// Error that would keep it from starting. Asks the server for the slot.
StartDecision start_decision(const SourceSettings& settings, const ServerIdentity& server,
                             const std::optional<SourceIdentity>& identity,
                             const std::optional<Checkpoint>& checkpoint,
                             const std::string& state_path);

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
