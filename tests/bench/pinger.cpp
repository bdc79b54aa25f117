#include "bench/pinger.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr int kMostOfOneConnection = 1250;  // pings a second

}  // namespace

void make_ping_table(const PostgresServer& server) {
  server.exec("CREATE TABLE pings (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at float8)");
}

double ping_clock_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Pinger::Pinger(const PostgresServer& server, int per_second)
    : begin_(std::chrono::steady_clock::now()) {
  const int connections = (per_second + kMostOfOneConnection - 1) / kMostOfOneConnection;
  const auto period = std::chrono::nanoseconds(1s) * connections / per_second;
  for (int i = 0; i < connections; ++i) {
    threads_.emplace_back([this, &server, period](const std::stop_token& stop) {
      try {
        ping(stop, server, period);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
      }
    });
  }
}

void Pinger::stop() {
  threads_.clear();  // asks them to, and waits
  end_ = std::chrono::steady_clock::now();
  if (failure_) std::rethrow_exception(failure_);
}

double Pinger::rate() const {
  return static_cast<double>(sent_) / std::chrono::duration<double>(end_ - begin_).count();
}

void Pinger::ping(const std::stop_token& stop, const PostgresServer& server,
                  std::chrono::nanoseconds period) {
  pqxx::connection connection = server.connect();
  connection.prepare("ping", "INSERT INTO pings (at) VALUES ($1)");
  auto due = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    std::this_thread::sleep_until(due += period);
    pqxx::nontransaction transaction(connection);
    transaction.exec_prepared("ping", ping_clock_s());
    ++sent_;
  }
}

}  // namespace waltrack
