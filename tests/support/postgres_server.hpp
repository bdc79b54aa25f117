#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/postgres_install.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {

class SelfSigned;

struct PostgresOptions {
  // Written into postgresql.conf after the defaults, so these win. A value stands as it would in
  // that file: quotes included where it needs them.
  std::map<std::string, std::string> settings;
  // false leaves output_plugin_libraries at the server's default, which refuses wal2json where the
  // server knows this setting.
  bool allow_wal2json = true;
  bool fsync = false;
  // "17"; empty: see find_postgres(). See WALTRACK_NEEDS_POSTGRES, too.
  std::string version;
  std::string encoding = "UTF8";  // of the cluster, as initdb knows it
};

struct StandbyOptions {
  std::map<std::string, std::string> settings;  // as above
  // The physical slot that keeps the primary's WAL (and rows, with hot_standby_feedback) for it.
  std::string slot = "standby";
  bool hot_standby_feedback = true;
};

enum class StopMode { smart, fast, immediate };

// A real Postgres server with a new cluster (superuser `postgres`, trust) in a temporary folder, on
// a port of 127.0.0.1 that stays the same across restarts. Removes all in its destructor and dies
// with the test process; make it on the test's main thread (see ChildProcess). Any number of them
// run side by side, in one process or many. Functions throw std::exception with the server's log
// when it does not do as told. Not thread-safe, but for conninfo(), connect(), exec() and query().
class PostgresServer {
 public:
  explicit PostgresServer(PostgresOptions options = {});
  // A physical standby of `primary`, of its version, that streams from it over a slot of its own.
  static std::unique_ptr<PostgresServer> standby_of(const PostgresServer& primary,
                                                    const StandbyOptions& options = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void start();
  void stop(StopMode mode = StopMode::fast,
            std::chrono::milliseconds limit = std::chrono::seconds(30));
  void restart();
  void kill();  // the power fails: SIGKILL to all its processes

  // Asks for a stop and does not wait for it.
  void request_stop(StopMode mode);
  [[nodiscard]] bool wait_stopped(std::chrono::milliseconds limit);
  bool running();

  // Of a standby: makes it a primary on a new timeline.
  void promote();
  // Of a standby: waits until it has replayed what `primary` has written by now.
  [[nodiscard]] bool wait_replayed(
      const PostgresServer& primary,
      std::chrono::milliseconds limit = std::chrono::seconds(30)) const;

  // Sets settings in postgresql.conf from the next start or reload() on.
  void configure(const std::map<std::string, std::string>& settings);
  void reload();  // returns when the server has read its files again
  // With that certificate. Clients use it by default, as far as libpq does.
  void offer_tls(const SelfSigned& certificate);

  int port() const { return port_; }
  int version() const { return version_; }  // 150020
  bool knows_setting(const std::string& name) const;
  std::filesystem::path data_dir() const { return folder_ / "data"; }
  std::filesystem::path socket_dir() const { return folder_.path(); }  // not of another system's
  std::filesystem::path program_path(const std::string& name) const {
    return install_.bin_dir / name;
  }
  std::string log_text() const { return read_file(log_file()); }

  // Key=value form, over TCP.
  std::string conninfo(const std::string& database = "postgres",
                       const std::string& user = "postgres") const;

  pqxx::connection connect(const std::string& database = "postgres",
                           const std::string& user = "postgres") const;
  // Over a connection of its own, without a transaction block.
  void exec(const std::string& sql, const std::string& database = "postgres") const;
  // All of them in one transaction.
  void exec_in_transaction(const std::vector<std::string>& statements,
                           const std::string& database = "postgres") const;
  pqxx::result query(const std::string& sql, const std::string& database = "postgres") const;
  // The first column of the only row, or "" when it is null.
  std::string value(const std::string& sql, const std::string& database = "postgres") const;

 private:
  class PortClaim;
  explicit PostgresServer(PostgresInstall install);

  std::filesystem::path log_file() const { return folder_ / "log"; }
  void give_away(const std::filesystem::path& path) const;  // to whom the server runs as
  void init_cluster(const PostgresOptions& options);
  bool try_start();
  ChildOptions program(const std::string& name, std::vector<std::string> args) const;
  void run(const std::string& name, std::vector<std::string> args) const;
  // A path of this machine as the server sees it.
  std::filesystem::path inside(const std::filesystem::path& path) const;

  PostgresInstall install_;
  TempDir folder_;
  int version_ = 0;
  std::unique_ptr<PortClaim> port_claim_;
  int port_ = 0;
  std::unique_ptr<ChildProcess> postmaster_;
};

}  // namespace waltrack
