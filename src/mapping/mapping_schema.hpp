#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// The schema's name beside the mapping files, which name it in their first line.
inline constexpr std::string_view kMappingSchemaName = "mapping.schema.json";

// The JSON Schema (draft-07) of one document of a mapping file, as a file's text: what editors
// complete and check by. It is made of mapping_keys() and says of a document's shape what the
// loader says; expressions and columns are beyond it.
std::string mapping_schema();

}  // namespace waltrack
