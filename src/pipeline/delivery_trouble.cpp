#include "pipeline/delivery_trouble.hpp"

#include <utility>

#include "base/log.hpp"
#include "model/progress.hpp"

namespace waltrack {

void DeliveryTrouble::tell(bool held, const Outcome& outcome) {
  if (!since_) since_ = clock_.steady();
  std::string brief(held ? kHeldDelivery : "retrying: ");
  brief += outcome.reason;
  std::string text = brief;
  if (!outcome.said.empty()) text.append(": ").append(outcome.said);
  for (std::string* one : {&text, &brief})
    if (!outcome.hint.empty()) one->append(" (").append(outcome.hint).append(")");
  if (text == told_) return;
  if (held) {
    log::error(
        "the receiver refuses events; nothing is lost: they wait, a probe a minute tells when it "
        "takes some",
        {{"reason", outcome.reason}, {"hint", outcome.hint}});
  } else {
    log::warn("the receiver does not take events; trying again", {{"reason", outcome.reason}});
  }
  told_ = text;
  condition_.set(false, std::move(text), std::move(brief));
}

void DeliveryTrouble::tell_refusal(size_t events, const Outcome& outcome) {
  const SteadyTime now = clock_.steady();
  constexpr std::chrono::minutes kBetween{1};
  if (told_refusal_at_ && now - *told_refusal_at_ < kBetween) return;
  told_refusal_at_ = now;
  log::warn(events == 1 ? "the receiver refused an event; trying it alone some times more"
                        : "the receiver refused a request; sending its events in parts to find "
                          "those at fault",
            {{"reason", outcome.reason}, {"events", events}});
}

void DeliveryTrouble::over() {
  since_.reset();
  if (told_.empty()) return;
  log::info("the receiver takes events again");
  told_.clear();
  condition_.set(true, "delivering", "delivering");
}

}  // namespace waltrack
