#include "web/web_server.hpp"

#include <thread>
#include <utility>

#include "receiver/http_server.hpp"
#include "web/health_answer.hpp"
#include "web/metrics_text.hpp"
#include "web/token_check.hpp"

namespace waltrack {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";

void say(httplib::Response& response, int status, const std::string& text,
         const char* type = kText) {
  response.status = status;
  response.set_header("Cache-Control", "no-store");
  response.set_content(text, type);
}

void say_health(httplib::Response& response, const HealthAnswer& answer, bool all) {
  std::string text = answer.text + "\n";
  if (all && !answer.detail.empty()) text += answer.detail + "\n";
  say(response, answer.good ? 200 : 503, text);
}

}  // namespace

struct WebServer::Serving {
  Serving(WebSettings settings, std::function<RunFigures()> figures)
      : settings(std::move(settings)), figures(std::move(figures)) {}

  void answer(const httplib::Request& request, httplib::Response& response) const {
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", "GET, HEAD");
      return say(response, 405, "only GET is answered here\n");
    }
    const bool trusted = shows_token(request.get_header_value("Authorization"), settings.token);
    if (request.path == "/healthz") return say_health(response, liveness(figures()), trusted);
    if (request.path == "/readyz") return say_health(response, readiness(figures()), trusted);
    if (!trusted) {
      response.set_header("WWW-Authenticate", "Bearer");
      return say(response, 401, "show the token: Authorization: Bearer TOKEN\n");
    }
    if (request.path == "/metrics") return say(response, 200, metrics_text(figures()), kMetrics);
    say(response, 404, "there are /healthz, /readyz and /metrics\n");
  }

  const WebSettings settings;
  const std::function<RunFigures()> figures;
  HttpServer http;
  int port = 0;
  std::thread thread;
};

WebServer::WebServer(WebSettings settings, std::function<RunFigures()> figures)
    : serving_(std::make_unique<Serving>(std::move(settings), std::move(figures))) {
  Serving& serving = *serving_;
  serving.http.set_pre_routing_handler(
      [&serving](const httplib::Request& request, httplib::Response& response) {
        try {
          serving.answer(request, response);
        } catch (const std::exception&) {
          say(response, 500, "no answer could be made\n");
        }
        return httplib::Server::HandlerResponse::Handled;
      });
  serving.port = serving.http.bind(serving.settings.host, serving.settings.port);
  serving.thread = std::thread([&serving] { serving.http.listen_after_bind(); });
  while (!serving.http.is_running())
    std::this_thread::yield();
}

WebServer::~WebServer() {
  serving_->http.stop_all();
  serving_->thread.join();
}

std::string WebServer::url() const {
  const std::string& host = serving_->settings.host;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return "http://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(serving_->port);
}

}  // namespace waltrack
