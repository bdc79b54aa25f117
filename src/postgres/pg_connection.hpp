#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/pg_error.hpp"

struct pg_conn;
struct pg_result;

namespace waltrack {

// The rows of an answer. Views hold as long as the result.
class PgResult {
 public:
  explicit PgResult(pg_result* result) : result_(result) {}

  int rows() const;
  bool is_null(int row, int column) const;
  std::string_view text(int row, int column) const;  // "" for null
  std::string string(int row, int column) const { return std::string(text(row, column)); }
  bool boolean(int row, int column) const { return text(row, column) == "t"; }
  int64_t integer(int row, int column) const;  // 0 for null

  pg_result* raw() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

// Rows as COPY … TO STDOUT writes them.
struct CopiedRows {
  std::string text;
  std::vector<size_t> ends;  // of the lines in `text`, each behind its newline
  bool whole = true;         // false: more rows would have come
};

enum class PgMode { plain, replication };

// A connection to Postgres, open as long as the object. Its session gives the texts that the
// program counts on: UTF8, DateStyle ISO, IntervalStyle iso_8601, TimeZone UTC, bytea hex, no
// time-outs. Belongs to one thread. Failures are PgError.
class PgConnection {
 public:
  // Gives up after connect_timeout of the url, or after `default_timeout` without one, for each of
  // the url's hosts; with a transient Error when a stop is requested.
  static PgConnection open(const std::string& url, PgMode mode,
                           std::chrono::milliseconds default_timeout = std::chrono::seconds(10),
                           const std::stop_token& stop = {});

  // To the very host that `peer` is connected to, whatever other hosts the url names.
  static PgConnection open_beside(const PgConnection& peer, const std::string& url, PgMode mode,
                                  std::chrono::milliseconds timeout);

  // In replication mode there are no parameters. A server that does not answer for query_limit() is
  // given up with a transient Error; then the connection is of no more use.
  PgResult query(const std::string& sql, const std::vector<std::string>& parameters = {});

  std::chrono::milliseconds query_limit() const { return query_limit_; }
  void limit_queries(std::chrono::milliseconds limit) { query_limit_ = limit; }

  // The same, but when a stop is requested the statement is cancelled and a transient Error thrown;
  // after that the connection is of no more use. Without parameters there may be several
  // statements; the answer is the last one's.
  PgResult query_until(const std::stop_token& stop, const std::string& sql,
                       const std::vector<std::string>& parameters = {});

  // The same for what may take long: calls `meanwhile` now and then, every `pause`, until the
  // answer is there. What it throws is thrown from here, and the statement is cancelled.
  PgResult query_patiently(const std::string& sql, const std::vector<std::string>& parameters,
                           std::chrono::milliseconds pause, const std::function<void()>& meanwhile);

  // Runs one COPY (…) TO STDOUT in the text format. Once there are `most_bytes` (0: however many)
  // the statement is cancelled: the rows up to there are whole, and the transaction has failed.
  // When a stop is requested it is cancelled, too, and a transient Error thrown. After any Error
  // the connection is of no more use.
  CopiedRows copy_out(const std::string& sql, size_t most_bytes, const std::stop_token& stop);

  // Throws what a failed result or the connection says.
  [[noreturn]] void fail(const PgResult& result) const;
  [[noreturn]] void fail() const;

  // Takes each notice from now on: severity (never translated), then message.
  using NoticeHandler = std::function<void(std::string_view severity, std::string_view message)>;
  void on_notice(NoticeHandler handler);

  int server_version() const;  // 150020
  const std::string& role() const { return context_.role; }
  const std::string& database() const { return database_; }
  const PgContext& context() const { return context_; }
  pg_conn* raw() const { return connection_.get(); }

 private:
  PgResult checked(PgResult result) const;
  bool take_copied_rows(CopiedRows& rows, size_t most_bytes) const;
  void send(const std::string& sql, const std::vector<std::string>& parameters) const;
  void wait_for_input(const std::stop_token& stop) const;

  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  explicit PgConnection(pg_conn* connection);

  std::unique_ptr<pg_conn, Finish> connection_;
  std::unique_ptr<NoticeHandler> notice_handler_;  // its address is known to libpq
  std::string database_;
  PgContext context_;
  std::chrono::milliseconds query_limit_ = std::chrono::minutes(5);

  friend class PgConnector;
};

}  // namespace waltrack
