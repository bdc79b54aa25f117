#include <cstdlib>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

#include "e2e/e2e_fixture.hpp"
#include "e2e/people.hpp"
#include "support/wait_until.hpp"

// Random schedules against a real server, with the real binary, which is killed at random points:
// WALTRACK_SEED=N runs that one alone, WALTRACK_SEEDS=N so many.
namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr int kPeople = 20'000;
constexpr int kKeys = 30'000;

uint32_t number_of(const char* variable, uint32_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

nlohmann::json backfill_of(const TestRun& run) {
  const nlohmann::json all = run.status().at("backfills");
  return all.empty() ? nlohmann::json{{"phase", "none"}, {"rows", 0}} : all.at(0);
}

bool is_done(const TestRun& run) {
  return backfill_of(run).at("phase") == "done";
}

// Returns how often it was killed while the backfill was under way.
int run_seed(const PostgresServer& server, uint32_t seed) {
  std::mt19937 random(seed);
  const auto dice = [&](int sides) {
    return static_cast<int>(random() % static_cast<uint32_t>(sides));
  };
  const bool full = dice(2) == 0;
  RunSettings settings;
  settings.mappings = People::mapping(full);
  settings.plugin = dice(2) == 0 ? "pgoutput" : "wal2json";
  settings.slot = settings.publication = "seed" + std::to_string(seed);
  settings.destination_id = settings.slot;
  settings.source_more = "backfill:\n  chunk: 16KB\n";
  SCOPED_TRACE("WALTRACK_SEED=" + std::to_string(seed) + ", " + settings.plugin +
               (full ? ", full" : ""));

  People::prepare(server, kPeople, full);
  TestReceiver receiver;
  TestRun run(server, receiver, settings);
  PeopleWriters writers(server, seed, kKeys);
  run.start();
  EXPECT_TRUE(run.wait_until_streaming());
  int killed = 0;
  for (int kills = 1 + dice(3); kills > 0; --kills) {
    const int at = dice(kPeople);
    EXPECT_TRUE(wait_until(
        [&] {
          const nlohmann::json now = backfill_of(run);
          return now.at("rows") >= at || now.at("phase") == "done";
        },
        kPatience, 5ms));
    run.kill();
    killed += is_done(run) ? 0 : 1;
    run.start();
    EXPECT_TRUE(run.wait_until_streaming());
  }
  EXPECT_TRUE(wait_until([&] { return is_done(run); }, kPatience, 100ms)) << run.log();
  writers.stop();
  EXPECT_TRUE(run.wait_until_checkpoint(current_wal(server)));
  EXPECT_EQ(People::fault(server, receiver, kPeople, full), "");
  EXPECT_EQ(receiver.stats().at("conflicting"), 0);
  EXPECT_EQ(run.stop().code, 0);
  EXPECT_EQ(run.command({"drop", "--yes"}).status.code, 0);
  return killed;
}

}  // namespace

TEST(BackfillModel, WritersAndKillsLeaveWhatIsToldAsTheTableIs) {
  PostgresServer server;
  const uint32_t one = number_of("WALTRACK_SEED", 0);
  const uint32_t count = number_of("WALTRACK_SEEDS", 12);
  if (one != 0) {
    run_seed(server, one);
    return;
  }
  int killed = 0;
  for (uint32_t seed = 1; seed <= count && !testing::Test::HasFailure(); ++seed)
    killed += run_seed(server, seed);
  EXPECT_GE(killed, static_cast<int>(count) / 2) << "the kills come too late";
}

}  // namespace waltrack
