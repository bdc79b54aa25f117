#pragma once

#include <optional>
#include <string>

#include "model/progress.hpp"
#include "pipeline/run_board.hpp"
#include "postgres/server_identity.hpp"
#include "postgres/source_settings.hpp"
#include "state/source_identity.hpp"
#include "state/start_check.hpp"
#include "state/state_file.hpp"

// Where a run begins, and the waiting for what keeps it from beginning.
namespace waltrack {

// Tells why the stream has not begun yet: `waltrack status` by the state file, and who looks at the
// board.
void save_problem(StateFile& state, RunBoard& board, std::string problem);

// A server that is just starting is worth waiting for; one that is not there is a mistake to tell
// at once. Returns nothing when a signal came first.
std::optional<ServerIdentity> wait_for_server(const std::string& url, StateFile& state,
                                              RunBoard& board, int stop_fd);

// Whether state file, server and slot belong together, and where a run would begin; throws the
// Error that would keep it from starting. Asks the server for the slot.
StartDecision start_decision(const SourceSettings& settings, const ServerIdentity& server,
                             const std::optional<SourceIdentity>& identity,
                             const std::optional<Checkpoint>& checkpoint,
                             const std::string& state_path);

// Without a checkpoint the start is wherever the slot stands; while another run reads the slot that
// moves on, so a second instance waits here until the first has ended. Returns false when a signal
// came first.
bool stand_by_for_the_slot(const SourceSettings& settings, int stop_fd);

struct Started {
  Plugin plugin;
  Checkpoint start;
};

// Where to begin: checks that state file, server and slot belong together, makes the slot when this
// is the first start, and remembers what the state file belongs to. Returns nothing when a signal
// came first.
std::optional<Started> settle_start(const SourceSettings& settings, ServerIdentity& server,
                                    StateFile& state, RunBoard& board, int stop_fd);

}  // namespace waltrack
