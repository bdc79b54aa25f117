#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "model/run_figures.hpp"

namespace waltrack {

// Where whoever shows a run's figures finds them, from before its pipeline runs until after. Any
// thread may call.
class RunBoard {
 public:
  explicit RunBoard(const Clock& clock);

  // What keeps the pipeline from running yet.
  void set_waiting(std::string problem);

  // From here on figures are asked of the pipeline, until detach() has returned; then its last ones
  // stand, as those of a run that is stopping.
  void attach(std::function<RunFigures()> gather);
  void detach();

  RunFigures figures() const;

  // Adds what they say of the process.
  void stamp(RunFigures& figures) const;

 private:
  const Clock& clock_;
  const int64_t started_at_us_;
  mutable std::mutex mutex_;
  std::function<RunFigures()> gather_;  // guarded by mutex_; none: nobody is to be asked
  RunFigures own_;                      // guarded by mutex_: then these
};

}  // namespace waltrack
