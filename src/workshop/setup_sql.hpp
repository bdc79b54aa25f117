#pragma once

#include <string>
#include <vector>

#include "postgres/server_readiness.hpp"
#include "postgres/table_facts.hpp"

namespace waltrack {

// A table with a mapping, as the administrator has to see to it.
struct SetupTable {
  const TableFacts* facts = nullptr;  // outlives this
  bool followed = true;               // false: its mapping is switched off
  bool reads_old = false;             // examples in its mapping need REPLICA IDENTITY FULL
};

// What an administrator must run so that waltrack can follow these tables, statement by statement
// and each with its reason; what the server has already is said, and what is a choice stands
// commented out. Plain SQL, harmless to run twice.
std::string setup_sql(const ServerReadiness& server, const std::vector<SetupTable>& tables);

}  // namespace waltrack
