#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mapping/mapping_file.hpp"
#include "postgres/catalog.hpp"

namespace waltrack {

// What became of columns.lock.json in the folder of the mapping files.
enum class LockOutcome {
  left_alone,  // not all that it would hold is known
  unchanged,
  written,
  not_writable,  // it would differ, and the folder is read-only
};

// Its text for the tables that are mapped, or nothing when the database lacks one of them.
std::optional<std::string> columns_lock_text(Catalog& catalog,
                                             const std::vector<MappingFile>& mappings);

// Writes it where it differs, as a whole or not at all. `catalog` is loaded; throws PgError.
LockOutcome refresh_columns_lock(const std::filesystem::path& folder,
                                 const std::vector<MappingFile>& mappings, Catalog& catalog);

// For people; "" when there is nothing to say.
const char* describe(LockOutcome outcome);
// For JSON.
const char* outcome_name(LockOutcome outcome);

}  // namespace waltrack
