#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "e2e/act_judge.hpp"
#include "e2e/act_writer.hpp"
#include "e2e/crash_faults.hpp"
#include "e2e/e2e_fixture.hpp"
#include "support/postgres_server.hpp"
#include "support/tcp_proxy.hpp"

namespace waltrack {

struct CrashSettings {
  uint64_t seed = 1;
  int kills = 12;
  std::string plugin = "pgoutput";
  bool spool = false;
};

struct CrashReport {
  std::map<std::string, int> kills;  // by kind
  uint64_t events = 0;
  uint64_t repeats = 0;  // that receivers saw which lived on to tell
  uint64_t dead_letters = 0;
  int backfills = 0;
  int unreached = 0;      // failpoints: it was killed all the same
  int broken_starts = 0;  // that ended because the network or the server did
  std::chrono::milliseconds took{0};
  std::string violations;  // empty: none
  std::string story;       // a line a step

  int kill_count() const;
  std::string summary() const;
};

// waltrack between a real server and a real receiver, both reached through networks that a test can
// spoil, under several writers and backfills without end: killed again and again by a seeded
// schedule. It checks what must hold at any time (ActJudge::now) after each kill and between them,
// in the end that nothing is missing, doubled or out of order. Ends at the first violation. Make it
// on the test's main thread.
class CrashRun {
 public:
  explicit CrashRun(CrashSettings settings);

  // Once.
  CrashReport run();

 private:
  static constexpr int kWriters = 3;

  void begin();
  void step(const CrashStep& step);
  void start_with(const std::string& failpoint);
  bool is_running(const std::string& failpoint = {});
  bool reaches(const CrashStep& step, std::chrono::seconds limit);
  void kill_by(const CrashStep& step);
  void finish();

  void set_weather(const CrashStep& step);
  void set_fair();
  void control(const std::string& random);
  void restart_receiver();
  void wait_for_commits(uint64_t more);
  void wait_for_arrivals();
  void ask_for_backfill();
  bool backfills_are_over() const;
  void must(bool held, const std::string& what);
  void judge(const std::string& wrong);
  void look();  // at what holds always; the server is up
  uint64_t commits() const;
  RunSettings run_settings() const;

  const CrashSettings settings_;
  CrashDraw draw_;
  PostgresServer server_;
  TestReceiver receiver_;
  TcpProxy to_server_;
  TcpProxy to_receiver_;
  TestRun run_;
  std::vector<std::unique_ptr<ActWriter>> writers_;
  std::unique_ptr<ActJudge> judge_;
  CrashReport report_;
};

}  // namespace waltrack
