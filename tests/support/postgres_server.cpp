#include "support/postgres_server.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <libpq-fe.h>
#include <random>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/loopback.hpp"
#include "support/self_signed.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr int kLowestPort = 20000;  // below what the kernel gives to outgoing connections
constexpr int kHighestPort = 32000;

bool port_is_free(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return free;
}

int stop_signal(StopMode mode) {
  switch (mode) {
    case StopMode::smart:
      return SIGTERM;
    case StopMode::fast:
      return SIGINT;
    case StopMode::immediate:
      return SIGQUIT;
  }
  return SIGINT;
}

// Neither there nor a zombie that nobody has reaped yet.
bool process_is_gone(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.compare(name_end, 3, ") Z") == 0;
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string task = std::to_string(pid);
  std::istringstream text(read_file("/proc/" + task + "/task/" + task + "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; text >> child;)
    children.push_back(child);
  return children;
}

}  // namespace

// A port that no other test process on this machine takes while this one lives, whether the server
// runs or not: a socket in the abstract namespace is the lock, gone with its process.
class PostgresServer::PortClaim {
 public:
  PortClaim() : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    std::random_device random;
    std::uniform_int_distribution<int> any(kLowestPort, kHighestPort);
    for (int attempt = 0; attempt < 1000; ++attempt) {
      port_ = any(random);
      if (claim(port_) && port_is_free(port_)) return;
      close(fd_);
      fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    }
    close(fd_);
    throw std::runtime_error("no free port for a Postgres server");
  }
  ~PortClaim() { close(fd_); }
  PortClaim(const PortClaim&) = delete;
  PortClaim& operator=(const PortClaim&) = delete;

  int port() const { return port_; }

 private:
  bool claim(int port) const {
    const std::string name = "waltrack-test-port-" + std::to_string(port);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());  // sun_path[0] = 0: abstract
    const socklen_t size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    return bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0;
  }

  int fd_;
  int port_ = 0;
};

PostgresServer::PostgresServer(PostgresInstall install)
    : install_(std::move(install)),
      folder_(install_.root.empty() ? std::filesystem::temp_directory_path()
                                    : install_.root / "tmp") {
  give_away(folder_.path());
}

void PostgresServer::give_away(const std::filesystem::path& path) const {
  const auto& user = install_.identity;
  if (user && chown(path.c_str(), user->first, user->second) != 0) {
    throw std::runtime_error("cannot give away " + path.string());
  }
}

PostgresServer::PostgresServer(PostgresOptions options)
    : PostgresServer(find_postgres(options.version)) {
  init_cluster(options);
  start();
  version_ = std::stoi(value("SHOW server_version_num"));
}

std::unique_ptr<PostgresServer> PostgresServer::standby_of(const PostgresServer& primary,
                                                           const StandbyOptions& options) {
  std::unique_ptr<PostgresServer> standby(new PostgresServer(primary.install_));
  standby->run("pg_basebackup",
               {"-d", primary.conninfo() + " application_name=" + options.slot, "-D",
                standby->inside(standby->data_dir()).string(), "-X", "stream", "--checkpoint=fast",
                "--no-sync", "-C", "-S", options.slot});
  std::ofstream(standby->data_dir() / "standby.signal");
  // Of two settings in the file the last counts.
  standby->configure(
      {{"primary_conninfo", "'" + primary.conninfo() + " application_name=" + options.slot + "'"},
       {"primary_slot_name", "'" + options.slot + "'"},
       {"hot_standby_feedback", options.hot_standby_feedback ? "on" : "off"},
       {"wal_receiver_status_interval", "1"},
       {"unix_socket_directories", "'" + standby->inside(standby->socket_dir()).string() + "'"}});
  standby->configure(options.settings);
  standby->start();
  standby->version_ = primary.version_;
  return standby;
}

PostgresServer::~PostgresServer() {
  if (!running()) return;
  request_stop(StopMode::immediate);
  if (!wait_stopped(10s)) kill();
}

ChildOptions PostgresServer::program(const std::string& name, std::vector<std::string> args) const {
  ChildOptions options;
  options.args = {program_path(name).string()};
  options.args.insert(options.args.end(), args.begin(), args.end());
  options.root = install_.root;
  options.working_dir = inside(folder_.path());
  options.stdout_file = log_file();
  options.stderr_file = log_file();
  options.identity = install_.identity;
  options.unset_env = {"PGDATA", "PGPORT", "PGHOST", "PGOPTIONS", "LC_ALL", "LANG"};
  options.death_signal = SIGQUIT;  // to the server: stop immediately
  return options;
}

void PostgresServer::run(const std::string& name, std::vector<std::string> args) const {
  const ExitStatus status = ChildProcess::run(program(name, std::move(args)));
  if (status.code != 0) throw std::runtime_error(name + " failed:\n" + log_text());
}

std::filesystem::path PostgresServer::inside(const std::filesystem::path& path) const {
  if (install_.root.empty()) return path;
  return std::filesystem::path("/") / path.lexically_relative(install_.root);
}

bool PostgresServer::knows_setting(const std::string& name) const {
  ChildOptions options = program("postgres", {"--describe-config"});
  TempDir output;
  options.stdout_file = output / "config";
  ChildProcess::run(options);
  const std::string text = "\n" + read_file(options.stdout_file);
  return text.find("\n" + name + "\t") != std::string::npos;
}

