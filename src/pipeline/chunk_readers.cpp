#include "pipeline/chunk_readers.hpp"

#include <algorithm>
#include <pthread.h>
#include <string>
#include <utility>

#include "base/failpoint.hpp"

namespace waltrack {
namespace {

void answer(const ReadJob& job, ChunkReader& reader, const std::stop_token& stop,
            ReadResult& result) {
  switch (job.kind) {
    case ReadJob::Kind::running:
      result.running = reader.running();
      return;
    case ReadJob::Kind::plan:
      result.plan = std::make_shared<const BackfillPlan>(reader.plan(job.table, job.columns));
      return;
    case ReadJob::Kind::chunk:
      result.chunk = reader.read(job.request, stop);
      failpoint("backfill.chunk_read");
      return;
    case ReadJob::Kind::flushed:
      result.flushed = reader.flushed();
      return;
    case ReadJob::Kind::release:
      reader.release();
      return;
  }
}

}  // namespace

ChunkReaders::ChunkReaders(size_t readers, Maker make, std::function<void()> on_done,
                           StageWatch* watch)
    : make_(std::move(make)), on_done_(std::move(on_done)) {
  for (size_t i = 0; i < readers; ++i) {
    const std::string name = "reader " + std::to_string(i + 1);
    Stage* const stage = watch == nullptr ? nullptr : &watch->add(name);
    threads_.emplace_back([this, i, name, stage](const std::stop_token& stop) {
      pthread_setname_np(pthread_self(), name.c_str());
      run(i, stage, stop);
    });
  }
}

ChunkReaders::~ChunkReaders() {
  for (std::jthread& thread : threads_)
    thread.request_stop();
}

void ChunkReaders::ask(ReadJob job) {
  const std::lock_guard lock(mutex_);
  // The stream may wait for any of the others.
  if (job.kind == ReadJob::Kind::chunk) {
    jobs_.push_back(std::move(job));
  } else {
    jobs_.push_front(std::move(job));
  }
  changed_.notify_all();
}

std::vector<ReadResult> ChunkReaders::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(results_, {});
}

void ChunkReaders::reconnect() {
  const std::lock_guard lock(mutex_);
  ++generation_;
  changed_.notify_all();
}

std::optional<ChunkReaders::Next> ChunkReaders::next(size_t reader, uint64_t generation,
                                                     const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto mine = [&] {
    return std::ranges::find_if(
        jobs_, [&](const ReadJob& job) { return job.reader.value_or(reader) == reader; });
  };
  if (!changed_.wait(lock, stop,
                     [&] { return mine() != jobs_.end() || generation != generation_; })) {
    return std::nullopt;
  }
  Next next{std::nullopt, generation_};
  if (generation != generation_) return next;
  const auto found = mine();
  next.job = std::move(*found);
  jobs_.erase(found);
  return next;
}

void ChunkReaders::run(size_t number, Stage* stage, const std::stop_token& stop) {
  std::unique_ptr<ChunkReader> reader;
  uint64_t generation = 0;
  while (std::optional<Next> next = this->next(number, generation, stop)) {
    if (std::exchange(generation, next->generation) != next->generation) reader.reset();
    const std::optional<ReadJob>& job = next->job;
    if (!job) continue;
    ReadResult result;
    result.number = job->number;
    result.reader = number;
    const StageJob at_work(stage);
    try {
      if (!reader) reader = make_();
      answer(*job, *reader, stop, result);
    } catch (const Error& error) {
      result.fault = error;
    } catch (const std::exception& error) {
      result.fault = Error(ErrorKind::failure, error.what());
    }
    {
      const std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
    }
    on_done_();
  }
}

}  // namespace waltrack
