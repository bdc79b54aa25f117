#include "pipeline/stage_watch.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace waltrack {
namespace {

// Looks further apart than this mean that the process did not run.
constexpr std::chrono::seconds kLongestLook{15};

int64_t nanoseconds(SteadyTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

SteadyTime steady(int64_t nanoseconds) {
  return SteadyTime(
      std::chrono::duration_cast<SteadyTime::duration>(std::chrono::nanoseconds(nanoseconds)));
}

int64_t whole_seconds(SteadyTime::duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

}  // namespace

void Stage::turn() {
  turned_.store(nanoseconds(clock_.steady()), std::memory_order_relaxed);
}

void Stage::leave(bool away) {
  turn();
  away_.store(away, std::memory_order_relaxed);
}

void Stage::work(bool has) {
  if (has && !has_work_.load(std::memory_order_relaxed)) progress();
  has_work_.store(has, std::memory_order_release);
}

void Stage::progress() {
  progressed_.store(nanoseconds(clock_.steady()), std::memory_order_relaxed);
}

void Stage::end() {
  has_work_.store(false, std::memory_order_relaxed);
  turned_.store(0, std::memory_order_relaxed);
}

Stage& StageWatch::add(std::string name, std::function<std::string()> reason) {
  const std::lock_guard lock(mutex_);
  return stages_.emplace_back(std::move(name), clock_, std::move(reason)).stage;
}

std::vector<StageFigure> StageWatch::look() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.steady();
  if (now - looked_ > kLongestLook) resumed_ = now;
  looked_ = now;
  std::vector<StageFigure> figures;
  for (Watched& watched : stages_) {
    if (watched.stage.turned_.load(std::memory_order_relaxed) == 0) {
      StageFigure ended;
      ended.name = watched.stage.name_;
      tell(watched, ended, now);
      continue;
    }
    figures.push_back(figure(watched, now));
    tell(watched, figures.back(), now);
  }
  return figures;
}

StageFigure StageWatch::figure(Watched& watched, SteadyTime now) const {
  const Stage& stage = watched.stage;
  const int64_t utc_us = clock_.utc_us();
  const auto utc = [&](SteadyTime time) {
    return utc_us - std::chrono::duration_cast<std::chrono::microseconds>(now - time).count();
  };
  // What a stage writes while this looks may lie after `now`.
  const SteadyTime turned = steady(stage.turned_.load(std::memory_order_relaxed));
  StageFigure figure;
  figure.name = stage.name_;
  figure.turned_at_us = utc(turned);
  figure.stuck =
      !stage.away_.load(std::memory_order_relaxed) && now - std::max(turned, resumed_) >= kLimit;
  if (stage.has_work_.load(std::memory_order_acquire)) {
    const SteadyTime progressed = steady(stage.progressed_.load(std::memory_order_relaxed));
    if (now - std::max(progressed, resumed_) >= kLimit) {
      figure.no_progress_from_us = utc(progressed);
      if (stage.reason_) figure.reason = stage.reason_();
    }
  }
  if (figure.in_trouble() && !watched.was_stuck && !watched.was_idle) {
    watched.since = figure.stuck ? turned : now - kLimit;
  }
  return figure;
}

void StageWatch::tell(Watched& watched, const StageFigure& figure, SteadyTime now) {
  const bool idle = figure.no_progress_from_us.has_value();
  const bool was_stuck = std::exchange(watched.was_stuck, figure.stuck);
  const bool was_idle = std::exchange(watched.was_idle, idle);
  if (was_stuck == figure.stuck && was_idle == idle) return;
  version_.fetch_add(1, std::memory_order_relaxed);
  if (figure.stuck && !was_stuck) {
    log::error("a part of the run hangs",
               {{"stage", figure.name}, {"seconds", whole_seconds(now - watched.since)}});
  } else if (idle && !was_idle) {
    log::warn("a part of the run gets nothing done although it has work",
              {{"stage", figure.name},
               {"seconds", whole_seconds(kLimit)},
               {"reason", figure.reason.empty() ? "not known" : figure.reason}});
  } else if (!figure.in_trouble()) {
    log::info("a part of the run goes on again",
              {{"stage", figure.name}, {"after_seconds", whole_seconds(now - watched.since)}});
  }
}

}  // namespace waltrack
