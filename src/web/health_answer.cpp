#include "web/health_answer.hpp"

#include <algorithm>

#include "base/terminal_text.hpp"
#include "model/progress.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kDelivery = "delivery";

std::string seconds_since(int64_t since_us, int64_t now_us) {
  return std::to_string(std::max<int64_t>(now_us - since_us, 0) / 1'000'000) + " s";
}

HealthAnswer bad(std::string text, const std::string& detail) {
  return {false, std::move(text), printable(detail)};
}

}  // namespace

HealthAnswer liveness(const RunFigures& figures) {
  std::string stuck;
  for (const StageFigure& stage : figures.stages) {
    if (!stage.stuck) continue;
    stuck.append(stuck.empty() ? "" : ", ").append(stage.name).append(" hangs for ");
    stuck += seconds_since(stage.turned_at_us, figures.taken_at_us);
  }
  if (stuck.empty()) return {true, "live", {}};
  return bad("not live: " + stuck, {});
}

HealthAnswer readiness(const RunFigures& figures) {
  if (!figures.streaming) return bad("not ready: not streaming", figures.problem);
  if (figures.delivery.starts_with(kHeldDelivery)) {
    return bad("not ready: delivery is held",
               figures.delivery.substr(std::string_view(kHeldDelivery).size()));
  }
  for (const StageFigure& stage : figures.stages) {
    if (stage.name != kDelivery || !stage.no_progress_from_us) continue;
    return bad("not ready: nothing was accepted for " +
                   seconds_since(*stage.no_progress_from_us, figures.taken_at_us) +
                   " although events wait",
               stage.reason);
  }
  return {true, "ready", {}};
}

}  // namespace waltrack
