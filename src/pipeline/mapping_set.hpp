#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/change_mapper.hpp"
#include "model/followed.hpp"
#include "model/mapping_state.hpp"

namespace waltrack {

// A rule's names, as Rule has them.
struct RuleName {
  std::string table;
  std::string id;
};

// The compiled mapping files of one moment, ready to be put to work.
struct MappingSet {
  std::unique_ptr<ChangeMapper> mapper;
  Followed followed;               // what its rules want to hear of
  std::vector<TableName> initial;  // of `followed`: those whose rows are backfilled to begin with
  MappingSummary summary;
  std::vector<RuleName> rules{};   // all of them
  std::vector<ShadowRule> shadow;  // its shadow rules, nothing counted yet
};

}  // namespace waltrack
