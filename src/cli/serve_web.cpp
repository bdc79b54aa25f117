#include "cli/serve_web.hpp"

#include "base/error.hpp"
#include "base/log.hpp"

namespace waltrack {

std::unique_ptr<WebServer> serve_web(const Config& config, const RunBoard& board) {
  if (!config.web) return nullptr;
  const ListenAddress& address = config.web->address;
  auto server = std::make_unique<WebServer>(
      WebSettings{.host = address.host, .port = address.port, .token = config.web->token},
      [&board] { return board.figures(); });
  log::info("serving health and metrics",
            {{"address", server->url()},
             {"metrics_need_a_token", config.web->token.empty() ? "no" : "yes"}});
  return server;
}

}  // namespace waltrack
