#include "e2e/e2e_fixture.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr int kLowestPort = 10000;
constexpr int kHighestPort = 19999;

bool claim(int fd, int port) {
  const std::string name = "waltrack-test-port-" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // sun_path[0] = 0: abstract
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

bool is_free(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return free;
}

std::string last_lines(const std::string& text, size_t count) {
  size_t at = text.size();
  while (count > 0 && at > 0) {
    at = text.rfind('\n', at - 1);
    if (at == std::string::npos) return text;
    --count;
  }
  return text.substr(at);
}

ChildOptions program(const std::vector<std::string>& args, const std::filesystem::path& folder,
                     const std::vector<std::pair<std::string, std::string>>& env) {
  ChildOptions options;
  options.args = {WALTRACK_BINARY};
  options.args.insert(options.args.end(), args.begin(), args.end());
  options.env = env;
  options.unset_env = {"PGHOST",     "PGPORT",    "PGUSER",       "PGPASSWORD",
                       "PGDATABASE", "PGOPTIONS", "E2E_WRITE_KEY"};
  options.working_dir = folder;
  return options;
}

}  // namespace

CommandResult run_waltrack(std::vector<std::string> args, const std::filesystem::path& folder,
                           std::vector<std::pair<std::string, std::string>> env) {
  TempDir output;
  ChildOptions options = program(args, folder, env);
  options.stdout_file = output / "out";
  options.stderr_file = output / "err";
  const ExitStatus status = ChildProcess::run(options);
  return {status, read_file(output / "out"), read_file(output / "err")};
}

PortClaim::PortClaim() {
  std::random_device random;
  std::uniform_int_distribution<int> any(kLowestPort, kHighestPort);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    port_ = any(random);
    if (claim(fd_, port_) && is_free(port_)) return;
    close(fd_);
  }
  throw std::runtime_error("no free port");
}

PortClaim::~PortClaim() {
  close(fd_);
}

TestReceiver::TestReceiver() {
  start();
}

TestReceiver::~TestReceiver() {
  if (testing::Test::HasFailure() && process_) {
    std::fprintf(stderr, "--- receiver %d ---\n%s\n", port_.port(),
                 last_lines(read_file(folder_ / "log"), 20).c_str());
  }
}

void TestReceiver::start() {
  ChildOptions options;
  options.args = {WALTRACK_BINARY, "receive",
                  "--listen",      "127.0.0.1:" + std::to_string(port_.port()),
                  "--ndjson",      (folder_ / "events.ndjson").string(),
                  "--quiet",       "--control"};
  options.stdout_file = folder_ / "log";
  options.stderr_file = folder_ / "log";
  const size_t before = count_of(read_file(folder_ / "log"), "listening on ");
  process_ = std::make_unique<ChildProcess>(options);
  const bool listens = wait_until(
      [&] {
        return !process_->running() ||
               count_of(read_file(folder_ / "log"), "listening on ") > before;
      },
      kPatience);
  if (!listens || !process_->running()) {
    throw std::runtime_error("the receiver does not start:\n" + read_file(folder_ / "log"));
  }
}

void TestReceiver::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait(30s)) throw std::runtime_error("the receiver survives SIGKILL");
}

std::string TestReceiver::batch_url() const {
  return "http://127.0.0.1:" + std::to_string(port_.port()) + "/v1/batch";
}

nlohmann::json TestReceiver::stats() const {
  httplib::Client client("127.0.0.1", port_.port());
  client.set_read_timeout(30s);
  const auto result = client.Get("/stats");
  if (!result || result->status != 200) throw std::runtime_error("the receiver has no /stats");
  return nlohmann::json::parse(result->body);
}

uint64_t TestReceiver::known() const {
  return stats().at("known").get<uint64_t>();
}

bool TestReceiver::wait_for_known(uint64_t events, std::chrono::seconds limit) const {
  const bool there = wait_until([&] { return known() >= events; }, limit, 50ms);
  if (!there) std::fprintf(stderr, "receiver: %s\n", stats().dump().c_str());
  return there;
}

void TestReceiver::control(const std::string& json) const {
  httplib::Client client("127.0.0.1", port_.port());
  client.set_read_timeout(30s);
  const auto result = client.Post("/control", json, "application/json");
  if (!result || result->status != 200) {
    throw std::runtime_error("the receiver does not take " + json +
                             (result ? ": " + result->body : std::string()));
  }
}

std::vector<nlohmann::json> TestReceiver::events() const {
  std::istringstream lines(read_file(folder_ / "events.ndjson"));
  std::vector<nlohmann::json> events;
  for (std::string line; std::getline(lines, line);)
    events.push_back(nlohmann::json::parse(line));
  return events;
}

TestRun::TestRun(const PostgresServer& server, const std::string& destination_url,
                 RunSettings settings)
    : server_(server), settings_(std::move(settings)) {
  const std::string url =
      settings_.source_url.empty() ? server.conninfo(settings_.database) : settings_.source_url;
  folder_.write("waltrack.yaml", config_text(settings_, url, destination_url));
  folder_.write("mappings/mapping.yaml", settings_.mappings);
  env_ = {{"E2E_WRITE_KEY", settings_.write_key}};
}

