#include "pipeline/run_board.hpp"

#include <utility>

namespace waltrack {

RunBoard::RunBoard(const Clock& clock) : clock_(clock), started_at_us_(clock.utc_us()) {
  own_.problem = "starting";
  own_.delivery = "starting";
}

void RunBoard::set_waiting(std::string problem) {
  const std::lock_guard lock(mutex_);
  own_.problem = std::move(problem);
}

void RunBoard::attach(std::function<RunFigures()> gather) {
  const std::lock_guard lock(mutex_);
  gather_ = std::move(gather);
}

void RunBoard::detach() {
  const std::lock_guard lock(mutex_);
  if (!gather_) return;
  own_ = gather_();
  own_.streaming = false;
  own_.problem = "stopping";
  own_.stages.clear();
  gather_ = nullptr;
}

RunFigures RunBoard::figures() const {
  const std::lock_guard lock(mutex_);
  RunFigures figures = gather_ ? gather_() : own_;
  stamp(figures);
  return figures;
}

void RunBoard::stamp(RunFigures& figures) const {
  figures.taken_at_us = clock_.utc_us();
  figures.started_at_us = started_at_us_;
  figures.version = WALTRACK_VERSION;
}

}  // namespace waltrack
