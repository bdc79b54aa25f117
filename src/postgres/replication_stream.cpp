#include "postgres/replication_stream.hpp"

#include <algorithm>
#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <utility>

#include "base/clock.hpp"
#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

// A server sends row by row: who takes each as it comes makes a system call for each.
constexpr int kWorthReceiving = 8 * 1024;
// Where libpq takes in one record at a time, and the server writes one for each row, it makes one
// anyway: what has gathered is taken in before the next wait.
constexpr int kSmallTurns = 64;

// None where libpq speaks no TLS, or not through OpenSSL.
SSL* tls_of(PGconn* connection) {
  return static_cast<SSL*>(PQsslStruct(connection, "OpenSSL"));
}

bool in_records(PGconn* connection) {
  return PQgssEncInUse(connection) != 0 ||
         (PQsslInUse(connection) != 0 && tls_of(connection) == nullptr);
}

// Has OpenSSL more to give without a look at the socket? What is left of a record that is not whole
// does not count: it wanted more when it was asked last.
bool holds_more(SSL* tls) {
  return tls != nullptr && SSL_has_pending(tls) != 0 && SSL_want_read(tls) == 0;
}

int bytes_in_socket(PGconn* connection) {
  int bytes = 0;
  return ioctl(PQsocket(connection), FIONREAD, &bytes) == 0 ? bytes : 0;
}

}  // namespace

void ReplicationStream::FreeBuffer::operator()(char* buffer) const {
  PQfreemem(buffer);
}

ReplicationStream::ReplicationStream(PgConnection connection, const std::string& slot, Lsn start,
                                     const Options& options)
    : connection_(std::move(connection)) {
  std::string command =
      "START_REPLICATION SLOT " + quote_identifier(slot) + " LOGICAL " + start.text();
  const char* separator = " (";
  for (const auto& [name, value] : options) {
    command.append(separator).append(quote_identifier(name)).append(" ");
    command.append(quote_literal(value));
    separator = ", ";
  }
  if (!options.empty()) command.push_back(')');
  connection_.query(command);
  if (PQsetnonblocking(connection_.raw(), 1) != 0) connection_.fail();
  read_ahead();
}

// Else OpenSSL makes two system calls for each record. libpq knows nothing of what OpenSSL has read
// ahead and would wait for the socket: from here on it must not be asked for what it has to wait
// for, but at the end, when the server closes the connection.
void ReplicationStream::read_ahead() {
  if (SSL* tls = tls_of(connection_.raw()); tls != nullptr) SSL_set_read_ahead(tls, 1);
}

bool ReplicationStream::read(ReplicationMessage& message) {
  PGconn* raw = connection_.raw();
  buffer_.reset();
  char* buffer = nullptr;
  int size = PQgetCopyData(raw, &buffer, 1);
  while (size == 0 && receive())
    size = PQgetCopyData(raw, &buffer, 1);
  if (size == 0) return false;
  if (size == -1) fail_at_end();
  if (size < 0) connection_.fail();
  buffer_.reset(buffer);
  message = parse_replication_message({buffer, static_cast<size_t>(size)});
  return true;
}

// Lets libpq take in what has arrived; false when that can wait until more has.
bool ReplicationStream::receive() {
  PGconn* raw = connection_.raw();
  if (std::exchange(waited_, false)) {
    small_turns_ = in_records(raw) ? kSmallTurns : 0;
  } else if (!holds_more(tls_of(raw))) {
    const int bytes = bytes_in_socket(raw);
    if (bytes == 0 || (bytes < kWorthReceiving && small_turns_ == 0)) return false;
    if (bytes < kWorthReceiving) --small_turns_;
  }
  if (PQconsumeInput(raw) == 0) connection_.fail();
  return true;
}

void ReplicationStream::fail_at_end() {
  const PgResult result(PQgetResult(connection_.raw()));
  if (PQresultStatus(result.raw()) == PGRES_FATAL_ERROR) connection_.fail(result);
  throw Error(ErrorKind::transient, "the server ended the replication stream",
              connection_.context().where);
}

bool ReplicationStream::send_status(Lsn received, Lsn confirmed, bool reply_requested) {
  const std::string message =
      status_message(received, confirmed, SystemClock().utc_us(), reply_requested);
  const int taken =
      PQputCopyData(connection_.raw(), message.data(), static_cast<int>(message.size()));
  if (taken < 0) connection_.fail();
  flush();
  return taken > 0;
}

void ReplicationStream::flush() {
  const int left = PQflush(connection_.raw());
  if (left < 0) connection_.fail();
  unsent_ = left > 0;
}

void ReplicationStream::wait(int wake_fd, std::chrono::milliseconds timeout, bool listen) {
  const short events = static_cast<short>((listen ? POLLIN : 0) | (unsent_ ? POLLOUT : 0));
  // Without events the socket stays out of it: poll() tells of a hang-up unasked, again and again.
  pollfd waiting[] = {{wake_fd, POLLIN, 0},
                      {events == 0 ? -1 : PQsocket(connection_.raw()), events, 0}};
  waited_ = true;
  const int ready = poll(waiting, 2, static_cast<int>(std::max<int64_t>(0, timeout.count())));
  if (ready > 0 && (waiting[1].revents & POLLOUT) != 0) flush();
}

}  // namespace waltrack
