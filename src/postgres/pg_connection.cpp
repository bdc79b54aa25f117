#include "postgres/pg_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <libpq-fe.h>
#include <poll.h>
#include <utility>

#include "base/clock.hpp"
#include "postgres/conninfo.hpp"

namespace waltrack {
namespace {

// Values that all texts depend on, time-outs of the role or database that must not cut a stream,
// and the level of the warnings that are counted.
constexpr const char* kSessionOptions =
    "-c datestyle=ISO -c intervalstyle=iso_8601 -c extra_float_digits=3 -c bytea_output=hex "
    "-c timezone=UTC -c standard_conforming_strings=on -c statement_timeout=0 "
    "-c idle_in_transaction_session_timeout=0 -c client_min_messages=warning";

Conninfo read_conninfo(const std::string& url) {
  std::optional<Conninfo> conninfo = parse_conninfo(url);
  if (conninfo) return *std::move(conninfo);
  throw Error(ErrorKind::usage, "not a connection string that libpq can read", "source.url",
              "postgresql://user:password@host:5432/database, with special characters of the "
              "password percent-encoded (@ is %40, / is %2F, % is %25); or key=value pairs");
}

// One for each attempt, so that each gets its own time limit.
std::vector<Conninfo> attempts(const Conninfo& conninfo) {
  std::vector<Conninfo> hosts = one_per_host(conninfo);
  const auto wish = conninfo.find("target_session_attrs");
  const bool prefers = wish != conninfo.end() && wish->second == "prefer-standby";
  if (hosts.size() == 1 || !prefers) return hosts;
  // That is a choice between hosts: first those that are standbys, then any.
  std::vector<Conninfo> twice = hosts;
  for (Conninfo& host : hosts)
    host["target_session_attrs"] = "standby";
  for (Conninfo& host : twice)
    host["target_session_attrs"] = "any";
  hosts.insert(hosts.end(), twice.begin(), twice.end());
  return hosts;
}

// How long a wait may last before it looks whether a stop is requested.
constexpr int kLookForStopMs = 50;

void throw_if_stopped(const std::stop_token& stop, const PgContext& context) {
  if (stop.stop_requested()) {
    throw Error(ErrorKind::transient, "stopped while waiting for the server", context.where);
  }
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts)
    pointers.push_back(text.c_str());
  return pointers;
}

void cancel(PGconn* connection) {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> handle(PQgetCancel(connection),
                                                                  &PQfreeCancel);
  char fault[256];
  if (handle) PQcancel(handle.get(), fault, sizeof fault);
}

void ignore_notice(void*, const PGresult*) {}

void hand_over_notice(void* handler, const PGresult* result) {
  const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  (*static_cast<PgConnection::NoticeHandler*>(handler))(severity == nullptr ? "" : severity,
                                                        message == nullptr ? "" : message);
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

std::string first_line(const char* text) {
  const std::string_view all = text == nullptr ? "" : text;
  return std::string(all.substr(0, all.find('\n')));
}

}  // namespace

int PgResult::rows() const {
  return PQntuples(raw());
}
bool PgResult::is_null(int row, int column) const {
  return PQgetisnull(raw(), row, column) != 0;
}
std::string_view PgResult::text(int row, int column) const {
  return {PQgetvalue(raw(), row, column), static_cast<size_t>(PQgetlength(raw(), row, column))};
}
int64_t PgResult::integer(int row, int column) const {
  const std::string_view digits = text(row, column);
  int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}
void PgResult::Clear::operator()(pg_result* result) const {
  PQclear(result);
}
void PgConnection::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

// Makes one connection to one host.
class PgConnector {
 public:
  PgConnector(Conninfo parameters, PgMode mode, std::chrono::milliseconds default_timeout,
              std::stop_token stop = {})
      : parameters_(std::move(parameters)), timeout_(default_timeout), stop_(std::move(stop)) {
    if (const auto found = parameters_.find("connect_timeout"); found != parameters_.end()) {
      const int seconds = std::atoi(found->second.c_str());
      if (seconds > 0) timeout_ = std::chrono::seconds(seconds);
    }
    if (mode == PgMode::replication) parameters_["replication"] = "database";
    parameters_["client_encoding"] = "UTF8";
    std::string& options = parameters_["options"];  // the last of two settings counts
    options = options.empty() ? kSessionOptions : options + " " + kSessionOptions;
    parameters_.try_emplace("fallback_application_name", "waltrack");
    // A peer that vanished without a word is noticed within about a minute.
    parameters_.try_emplace("keepalives_idle", "30");
    parameters_.try_emplace("keepalives_interval", "10");
    parameters_.try_emplace("keepalives_count", "3");
    parameters_.try_emplace("tcp_user_timeout", "60000");
  }

