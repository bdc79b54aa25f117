#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>

#include "e2e/crash_run.hpp"

// WALTRACK_SEED=N gives another schedule (two of four with a spool), WALTRACK_KILLS=N so many kills
// each. script/crash runs one of them again and again.
namespace waltrack {
namespace {

// 52 kills together.
constexpr int kKills = 13;

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void run_seed(uint64_t seed, const std::string& plugin) {
  CrashSettings settings;
  settings.seed = number_of("WALTRACK_SEED", seed);
  settings.kills = static_cast<int>(number_of("WALTRACK_KILLS", kKills));
  settings.plugin = plugin;
  settings.spool = settings.seed / 2 % 2 == 1;
  CrashRun run(settings);
  const CrashReport report = run.run();
  std::printf("crash: seed=%llu plugin=%s %s\n", static_cast<unsigned long long>(settings.seed),
              plugin.c_str(), report.summary().c_str());
  EXPECT_EQ(report.violations, "") << "repeat it with script/crash --seed " << settings.seed
                                   << " --kills " << settings.kills << " --plugin " << plugin;
  EXPECT_GE(report.kill_count(), settings.kills);
  EXPECT_GT(report.events, 0U);
}

}  // namespace

class CrashSuite : public testing::TestWithParam<std::string> {};

TEST_P(CrashSuite, KillsLeaveEverythingOnceInOrderAndConfirmedLast) {
  run_seed(1, GetParam());
}

TEST_P(CrashSuite, OtherKillsDoTheSame) {
  run_seed(2, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Plugin, CrashSuite, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
