#pragma once

#include <span>
#include <string>

#include "postgres/table_facts.hpp"

namespace waltrack {

// Why a table is none of the application's own, or none whose changes can be followed: "" when it
// is.
std::string why_skipped(std::span<const TableFacts> all, const TableFacts& table);

}  // namespace waltrack
