// The zoo through the real program: what arrives at the receiver is what the goldens say.

#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "support/wait_until.hpp"
#include "types/golden_file.hpp"
#include "types/type_zoo.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

// By "TYPE ROW".
std::map<std::string, json> told(const std::vector<json>& events) {
  std::map<std::string, json> told;
  for (const json& event : events) {
    const std::string key =
        event.at("event").get<std::string>() + " " + event.at("userId").get<std::string>();
    told[key] = event.at("properties");
  }
  return told;
}

std::map<std::string, json> golden(const std::string& name) {
  std::map<std::string, json> told;
  for (const std::string& line : golden_lines(name)) {
    const json value = json::parse(line);
    told[value["type"].get<std::string>() + " " + value["row"].dump()] = {
        {"json", value["json"]}, {"bound", value["bound"]}};
  }
  return told;
}

}  // namespace

TEST(ZooRun, TheReceiverGetsWhatTheGoldensSay) {
  PostgresServer server;
  server.exec("CREATE DATABASE zoo");
  const TypeZoo zoo(server, "zoo");
  const bool newer = server.version() >= 170000;
  const std::map<std::string, std::string> goldens = {
      {"wal2json", newer ? "wal2json-2.6" : "wal2json-2.5"},
      {"pgoutput", newer ? "pgoutput-17" : "pgoutput-15"}};
  for (const auto& [plugin, name] : goldens) {
    RunSettings settings;
    settings.mappings = zoo.mapping();
    settings.plugin = settings.slot = settings.publication = plugin;
    settings.database = "zoo";
    const TestReceiver receiver;
    TestRun run(server, receiver, settings);
    run.start();
    ASSERT_TRUE(run.wait_until_streaming());
    zoo.fill();
    ASSERT_TRUE(run.wait_until_confirmed(current_wal(server)));
    const std::map<std::string, json> wanted = golden(name);
    const std::map<std::string, json> got = told(receiver.events());
    EXPECT_EQ(got.size(), wanted.size());
    for (const auto& [key, value] : wanted) {
      const auto found = got.find(key);
      ASSERT_NE(found, got.end()) << key;
      EXPECT_EQ(found->second["json"], value["json"]) << key;
    }
    EXPECT_EQ(run.status().at("dead_letters").at("count"), 0);
    EXPECT_EQ(run.stop(), (ExitStatus{0, 0}));
    zoo.empty();
  }
}

}  // namespace waltrack
