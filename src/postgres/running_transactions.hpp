#pragma once

#include "model/chunk_reader.hpp"
#include "postgres/chunk_connection.hpp"

namespace waltrack {

// ChunkReader::running() of this server.
RunningTransactions read_running_transactions(ChunkConnection& server);

}  // namespace waltrack
