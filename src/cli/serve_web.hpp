#pragma once

#include <memory>

#include "cli/config.hpp"
#include "pipeline/run_board.hpp"
#include "web/web_server.hpp"

namespace waltrack {

// Serves what the board shows where the configuration says so, and logs the address; null when it
// says nothing. The board must outlive it. Throws an Error that says what is in the way.
std::unique_ptr<WebServer> serve_web(const Config& config, const RunBoard& board);

}  // namespace waltrack
