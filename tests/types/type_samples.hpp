#pragma once

#include <map>
#include <string>
#include <vector>

namespace waltrack {

// The values that tests/types/samples.txt gives for a type, as SQL that makes them.
struct TypeSamples {
  std::vector<std::string> values;
  std::string only_null;  // why there is none, if so
};

// By the type's name, or that of what it is an array of with [] behind: what a server of this
// version (150020) can take.
std::map<std::string, TypeSamples> read_type_samples(int server_version);

}  // namespace waltrack
