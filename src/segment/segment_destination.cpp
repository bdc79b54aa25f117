#include "segment/segment_destination.hpp"

#include <algorithm>
#include <cstdlib>
#include <curl/curl.h>
#include <new>
#include <stdexcept>
#include <strings.h>
#include <utility>

#include "base/error.hpp"
#include "segment/answer.hpp"
#include "segment/transfer_failure.hpp"

namespace waltrack {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMostAnswerBytes = 64 * 1024;

// A name is looked up again when its entry is older, when a connection failed, and when a
// connection has lived for long: an address may move while its old one still takes batches.
constexpr long kDnsCacheSeconds = 60;
constexpr long kConnectionLifeSeconds = 3600;

void initialize_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw Error(ErrorKind::failure, "could not initialize libcurl");
}

template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw Error(ErrorKind::failure, std::string("libcurl: ") + curl_easy_strerror(code));
  }
}

void check(CURLMcode code) {
  if (code == CURLM_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLM_OK) {
    throw Error(ErrorKind::failure, std::string("libcurl: ") + curl_multi_strerror(code));
  }
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// "host:port" of a URL that batches can be sent to. The message leaves the URL itself out: it may
// carry a password.
std::string checked_host_and_port(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  if (!url) throw std::bad_alloc();
  const bool parsed = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (!parsed || (scheme != "http" && scheme != "https")) {
    throw Error(ErrorKind::usage, "not an http or https address", "destination.url",
                "give the full address of the batch call, such as https://api.segment.io/v1/batch");
  }
  return url_part(url.get(), CURLUPART_HOST) + ":" + url_part(url.get(), CURLUPART_PORT);
}

// A receiver on this machine is never behind a proxy; libcurl would ask one for it.
std::string hosts_without_proxy() {
  std::string hosts = "localhost,127.0.0.1,::1";
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    const char* more = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (more == nullptr || *more == '\0') continue;
    if (more == std::string_view("*")) return more;  // no proxy at all; only so on its own
    return hosts + "," + more;
  }
  return hosts;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  if (what.empty()) return;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

// One request at a time; the handle and its buffers are used again for the next.
struct SegmentDestination::Lane {
  ~Lane() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }

  size_t index = 0;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  bool busy = false;
  bool look_up_again = false;
  std::string body;  // libcurl reads it where it is
  std::string answer;
  std::string retry_after;
  std::string rate_limit_reset;
  char detail[CURL_ERROR_SIZE] = {};
};

struct SegmentDestination::Curl {
  Curl() : multi(curl_multi_init()) {
    if (multi == nullptr) throw std::bad_alloc();
  }
  ~Curl() { curl_multi_cleanup(multi); }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  static size_t keep_answer(char* data, size_t size, size_t count, void* to) {
    auto& answer = static_cast<Lane*>(to)->answer;
    const size_t length = size * count;
    answer.append(data, std::min(length, kMostAnswerBytes - answer.size()));
    return length;
  }

  static size_t keep_header(char* data, size_t size, size_t count, void* to) {
    auto& lane = *static_cast<Lane*>(to);
    const std::string_view line(data, size * count);
    const auto value_of = [&](std::string_view name) -> std::string_view {
      if (line.size() <= name.size() || line[name.size()] != ':') return {};
      if (strncasecmp(line.data(), name.data(), name.size()) != 0) return {};
      return line.substr(name.size() + 1);
    };
    if (line.starts_with("HTTP/")) {
      // Headers of an interim answer (100) do not count.
      lane.retry_after.clear();
      lane.rate_limit_reset.clear();
    } else if (const auto after = value_of("Retry-After"); !after.empty()) {
      lane.retry_after = after;
    } else if (const auto reset = value_of("X-RateLimit-Reset"); !reset.empty()) {
      lane.rate_limit_reset = reset;
    }
    return line.size();
  }

  CURLM* multi;
};

SegmentDestination::SegmentDestination(SegmentSettings settings, const Clock& clock)
    : settings_(std::move(settings)), clock_(clock) {
  initialize_libcurl();
  host_and_port_ = checked_host_and_port(settings_.url);
  curl_ = std::make_unique<Curl>();
  check(curl_multi_setopt(curl_->multi, CURLMOPT_MAXCONNECTS, static_cast<long>(settings_.lanes)));
  for (size_t i = 0; i < settings_.lanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>());
    lanes_.back()->index = i;
    set_up(*lanes_.back());
  }
}

SegmentDestination::~SegmentDestination() {
  for (const auto& lane : lanes_) {
    if (lane->busy) curl_multi_remove_handle(curl_->multi, lane->easy);
  }
}

