#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "model/chunk_reader.hpp"
#include "postgres/chunk_connection.hpp"
#include "postgres/chunk_query.hpp"
#include "postgres/read_point.hpp"

namespace waltrack {

// One pass over a leaf of a table without a key, by the places of its rows in the file: they mean
// something only as long as one transaction, in which all chunks are read. It has to be open on the
// server as long as this is used; rows of the server's connection are of nobody else meanwhile.
class PlacePass {
 public:
  // In the transaction that has just begun, which sees what `point` tells.
  PlacePass(ChunkConnection& server, TableName leaf, ReadPoint point, const std::stop_token& stop);

  const TableName& leaf() const { return leaf_; }

  // What is behind request.after, or the first chunk.
  Chunk read(ChunkConnection& server, const ChunkQuery& query, const ChunkRequest& request,
             const std::stop_token& stop);

 private:
  void adapt(const ChunkRequest& request, const Chunk& chunk);

  const TableName leaf_;
  ReadPoint point_;
  bool settled_ = false;
  uint64_t end_ = 0;     // the file's pages when it began
  uint64_t pages_ = 16;  // to be read next
};

}  // namespace waltrack
