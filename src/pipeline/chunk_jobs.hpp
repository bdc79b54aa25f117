#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/chunk_reader.hpp"

namespace waltrack {

// Something to ask a ChunkReader.
struct ReadJob {
  enum class Kind { running, plan, chunk, flushed, release };

  uint64_t number = 0;
  Kind kind = Kind::chunk;
  TableName table;                   // plan
  std::vector<std::string> columns;  // plan
  ChunkRequest request;              // chunk
  std::optional<size_t> reader;      // the one that has to do it; none: any
};

struct ReadResult {
  uint64_t number = 0;
  size_t reader = 0;
  RunningTransactions running;
  std::shared_ptr<const BackfillPlan> plan;
  std::optional<Chunk> chunk;
  Lsn flushed;
  std::optional<Error> fault;  // then nothing of the above
};

// Where the capture thread has rows read. Neither function waits.
class ChunkJobs {
 public:
  virtual ~ChunkJobs() = default;
  virtual void ask(ReadJob job) = 0;
  // What is done since the last call. Each job gives one result.
  virtual std::vector<ReadResult> take() = 0;
  // Closes connections as soon as they are idle; jobs that are asked from now on get new ones: the
  // server may be another one, or nothing more may come.
  virtual void reconnect() = 0;
};

}  // namespace waltrack
