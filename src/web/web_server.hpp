#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model/run_figures.hpp"

namespace waltrack {

struct WebSettings {
  std::string host = "127.0.0.1";
  int port = 0;       // 0: any that is free
  std::string token;  // a secret; empty: none is asked for
};

// Serves a run's health and metrics: GET /healthz, /readyz and /metrics, in text for people. With a
// token /metrics answers only to who shows it (401); /healthz and /readyz answer anybody with their
// first line, as the probes of orchestrators show nothing, and give the reason in the words of
// server or receiver to who shows it alone.
class WebServer {
 public:
  // Binds, and serves from threads of its own. `figures` is called from these; what it needs must
  // outlive this. Throws an Error that says what is in the way.
  WebServer(WebSettings settings, std::function<RunFigures()> figures);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::string url() const;  // "http://127.0.0.1:8080"

 private:
  struct Serving;
  std::unique_ptr<Serving> serving_;
};

}  // namespace waltrack