void SegmentDestination::set_up(Lane& lane) {
  lane.easy = curl_easy_init();
  if (lane.easy == nullptr) throw std::bad_alloc();
  for (const char* header : {"Content-Type: application/json", "Content-Encoding: gzip",
                             "Expect:"}) {  // waiting for a "100 Continue" costs a round trip
    curl_slist* longer = curl_slist_append(lane.headers, header);
    if (longer == nullptr) throw std::bad_alloc();
    lane.headers = longer;
  }
  CURL* easy = lane.easy;
  set(easy, CURLOPT_URL, settings_.url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_POST, 1L);
  set(easy, CURLOPT_HTTPHEADER, lane.headers);
  set(easy, CURLOPT_USERAGENT, "waltrack/" WALTRACK_VERSION);
  set(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(easy, CURLOPT_USERNAME, settings_.write_key.c_str());
  set(easy, CURLOPT_PASSWORD, "");
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings_.ca_file.empty()) set(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_NOPROXY, hosts_without_proxy().c_str());
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_MAXLIFETIME_CONN, kConnectionLifeSeconds);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.total_timeout.count()));
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.stall_timeout.count()));
  set(easy, CURLOPT_WRITEFUNCTION, &Curl::keep_answer);
  set(easy, CURLOPT_WRITEDATA, &lane);
  set(easy, CURLOPT_HEADERFUNCTION, &Curl::keep_header);
  set(easy, CURLOPT_HEADERDATA, &lane);
  set(easy, CURLOPT_ERRORBUFFER, lane.detail);
  set(easy, CURLOPT_PRIVATE, &lane);
}

void SegmentDestination::send(size_t index, std::string_view events) {
  Lane& lane = *lanes_.at(index);
  if (lane.busy) throw std::logic_error("a batch of this lane is in flight already");
  text_.encode(events, clock_.utc_us(), lane.body);
  lane.answer.clear();
  lane.retry_after.clear();
  lane.rate_limit_reset.clear();
  lane.detail[0] = '\0';
  set(lane.easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(lane.body.size()));
  set(lane.easy, CURLOPT_POSTFIELDS, lane.body.data());
  set(lane.easy, CURLOPT_DNS_CACHE_TIMEOUT, lane.look_up_again ? 0L : kDnsCacheSeconds);
  check(curl_multi_add_handle(curl_->multi, lane.easy));
  lane.busy = true;
}

void SegmentDestination::wait(milliseconds timeout, std::vector<Outcome>& outcomes) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  const size_t before = outcomes.size();
  while (true) {
    int running = 0;
    check(curl_multi_perform(curl_->multi, &running));
    collect(outcomes);
    if (woken_.exchange(false) || outcomes.size() > before) return;
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    check(curl_multi_poll(curl_->multi, nullptr, 0, static_cast<int>(left.count()), nullptr));
  }
}

void SegmentDestination::wake() {
  woken_ = true;
  curl_multi_wakeup(curl_->multi);
}

void SegmentDestination::collect(std::vector<Outcome>& outcomes) {
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(curl_->multi, &queued)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    Lane* lane = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &lane);
    check(curl_multi_remove_handle(curl_->multi, easy));
    lane->busy = false;
    outcomes.push_back(finish(*lane, code));
  }
}

Outcome SegmentDestination::finish(Lane& lane, int code) {
  lane.look_up_again = code != CURLE_OK;
  Answer answer;
  std::string failure;
  if (code != CURLE_OK) {
    long os_error = 0;
    curl_off_t pretransfer_us = 0;
    curl_easy_getinfo(lane.easy, CURLINFO_OS_ERRNO, &os_error);
    curl_easy_getinfo(lane.easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer_us);
    failure = describe({code, static_cast<int>(os_error), lane.detail, pretransfer_us > 0},
                       host_and_port_);
    answer.failure = failure;
    answer.failure_word = failure_word(code);
  } else {
    long status = 0;
    curl_easy_getinfo(lane.easy, CURLINFO_RESPONSE_CODE, &status);
    // Some receivers repeat the key that they refuse.
    replace_all(lane.answer, settings_.write_key, "***");
    answer.status = static_cast<int>(status);
    answer.retry_after = lane.retry_after;
    answer.rate_limit_reset = lane.rate_limit_reset;
    answer.body = lane.answer;
  }
  Outcome outcome = judge(answer, clock_.utc_us());
  outcome.lane = lane.index;
  return outcome;
}

}  // namespace waltrack
