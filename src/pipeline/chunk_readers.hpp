#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "pipeline/chunk_jobs.hpp"
#include "pipeline/stage_watch.hpp"

namespace waltrack {

// Threads that read chunks, each with a ChunkReader of its own, which is made when its first job
// comes. Any thread may call.
class ChunkReaders final : public ChunkJobs {
 public:
  using Maker = std::function<std::unique_ptr<ChunkReader>()>;

  // `on_done` is called from a reader's thread after each job. `watch`, who sees to it that they
  // get on, may be none; else it outlives this.
  ChunkReaders(size_t readers, Maker make, std::function<void()> on_done,
               StageWatch* watch = nullptr);
  // Ends what is being read, within a fraction of a second.
  ~ChunkReaders() override;

  void ask(ReadJob job) override;
  std::vector<ReadResult> take() override;
  void reconnect() override;

 private:
  void run(size_t reader, Stage* stage, const std::stop_token& stop);
  struct Next {
    std::optional<ReadJob> job;  // none: what was made before is of no use any more
    uint64_t generation = 0;
  };
  std::optional<Next> next(size_t reader, uint64_t generation, const std::stop_token& stop);

  const Maker make_;
  const std::function<void()> on_done_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<ReadJob> jobs_;         // guarded by mutex_
  uint64_t generation_ = 0;          // of readers; guarded by mutex_
  std::vector<ReadResult> results_;  // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace waltrack
