#include "postgres/pg_connection.hpp"

#include <cerrno>
#include <charconv>
#include <libpq-fe.h>
#include <map>
#include <poll.h>
#include <utility>

#include "postgres/source_settings.hpp"

namespace waltrack {
namespace {

// Values that all texts depend on, time-outs of the role or database that must not cut a stream,
// and the level of the warnings that are counted.
constexpr const char* kSessionOptions =
    "-c datestyle=ISO -c intervalstyle=iso_8601 -c extra_float_digits=3 -c bytea_output=hex "
    "-c timezone=UTC -c standard_conforming_strings=on -c statement_timeout=0 "
    "-c idle_in_transaction_session_timeout=0 -c client_min_messages=warning";

using Parameters = std::map<std::string, std::string>;

// libpq takes a URL whose password has a bare '@', '/' or ':' apart in other places than its author
// meant, and then a part of the password stands where a host, a port or a database is told.
bool may_hide_a_password(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || !url.starts_with("postgres")) return false;
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const size_t first = authority.find('@');
  if (first != std::string_view::npos) {
    return authority.find('@', first + 1) != std::string_view::npos;
  }
  // Without a user before the path there is no '@' behind it.
  const std::string_view path = rest.substr(authority.size());
  return path.substr(0, path.find('?')).find('@') != std::string_view::npos;
}

Parameters parse_conninfo(const std::string& url) {
  char* fault = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), &fault), &PQconninfoFree);
  PQfreemem(fault);  // never shown: it quotes the part it stumbled over, maybe the password
  if (!options || may_hide_a_password(url)) {
    throw Error(ErrorKind::usage, "not a connection string that libpq can read", "source.url",
                "postgresql://user:password@host:5432/database, with special characters of the "
                "password percent-encoded (@ is %40, / is %2F, % is %25); or key=value pairs");
  }
  Parameters parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') parameters[option->keyword] = option->val;
  }
  return parameters;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items(1);
  for (const char c : list) {
    if (c == ',') {
      items.emplace_back();
    } else {
      items.back().push_back(c);
    }
  }
  return items;
}

// One set of parameters for each host of a list, so that each gets its own time limit.
std::vector<Parameters> one_per_host(const Parameters& all) {
  size_t count = 1;
  for (const char* key : {"host", "hostaddr"}) {
    if (const auto found = all.find(key); found != all.end()) {
      count = std::max(count, split(found->second).size());
    }
  }
  std::vector<Parameters> hosts(count, all);
  if (count == 1) return hosts;
  for (const char* key : {"host", "hostaddr", "port"}) {
    const auto found = all.find(key);
    if (found == all.end()) continue;
    const std::vector<std::string> items = split(found->second);
    for (size_t i = 0; i < count; ++i) {
      hosts[i][key] = items.size() == 1 ? items[0] : i < items.size() ? items[i] : "";
    }
  }
  // "prefer-standby" is a choice between hosts: first those that are standbys, then any.
  if (const auto wish = all.find("target_session_attrs");
      wish != all.end() && wish->second == "prefer-standby") {
    std::vector<Parameters> twice = hosts;
    for (Parameters& host : hosts)
      host["target_session_attrs"] = "standby";
    for (Parameters& host : twice)
      host["target_session_attrs"] = "any";
    hosts.insert(hosts.end(), twice.begin(), twice.end());
  }
  return hosts;
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
  PgConnector(Parameters parameters, PgMode mode, std::chrono::milliseconds default_timeout)
      : parameters_(std::move(parameters)), timeout_(default_timeout) {
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
      const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      pollfd waiting{PQsocket(connection.raw()), events, 0};
      const int ready = left.count() <= 0 ? 0 : poll(&waiting, 1, static_cast<int>(left.count()));
      if (ready == 0) {
        throw pg_error({{}, "timeout: no answer within the connect_timeout", {}},
                       connection.context());
      }
      if (ready > 0) status = PQconnectPoll(connection.raw());
    }
  }

  Parameters parameters_;
  std::chrono::milliseconds timeout_;
};

PgConnection::PgConnection(pg_conn* connection) : connection_(connection) {}

PgConnection PgConnection::open(const std::string& url, PgMode mode,
                                std::chrono::milliseconds default_timeout) {
  const std::vector<Parameters> hosts = one_per_host(parse_conninfo(url));
  std::optional<PgError> failure;
  for (const Parameters& host : hosts) {
    try {
      return PgConnector(host, mode, default_timeout).connect();
    } catch (const PgError& error) {
      // One host that may come back is reason enough to try again.
      if (!failure || !failure->is_transient()) failure = error;
    }
  }
  throw *failure;
}

PgConnection PgConnection::open_beside(const PgConnection& peer, const std::string& url,
                                       PgMode mode, std::chrono::milliseconds timeout) {
  Parameters parameters = parse_conninfo(url);
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

PgResult PgConnection::query(const std::string& sql, const std::vector<std::string>& parameters) {
  const std::vector<const char*> values = pointers_to(parameters);
  return checked(PgResult(parameters.empty()
                              ? PQexec(raw(), sql.c_str())
                              : PQexecParams(raw(), sql.c_str(), static_cast<int>(values.size()),
                                             nullptr, values.data(), nullptr, nullptr, 0)));
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
    if (poll(&waiting, 1, static_cast<int>(pause.count())) == 0) {
      try {
        meanwhile();
      } catch (...) {
        cancel(raw());
        throw;
      }
    } else if (PQconsumeInput(raw()) == 0) {
      fail();
    }
  }
  PgResult result(PQgetResult(raw()));
  while (PGresult* rest = PQgetResult(raw()))
    PQclear(rest);
  return checked(std::move(result));
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
