#include "receiver/receiver.hpp"

#include <charconv>
#include <condition_variable>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.hpp"
#include "receiver/http_server.hpp"
#include "receiver/planned_failures.hpp"
#include "receiver/segment_rules.hpp"

namespace waltrack {
namespace {

constexpr const char* kJson = "application/json";

void say_success(httplib::Response& response) {
  response.status = 200;
  response.set_content(R"({"success":true})", kJson);
}

void say_failure(httplib::Response& response, int status, std::string_view reason) {
  response.status = status;
  const nlohmann::ordered_json body = {{"success", false}, {"message", reason}};
  response.set_content(body.dump(), kJson);
}

std::string basic_header(const std::string& write_key) {
  return httplib::make_basic_authentication_header(write_key, "").second;
}

}  // namespace

struct Receiver::Serving {
  Serving(const ReceiverSettings& settings, const Clock& clock, ReceiverObserver* observer)
      : settings(settings), inbox(settings.ndjson, clock, observer) {}

  void set_up_routes();
  void track(const httplib::Request& request, httplib::Response& response,
             const httplib::ContentReader& read);
  void answer_batch(const httplib::Request& request, httplib::Response& response,
                    std::string& body);
  void refuse(httplib::Response& response, int status, std::string_view reason);
  const char* refuse_reason(const httplib::Request& request) const;

  const ReceiverSettings settings;
  Inbox inbox;
  PlannedFailures failures;
  HttpServer http;
  int port = 0;
  std::thread thread;

  std::mutex m;
  bool stopping = false;  // guarded by m
  std::condition_variable stopped;
};

void Receiver::Serving::set_up_routes() {
  http.Post("/v1/(batch|import|identify|track|page|screen|group|alias)",
            [this](const httplib::Request& request, httplib::Response& response,
                   const httplib::ContentReader& read) { track(request, response, read); });
  http.Get("/stats", [this](const httplib::Request&, httplib::Response& response) {
    response.set_content(inbox.stats().json(), kJson);
  });
  http.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("ok\n", "text/plain");
  });
  if (!settings.control) return;
  http.Post("/control", [this](const httplib::Request& request, httplib::Response& response) {
    try {
      failures.ask(parse_failure_switch(request.body));  // each call says everything anew
    } catch (const Error& error) {
      say_failure(response, 400, error.what());
      return;
    }
    say_success(response);
  });
}

// The body is read whatever the answer will be: the connection goes on after it.
void Receiver::Serving::track(const httplib::Request& request, httplib::Response& response,
                              const httplib::ContentReader& read) {
  thread_local std::string body;
  body.clear();
  const bool was_read = read([&](const char* data, size_t length) {
    if (body.size() <= kMostRequestBytes) body.append(data, length);
    return true;
  });
  RequestLot lot;
  if (!was_read) {
    refuse(response, 400, "the body is not what its headers say");
    response.set_header("Connection", "close");
  } else {
    lot = failures.next(body);
    if (lot.take) answer_batch(request, response, body);
    if (lot.answer != 200) say_failure(response, lot.answer, "asked for by /control");
    if (lot.retry_after >= 0) response.set_header("Retry-After", std::to_string(lot.retry_after));
  }
  if (lot.reset) HttpServer::reset_this_connection();
  inbox.count_answer(lot.reset ? "reset" : std::to_string(response.status),
                     lot.reset || lot.answer != 200);
  if (lot.delay.count() > 0) {
    std::unique_lock lock(m);
    stopped.wait_for(lock, lot.delay, [&] { return stopping; });
  }
}

void Receiver::Serving::refuse(httplib::Response& response, int status, std::string_view reason) {
  inbox.reject(status, reason);
  say_failure(response, status, reason);
}

void Receiver::Serving::answer_batch(const httplib::Request& request, httplib::Response& response,
                                     std::string& body) {
  if (const char* reason = refuse_reason(request)) {
    refuse(response, 401, reason);
    return;
  }
  const std::string call = request.matches[1];
  const bool is_batch = call == "batch" || call == "import";
  size_t wire_bytes = body.size();
  const std::string length = request.get_header_value("Content-Length");
  std::from_chars(length.data(), length.data() + length.size(), wire_bytes);
  const Taken taken = inbox.take(body, is_batch ? std::string_view() : call, wire_bytes);
  if (taken.status == 200) {
    say_success(response);
  } else {
    say_failure(response, taken.status, taken.reason);
  }
}

const char* Receiver::Serving::refuse_reason(const httplib::Request& request) const {
  const std::string given = request.get_header_value("Authorization");
  static const std::string no_key = basic_header("");
  if (!given.starts_with("Basic ") || given == "Basic " || given == no_key) {
    return "no write key: send it as the user name of Basic authentication";
  }
  if (!settings.write_key.empty() && given != basic_header(settings.write_key)) {
    return "this write key is not let in";
  }
  return nullptr;
}

Receiver::Receiver(const ReceiverSettings& settings, const Clock& clock, ReceiverObserver* observer)
    : serving_(std::make_unique<Serving>(settings, clock, observer)) {
  Serving& serving = *serving_;
  serving.set_up_routes();
  serving.port = serving.http.bind(settings.host, settings.port);
  serving.thread = std::thread([&serving] { serving.http.listen_after_bind(); });
  while (!serving.http.is_running())
    std::this_thread::yield();
}

Receiver::~Receiver() {
  stop();
}

int Receiver::port() const {
  return serving_->port;
}

std::string Receiver::url() const {
  const std::string& host = serving_->settings.host;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return "http://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

std::string Receiver::batch_url() const {
  return url() + "/v1/batch";
}

void Receiver::set_failure(const FailureSwitch& failure) {
  serving_->failures.ask(failure);
}

ReceiverStats Receiver::stats() const {
  return serving_->inbox.stats();
}

void Receiver::stop() {
  if (!serving_->thread.joinable()) return;
  {
    const std::lock_guard lock(serving_->m);
    serving_->stopping = true;
  }
  serving_->stopped.notify_all();
  serving_->http.stop_all();
  serving_->thread.join();
}

}  // namespace waltrack
