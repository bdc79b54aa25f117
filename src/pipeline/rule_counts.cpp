#include "pipeline/rule_counts.hpp"

namespace waltrack {

RuleCount& RuleCounts::at(std::string_view table, std::string_view rule) {
  const auto found = counts_.find(View(table, rule));
  if (found != counts_.end()) return found->second;
  RuleCount& count = counts_[Key(table, rule)];
  count.table = table;
  count.rule = rule;
  return count;
}

void RuleCounts::know(std::string_view table, std::string_view rule) {
  const std::lock_guard lock(mutex_);
  at(table, rule);
}

void RuleCounts::add(const FreshCount& fresh) {
  const std::lock_guard lock(mutex_);
  RuleCount& count = at(fresh.rule->table, fresh.rule->id);
  count.seen += fresh.seen;
  count.matched += fresh.matched;
  for (size_t why = 0; why < fresh.skipped.size(); ++why)
    count.skipped[why] += fresh.skipped[why];
}

void RuleCounts::sent(std::string_view table, std::string_view rule, uint64_t events) {
  const std::lock_guard lock(mutex_);
  at(table, rule).sent += events;
}

void RuleCounts::dead(std::string_view table, std::string_view rule, uint64_t letters) {
  const std::lock_guard lock(mutex_);
  at(table, rule).dead += letters;
}

std::vector<RuleCount> RuleCounts::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<RuleCount> all;
  all.reserve(counts_.size());
  for (const auto& [key, count] : counts_)
    all.push_back(count);
  return all;
}

}  // namespace waltrack
