#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "support/tcp_proxy.hpp"

namespace waltrack {

// What a step of a crash run kills.
enum class CrashKill {
  failpoint,  // waltrack, at a named place
  moment,     // waltrack, at any moment
  server,     // Postgres, `immediate`, and starts it again
  receiver,   // and starts it again
};

// One step: what the network and the receiver do, and what is killed meanwhile. A failpoint's step
// ends when the place is reached; the others after so many commits of the writers.
struct CrashStep {
  CrashKill kill = CrashKill::moment;
  std::string failpoint;  // as WALTRACK_FAILPOINT takes it
  uint64_t commits = 0;   // until the kill
  std::string weather;    // for a person; empty: fair
  ProxyMode source;       // between Postgres and waltrack
  ProxyMode destination;  // between waltrack and the receiver
  bool reset_source = false;
  bool reset_destination = false;
  std::string answers;          // the receiver's "random", as POST /control takes it; empty: none
  bool recovers = false;        // before the next step something must arrive
  bool needs_backfill = false;  // the failpoint is met only while one is under way

  std::string text() const;
};

const char* crash_kill_name(CrashKill kill);

// Draws a run's steps, the same for the same seed everywhere.
class CrashDraw {
 public:
  // `spool`: events are spooled when the receiver is away.
  CrashDraw(uint64_t seed, bool spool) : random_(seed), spool_(spool) {}

  // The failpoint of the first start, when the state file is made.
  std::string first_failpoint();
  CrashStep next();

 private:
  uint64_t dice(uint64_t sides) { return random_() % sides; }
  void draw_failpoint(CrashStep& step);
  void draw_weather(CrashStep& step);
  ProxyMode draw_mode(CrashStep& step, bool& reset, const char* where);

  std::mt19937_64 random_;
  const bool spool_;
};

}  // namespace waltrack
