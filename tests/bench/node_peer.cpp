#include "bench/node_peer.hpp"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace waltrack {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(WALTRACK_SOURCE_DIR) / "tests" / "bench" / "peers";

constexpr int kLowestNode = 20;  // as package.json has it

std::filesystem::path find_node() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path node = std::filesystem::path(folder) / "node";
    if (access(node.c_str(), X_OK) == 0) return node;
  }
  return {};
}

std::string version_of(const std::filesystem::path& node) {
  ChildOptions options;
  options.args = {node.string(), "--version"};
  const std::string out = run_timed(std::move(options)).out;
  return out.substr(0, out.find('\n'));
}

}  // namespace

NodePeer::NodePeer() : node_(find_node()) {
  if (node_.empty()) {
    obstacle_ = "there is no node in PATH";
    return;
  }
  try {
    version_ = version_of(node_);
  } catch (const std::runtime_error& error) {
    obstacle_ = error.what();
    return;
  }
  int major = 0;
  if (std::sscanf(version_.c_str(), "v%d", &major) != 1 || major < kLowestNode) {
    obstacle_ = node_.string() + " is " + version_ + "; it takes Node " +
                std::to_string(kLowestNode) + " or later";
  } else if (!std::filesystem::exists(kFolder / "node_modules")) {
    obstacle_ = "its packages are not installed: npm ci --prefix tests/bench/peers";
  }
}

TimedEnd NodePeer::run(const BenchDatabase& database, const std::string& endpoint,
                       uint64_t rows) const {
  ChildOptions options;
  // Of its settings the one that matters most, see its README.
  options.args = {node_.string(), "--max-semi-space-size=64", (kFolder / "stream.mjs").string()};
  options.working_dir = kFolder;
  options.env = {{"DATABASE_URL", "postgres://postgres@127.0.0.1:" +
                                      std::to_string(database.server().port()) + "/postgres"},
                 {"SLOT", BenchDatabase::kSlot},
                 {"END_LSN", database.end().text()},
                 {"ENDPOINT", endpoint}};
  TimedEnd end = run_timed(std::move(options));
  const nlohmann::json told = nlohmann::json::parse(end.out, nullptr, false);
  const nlohmann::json expected = {{"rows", rows}, {"events", rows}};
  if (told != expected) {
    throw std::runtime_error("the Node peer did not send one event for each of " +
                             std::to_string(rows) + " rows: " + end.out);
  }
  return end;
}

}  // namespace waltrack
