#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace waltrack {

// Something that an application does to the tables of BenchDatabase, and what is told of it. Every
// row makes one event.
struct BenchWorkload {
  enum class Kind { inserts, updates };

  std::string name;
  Kind kind = Kind::inserts;
  uint64_t rows = 0;
  uint64_t rows_per_transaction = 1;
  std::string mapping;    // text of the mapping file
  bool has_peer = false;  // the Node peer is measured with it, too
};

// What `script/bench throughput` measures, each with so many rows.
std::vector<BenchWorkload> throughput_workloads(uint64_t rows);

// 500000: "500,000".
std::string grouped(uint64_t number);

// The one of 1,000-row transactions.
BenchWorkload usual_workload(uint64_t rows);

}  // namespace waltrack
