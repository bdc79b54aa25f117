#include "receiver/receiver.hpp"

#include <charconv>
#include <condition_variable>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.hpp"
#include "receiver/http_server.hpp"
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

int checked_int(const nlohmann::json& value, const char* key, int low, int high) {
  if (!value.is_number_integer() || value < low || value > high) {
    throw Error(ErrorKind::usage, std::string(key) + " must be a whole number from " +
                                      std::to_string(low) + " to " + std::to_string(high));
  }
  return value.get<int>();
}

// Each call to /control says everything anew.
FailureSwitch parse_failure(const std::string& body) {
  constexpr int kMost = std::numeric_limits<int>::max();
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) throw Error(ErrorKind::usage, "the body must be a JSON object");
  FailureSwitch failure;
  for (const auto& [key, value] : json.items()) {
    if (key == "answer") {
      failure.answer = checked_int(value, "answer", 200, 599);
    } else if (key == "count") {
      failure.count = checked_int(value, "count", 0, kMost);
    } else if (key == "retry_after") {
      failure.retry_after = checked_int(value, "retry_after", 0, kMost);
    } else if (key == "delay_ms") {
      failure.delay = std::chrono::milliseconds(checked_int(value, "delay_ms", 0, 3'600'000));
    } else if (key == "take" && value.is_boolean()) {
      failure.take = value.get<bool>();
    } else {
      throw Error(ErrorKind::usage,
                  "unknown or wrong: '" + key +
                      "'; known: answer, count, retry_after, delay_ms, take (true or false)");
    }
  }
  return failure;
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
  const char* refuse_reason(const httplib::Request& request) const;
  FailureSwitch take_failure();

  const ReceiverSettings settings;
  Inbox inbox;
  HttpServer http;
  int port = 0;
  std::thread thread;

  std::mutex m;  // guards the two below
  FailureSwitch failure;
  bool stopping = false;
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
      const FailureSwitch asked = parse_failure(request.body);
      const std::lock_guard lock(m);
      failure = asked;
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
  if (!was_read) {
    constexpr std::string_view kReason = "the body is not what its headers say";
    inbox.reject(400, kReason);
    say_failure(response, 400, kReason);
    response.set_header("Connection", "close");
    return;
  }
  const FailureSwitch now = take_failure();
  if (now.answer == 200) {
    answer_batch(request, response, body);
  } else {
    if (now.take) answer_batch(request, response, body);
    inbox.count_failed();
    say_failure(response, now.answer, "asked for by /control");
    if (now.retry_after >= 0) response.set_header("Retry-After", std::to_string(now.retry_after));
  }
  if (now.delay.count() > 0) {
    std::unique_lock lock(m);
    stopped.wait_for(lock, now.delay, [&] { return stopping; });
  }
}

void Receiver::Serving::answer_batch(const httplib::Request& request, httplib::Response& response,
                                     std::string& body) {
  if (const char* reason = refuse_reason(request)) {
    inbox.reject(401, reason);
    say_failure(response, 401, reason);
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

FailureSwitch Receiver::Serving::take_failure() {
  const std::lock_guard lock(m);
  FailureSwitch now = failure;
  if (failure.count == 0) now.answer = 200;
  if (failure.count > 0) --failure.count;
  return now;
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
  const std::lock_guard lock(serving_->m);
  serving_->failure = failure;
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
