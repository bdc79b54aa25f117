#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mapping/mapper.hpp"
#include "mapping/mapping_file.hpp"
#include "model/table.hpp"
#include "postgres/catalog.hpp"

namespace waltrack {

// The table that a person means, a partition as its root: without a schema `public`'s, or the only
// one of that name. Throws a usage Error that suggests one.
TableName find_table(Catalog& catalog, const std::string& text);

// What the mappings make of this table alone. Faults are printed; they, and that no mapping is
// about it, are usage Errors.
std::unique_ptr<Mapper> compile_for(const std::vector<MappingFile>& files, const Table& table,
                                    const TableName& name);

}  // namespace waltrack