  PgConnection connect() const {
    std::vector<const char*> keys, values;
    for (const auto& [key, value] : parameters_) {
      keys.push_back(key.c_str());
      values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    PgConnection connection(PQconnectStartParams(keys.data(), values.data(), 0));
    if (connection.raw() == nullptr) throw std::bad_alloc();
    // The only way to learn the SQLSTATE of a refusal.
    PQsetErrorVerbosity(connection.raw(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection.raw(), ignore_notice, nullptr);
    describe(connection);
    poll_until_done(connection);
    PQsetErrorVerbosity(connection.raw(), PQERRORS_DEFAULT);
    describe(connection);
    take_bytes_as_they_are(connection);
    return connection;
  }

 private:
  static void describe(PgConnection& connection) {
    const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
    PGconn* raw = connection.raw();
    connection.database_ = text(PQdb(raw));
    connection.context_.role = text(PQuser(raw));
    connection.context_.where = "postgres at " + text(PQhost(raw)) + ":" + text(PQport(raw)) +
                                ", database " + connection.database_;
  }

  // A database in SQL_ASCII holds bytes of any encoding. Asked for UTF8 the server would send none
  // of a row in which some are not, and end the stream there, time and again.
  static void take_bytes_as_they_are(const PgConnection& connection) {
    constexpr const char* kNoEncoding = "SQL_ASCII";
    const char* encoding = PQparameterStatus(connection.raw(), "server_encoding");
    if (encoding == nullptr || std::string_view(encoding) != kNoEncoding) return;
    if (PQsetClientEncoding(connection.raw(), kNoEncoding) != 0) connection.fail();
  }

  void poll_until_done(const PgConnection& connection) const {
    const auto end = std::chrono::steady_clock::now() + timeout_;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    if (PQstatus(connection.raw()) == CONNECTION_BAD) status = PGRES_POLLING_FAILED;
    while (status != PGRES_POLLING_OK) {
      if (status == PGRES_POLLING_FAILED) {
        throw pg_error(parse_connect_failure(PQerrorMessage(connection.raw())),
                       connection.context());
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      if (left.count() <= 0) {
        throw pg_error({{}, "timeout: no answer within the connect_timeout", {}},
                       connection.context());
      }
      throw_if_stopped(stop_, connection.context());
      const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      pollfd waiting{PQsocket(connection.raw()), events, 0};
      const int64_t pause = std::min<int64_t>(left.count(), kLookForStopMs);
      const int ready = poll(&waiting, 1, static_cast<int>(pause));
      if (ready > 0) status = PQconnectPoll(connection.raw());
    }
  }

  Conninfo parameters_;
  std::chrono::milliseconds timeout_;
  std::stop_token stop_;
};

PgConnection::PgConnection(pg_conn* connection) : connection_(connection) {}

PgConnection PgConnection::open(const std::string& url, PgMode mode,
                                std::chrono::milliseconds default_timeout,
                                const std::stop_token& stop) {
  const std::vector<Conninfo> hosts = attempts(read_conninfo(url));
  std::optional<PgError> failure;
  for (const Conninfo& host : hosts) {
    try {
      return PgConnector(host, mode, default_timeout, stop).connect();
    } catch (const PgError& error) {
      // One host that may come back is reason enough to try again.
      if (!failure || !failure->is_transient()) failure = error;
    }
  }
  throw *failure;
}

PgConnection PgConnection::open_beside(const PgConnection& peer, const std::string& url,
                                       PgMode mode, std::chrono::milliseconds timeout) {
  Conninfo parameters = read_conninfo(url);
  const auto take = [&](const char* key, const char* value) {
    parameters.erase(key);
    if (value != nullptr && *value != '\0') parameters[key] = value;
  };
  take("host", PQhost(peer.raw()));
  take("hostaddr", PQhostaddr(peer.raw()));
  take("port", PQport(peer.raw()));
  parameters.erase("target_session_attrs");
  return PgConnector(std::move(parameters), mode, timeout).connect();
}

void PgConnection::send(const std::string& sql, const std::vector<std::string>& parameters) const {
  const std::vector<const char*> values = pointers_to(parameters);
  const int sent = parameters.empty()
                       ? PQsendQuery(raw(), sql.c_str())
                       : PQsendQueryParams(raw(), sql.c_str(), static_cast<int>(values.size()),
                                           nullptr, values.data(), nullptr, nullptr, 0);
  if (sent == 0) fail();
}

PgResult PgConnection::query(const std::string& sql, const std::vector<std::string>& parameters) {
  const SteadyTime end = std::chrono::steady_clock::now() + query_limit_;
  send(sql, parameters);
  for (PgResult last(nullptr);;) {
    while (PQisBusy(raw()) != 0) {
      if (std::chrono::steady_clock::now() >= end) {
        cancel(raw());
        throw Error(ErrorKind::transient, "the server does not answer a query", context_.where,
                    "see in pg_stat_activity what it waits for");
      }
      wait_for_input({});
    }
    PgResult result(PQgetResult(raw()));
    if (result.raw() == nullptr) return checked(std::move(last));
    last = std::move(result);
    // What follows is the stream.
    if (PQresultStatus(last.raw()) == PGRES_COPY_BOTH) return last;
  }
}

PgResult PgConnection::query_patiently(const std::string& sql,
                                       const std::vector<std::string>& parameters,
                                       std::chrono::milliseconds pause,
                                       const std::function<void()>& meanwhile) {
  const std::vector<const char*> values = pointers_to(parameters);
  if (PQsendQueryParams(raw(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 0) {
    fail();
  }
  while (PQisBusy(raw()) != 0) {
    pollfd waiting{PQsocket(raw()), POLLIN, 0};
    const bool quiet = poll(&waiting, 1, static_cast<int>(pause.count())) == 0;
    if (PQconsumeInput(raw()) == 0) fail();
    if (!quiet) continue;
    try {
      meanwhile();
    } catch (...) {
      cancel(raw());
      throw;
    }
  }
  PgResult result(PQgetResult(raw()));
  while (PGresult* rest = PQgetResult(raw()))
    PQclear(rest);
  return checked(std::move(result));
}

PgResult PgConnection::query_until(const std::stop_token& stop, const std::string& sql,
                                   const std::vector<std::string>& parameters) {
  send(sql, parameters);
  for (PgResult last(nullptr);;) {
    while (PQisBusy(raw()) != 0)
      wait_for_input(stop);
    PgResult result(PQgetResult(raw()));
    if (result.raw() == nullptr) return checked(std::move(last));
    last = std::move(result);
  }
}

CopiedRows PgConnection::copy_out(const std::string& sql, size_t most_bytes,
                                  const std::stop_token& stop) {
  // As one with parameters: so the server takes one statement and no more.
  if (PQsendQueryParams(raw(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0) fail();
  while (PQisBusy(raw()) != 0)
    wait_for_input(stop);
  const PgResult answer(PQgetResult(raw()));
  if (PQresultStatus(answer.raw()) != PGRES_COPY_OUT) fail(answer);
  CopiedRows rows;
  rows.text.reserve(most_bytes + most_bytes / 8);
  while (take_copied_rows(rows, most_bytes))
    wait_for_input(stop);
  const PgResult end(PQgetResult(raw()));
  if (PQresultStatus(end.raw()) != PGRES_COMMAND_OK) {
    constexpr std::string_view kCancelled = "57014";
    if (rows.whole || field(end.raw(), PG_DIAG_SQLSTATE) != kCancelled) fail(end);
  }
  while (PGresult* rest = PQgetResult(raw()))
    PQclear(rest);
  return rows;
}

// Takes what has come; false at the end. What comes beyond most_bytes is passed over.
bool PgConnection::take_copied_rows(CopiedRows& rows, size_t most_bytes) const {
  for (;;) {
    char* line = nullptr;
    const int size = PQgetCopyData(raw(), &line, 1);
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(line, &PQfreemem);
    if (size == 0) return true;
    if (size == -1) return false;
    if (size < 0) fail();
    if (!rows.whole) continue;
    if (most_bytes != 0 && rows.text.size() >= most_bytes) {
      rows.whole = false;
      cancel(raw());
      continue;
    }
    rows.text.append(line, static_cast<size_t>(size));
    rows.ends.push_back(rows.text.size());
  }
}

void PgConnection::wait_for_input(const std::stop_token& stop) const {
  pollfd waiting{PQsocket(raw()), POLLIN, 0};
  if (stop.stop_requested()) cancel(raw());
  throw_if_stopped(stop, context_);
  // Of TLS libpq may hold something that poll() does not see.
  poll(&waiting, 1, kLookForStopMs);
  if (PQconsumeInput(raw()) == 0) fail();
}

PgResult PgConnection::checked(PgResult result) const {
  const ExecStatusType status = PQresultStatus(result.raw());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_COPY_BOTH) {
    fail(result);
  }
  return result;
}

void PgConnection::fail(const PgResult& result) const {
  PgFailure failure{field(result.raw(), PG_DIAG_SQLSTATE),
                    field(result.raw(), PG_DIAG_MESSAGE_PRIMARY),
                    field(result.raw(), PG_DIAG_MESSAGE_DETAIL)};
  if (failure.message.empty()) fail();
  throw pg_error(std::move(failure), context_);
}

void PgConnection::fail() const {
  const std::string message = first_line(PQerrorMessage(raw()));
  throw pg_error({{}, message.empty() ? "the server closed the connection" : message, {}},
                 context_);
}

void PgConnection::on_notice(NoticeHandler handler) {
  notice_handler_ = std::make_unique<NoticeHandler>(std::move(handler));
  PQsetNoticeReceiver(raw(), hand_over_notice, notice_handler_.get());
}

int PgConnection::server_version() const {
  return PQserverVersion(raw());
}

}  // namespace waltrack