TestRun::~TestRun() {
  process_.reset();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
    if (!entry.is_regular_file() || entry.path().filename() == "waltrack.yaml") continue;
    expect_no_key(read_file(entry.path()), entry.path().string());
  }
  if (testing::Test::HasFailure()) {
    std::fprintf(stderr, "--- run, slot %s (%s), %d starts ---\n%s\n", settings_.slot.c_str(),
                 settings_.plugin.c_str(), starts_, last_lines(all_logs(), 60).c_str());
  }
}

void TestRun::expect_no_key(std::string_view text, const std::string& where) const {
  std::set<std::string> keys = {settings_.write_key};
  for (const auto& [name, value] : env_) {
    if (name == "E2E_WRITE_KEY") keys.insert(value);
  }
  for (const std::string& key : keys) {
    if (key.empty()) continue;
    const std::string header = httplib::make_basic_authentication_header(key, "").second;
    EXPECT_EQ(text.find(key), std::string::npos) << "the write key is in " << where;
    EXPECT_EQ(text.find(header.substr(sizeof "Basic")), std::string::npos)
        << "the write key, as sent, is in " << where;
  }
}

void TestRun::start() {
  ++starts_;
  ChildOptions options = program({"run", "-c", "waltrack.yaml"}, folder_.path(), env_);
  if (!failpoint_.empty()) {
    options.args[0] = WALTRACK_FAILPOINTS_BINARY;
    options.env.emplace_back("WALTRACK_FAILPOINT", std::exchange(failpoint_, {}));
  }
  options.stdout_file = folder_ / ("log-" + std::to_string(starts_));
  options.stderr_file = options.stdout_file;
  process_ = std::make_unique<ChildProcess>(options);
}

bool TestRun::wait_until_streaming(int connections) {
  const auto streams = [&] {
    return count_of(log(), " streaming slot=") >= static_cast<size_t>(connections);
  };
  return wait_until([&] { return !running() || streams(); }, kPatience) && streams();
}

void TestRun::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait(30s)) throw std::runtime_error("run survives SIGKILL");
}

ExitStatus TestRun::stop(int signal, std::chrono::seconds limit) {
  process_->signal(signal);
  return wait_for_end(limit);
}

ExitStatus TestRun::wait_for_end(std::chrono::seconds limit) {
  return process_->wait(limit).value_or(ExitStatus{});
}

std::string TestRun::log() const {
  return read_file(folder_ / ("log-" + std::to_string(starts_)));
}

std::string TestRun::all_logs() const {
  std::string text;
  for (int i = 1; i <= starts_; ++i)
    text += read_file(folder_ / ("log-" + std::to_string(i)));
  return text;
}

bool TestRun::wait_for_log(std::string_view text, std::chrono::seconds limit) {
  return wait_until([&] { return log().find(text) != std::string::npos; }, limit);
}

CommandResult TestRun::command(std::vector<std::string> args) const {
  const std::string name = args.empty() ? "waltrack" : args.front();
  CommandResult result = run_waltrack(std::move(args), folder_.path(), env_);
  expect_no_key(result.out, "the output of " + name);
  expect_no_key(result.err, "the errors of " + name);
  return result;
}

nlohmann::json TestRun::status() const {
  const CommandResult result = command({"status", "-c", "waltrack.yaml", "--json"});
  if (result.status.code != 0) throw std::runtime_error("no status: " + result.err);
  return nlohmann::json::parse(result.out);
}

Lsn TestRun::checkpoint() const {
  const nlohmann::json state = status();
  if (!state.contains("checkpoint")) return {};
  return Lsn::parse(state["checkpoint"]["lsn"].get<std::string>()).value();
}

Lsn TestRun::confirmed() const {
  const pqxx::result rows =
      server_.query("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '" +
                    settings_.slot + "'");
  if (rows.empty() || rows[0][0].is_null()) return {};
  return Lsn::parse(rows[0][0].c_str()).value();
}

bool TestRun::wait_until_checkpoint(Lsn lsn) const {
  return wait_until([&] { return checkpoint() >= lsn; }, kPatience, 100ms);
}

bool TestRun::wait_until_confirmed(Lsn lsn, std::chrono::seconds limit) const {
  const bool there = wait_until([&] { return confirmed() >= lsn; }, limit, 50ms);
  if (!there) {
    std::fprintf(stderr, "slot %s: %s, waited for %s\n", settings_.slot.c_str(),
                 confirmed().text().c_str(), lsn.text().c_str());
  }
  return there;
}

std::string config_text(const RunSettings& settings, const std::string& source_url,
                        const std::string& destination_url) {
  std::string text = "source:\n  url: \"" + source_url + "\"\n  slot: " + settings.slot +
                     "\n  plugin: " + settings.plugin + "\n  publication: " + settings.publication +
                     "\n" + settings.source_more +
                     "destination:\n  write_key: ${E2E_WRITE_KEY}\n  url: " + destination_url +
                     "\n  id: " + settings.destination_id +
                     "\n  lanes: " + std::to_string(settings.lanes) +
                     "\nstate: waltrack.db\nmappings: mappings/\n";
  if (!settings.memory.empty()) text += "memory: " + settings.memory + "\n";
  return text + settings.more;
}

Lsn current_wal(const PostgresServer& server) {
  return Lsn::parse(server.value("SELECT pg_current_wal_lsn()")).value();
}

size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

}  // namespace waltrack
