#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/event_sink.hpp"
#include "model/run_figures.hpp"

namespace waltrack {

// What capture counts of a rule until it hands it over.
struct FreshCount {
  const Rule* rule = nullptr;  // none: nothing was counted
  uint64_t seen = 0;
  uint64_t matched = 0;
  uint64_t rejected = 0;
  std::array<uint64_t, kSilences> skipped{};  // by Silence
  std::string last_failure{};                 // of a shadow rule that rejected
};

// Counts by rule, kept by table and id, so that they outlive the compiled rules. Any thread may
// call; nothing here is called for each row.
class RuleCounts {
 public:
  // There is such a rule: it is told although nothing was counted.
  void know(std::string_view table, std::string_view rule);

  void add(const FreshCount& fresh);
  void sent(std::string_view table, std::string_view rule, uint64_t events);
  void dead(std::string_view table, std::string_view rule, uint64_t letters);

  // By table and rule.
  std::vector<RuleCount> all() const;

 private:
  using Key = std::pair<std::string, std::string>;
  using View = std::pair<std::string_view, std::string_view>;
  struct Less {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return View(a.first, a.second) < View(b.first, b.second);
    }
  };
  RuleCount& at(std::string_view table, std::string_view rule);

  mutable std::mutex mutex_;
  std::map<Key, RuleCount, Less> counts_;  // guarded by mutex_
};

}  // namespace waltrack