void PostgresServer::init_cluster(const PostgresOptions& options) {
  run("initdb", {"-A", "trust", "--no-sync", "-U", "postgres", "-E", options.encoding, "--locale=C",
                 "-D", inside(data_dir()).string()});
  std::map<std::string, std::string> settings = {
      {"listen_addresses", "'127.0.0.1'"},
      {"unix_socket_directories", "'" + inside(socket_dir()).string() + "'"},
      {"wal_level", "logical"},
      {"max_wal_senders", "20"},
      {"max_replication_slots", "20"},
      {"fsync", options.fsync ? "on" : "off"},
      {"log_line_prefix", "'%m [%p] '"},
  };
  // Where it takes another / there may be no /dev/shm.
  if (!install_.root.empty()) settings["dynamic_shared_memory_type"] = "mmap";
  if (options.allow_wal2json && knows_setting("output_plugin_libraries")) {
    settings["output_plugin_libraries"] = "'pgoutput, test_decoding, wal2json'";
  }
  configure(settings);
  configure(options.settings);
}

void PostgresServer::configure(const std::map<std::string, std::string>& settings) {
  std::ofstream file(data_dir() / "postgresql.conf", std::ios::app);
  for (const auto& [name, text] : settings)
    file << name << " = " << text << "\n";
  if (!file.flush()) throw std::runtime_error("cannot write postgresql.conf");
}

void PostgresServer::start() {
  if (running()) return;
  const bool first = !port_claim_;
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (first) {
      port_claim_ = std::make_unique<PortClaim>();
      port_ = port_claim_->port();
    }
    if (try_start()) return;
    if (!first || log_text().find("could not bind") == std::string::npos) break;
  }
  throw std::runtime_error("Postgres does not start:\n" + log_text());
}

bool PostgresServer::try_start() {
  postmaster_ = std::make_unique<ChildProcess>(
      program("postgres", {"-D", inside(data_dir()).string(), "-p", std::to_string(port_)}));
  const std::string target = conninfo() + " connect_timeout=5";
  const bool settled =
      wait_until([&] { return !running() || PQping(target.c_str()) == PQPING_OK; }, 60s, 20ms);
  return settled && running();
}

void PostgresServer::request_stop(StopMode mode) {
  if (postmaster_) postmaster_->signal(stop_signal(mode));
}

bool PostgresServer::wait_stopped(std::chrono::milliseconds limit) {
  return !postmaster_ || postmaster_->wait(limit).has_value();
}

void PostgresServer::stop(StopMode mode, std::chrono::milliseconds limit) {
  request_stop(mode);
  if (!wait_stopped(limit)) throw std::runtime_error("Postgres does not stop:\n" + log_text());
}

void PostgresServer::restart() {
  stop();
  start();
}

void PostgresServer::kill() {
  if (!running()) return;
  const pid_t pid = postmaster_->pid();
  postmaster_->signal(SIGSTOP);  // it can't replace a child that is killed
  const std::vector<pid_t> children = children_of(pid);
  postmaster_->signal(SIGKILL);
  for (const pid_t child : children)
    ::kill(child, SIGKILL);
  const bool gone = wait_stopped(30s) && wait_until([&] {
                      return std::all_of(children.begin(), children.end(), process_is_gone);
                    });
  if (!gone) throw std::runtime_error("Postgres survives SIGKILL");
}

void PostgresServer::promote() {
  if (value("SELECT pg_promote(true, 60)") != "t") {
    throw std::runtime_error("the standby is not promoted:\n" + log_text());
  }
}

bool PostgresServer::wait_replayed(const PostgresServer& primary,
                                   std::chrono::milliseconds limit) const {
  const std::string written = primary.value("SELECT pg_current_wal_lsn()");
  return wait_until(
      [&] { return value("SELECT pg_last_wal_replay_lsn() >= '" + written + "'") == "t"; }, limit);
}

bool PostgresServer::running() {
  return postmaster_ && postmaster_->running();
}

void PostgresServer::reload() {
  const std::string before = value("SELECT pg_conf_load_time()");
  exec("SELECT pg_reload_conf()");
  if (!wait_until([&] { return value("SELECT pg_conf_load_time()") != before; })) {
    throw std::runtime_error("Postgres does not reload:\n" + log_text());
  }
}

void PostgresServer::offer_tls(const SelfSigned& certificate) {
  const std::filesystem::path key = data_dir() / "server.key";
  std::filesystem::copy_file(certificate.key_file(), key);
  std::filesystem::permissions(key, std::filesystem::perms::owner_read);
  give_away(key);
  std::filesystem::copy_file(certificate.certificate_file(), data_dir() / "server.crt");
  configure({{"ssl", "on"}});
  reload();
}

std::string PostgresServer::conninfo(const std::string& database, const std::string& user) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " dbname=" + database + " user=" + user;
}

pqxx::connection PostgresServer::connect(const std::string& database,
                                         const std::string& user) const {
  return pqxx::connection(conninfo(database, user));
}

void PostgresServer::exec(const std::string& sql, const std::string& database) const {
  query(sql, database);
}

void PostgresServer::exec_in_transaction(const std::vector<std::string>& statements,
                                         const std::string& database) const {
  pqxx::connection connection(conninfo(database));
  pqxx::work transaction(connection);
  for (const std::string& statement : statements)
    transaction.exec(statement);
  transaction.commit();
}

pqxx::result PostgresServer::query(const std::string& sql, const std::string& database) const {
  pqxx::connection connection(conninfo(database));
  pqxx::nontransaction plain(connection);
  return plain.exec(sql);
}

std::string PostgresServer::value(const std::string& sql, const std::string& database) const {
  const pqxx::result rows = query(sql, database);
  if (rows.size() != 1) throw std::runtime_error("not one row: " + sql);
  return rows[0][0].is_null() ? std::string() : rows[0][0].as<std::string>();
}

}  // namespace waltrack
