#include "cli/health.hpp"

#include "state/state_status.hpp"

namespace waltrack {
namespace {

// Each says what is wrong with its part, or nothing.
using Part = std::optional<std::string> (*)(const StateStatus&);

std::optional<std::string> illness_of_process(const StateStatus& status) {
  if (status.running) return std::nullopt;
  return "not running: no `waltrack run` has " + status.path + " open";
}

// While it starts it may have nothing to store.
std::optional<std::string> illness_of_store(const StateStatus& status) {
  if (status.silent_s == 0 || !status.source_state || !status.source_state->streaming) {
    return std::nullopt;
  }
  return "the run has stored nothing for " + std::to_string(status.silent_s) +
         " s: the state file's disk is full, or the run hangs (see its log)";
}

// The state file knows its server when the slot is there: changes before it are never seen.
std::optional<std::string> illness_of_source(const StateStatus& status) {
  if (!status.source) return "no slot yet: the run has not reached its server";
  if (!status.source_state || status.source_state->streaming) return std::nullopt;
  const std::string& problem = status.source_state->problem;
  return "not streaming" + (problem.empty() ? " yet" : ": " + problem);
}

std::optional<std::string> illness_of_delivery(const StateStatus& status) {
  if (!status.condition || !status.condition->text.starts_with(kHeldDelivery)) return std::nullopt;
  return "delivery is " + status.condition->text;
}

std::optional<std::string> illness_of_stages(const StateStatus& status) {
  if (!status.figures) return std::nullopt;
  for (const StageFigure& stage : status.figures->stages) {
    if (stage.stuck) return stage.name + " hangs: its thread does not turn any more";
  }
  return std::nullopt;
}

constexpr Part kParts[] = {illness_of_process, illness_of_store, illness_of_source,
                           illness_of_delivery, illness_of_stages};

}  // namespace

std::optional<std::string> illness(const StateStatus& status) {
  for (const Part part : kParts) {
    if (auto found = part(status)) return found;
  }
  return std::nullopt;
}

}  // namespace waltrack
