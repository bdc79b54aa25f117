#pragma once

#include <chrono>

#include "model/chunk_reader.hpp"
#include "postgres/pg_error.hpp"

namespace waltrack {

// What it means that a chunk could not be read, and what mends it. Holds no value of a row, which
// what the server says of data that does not fit repeats.
Error chunk_fault(const PgError& error, const ChunkRequest& request,
                  std::chrono::milliseconds statement_timeout);

// The same of what was asked about tables and transactions, in little time.
Error catalog_fault(const PgError& error);

}  // namespace waltrack
