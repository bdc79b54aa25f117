#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_source.hpp"

namespace waltrack {

// What a YAML file says before aliases and `<<` are expanded: an alias is a second edge to the node
// of its anchor, and there are no cycles. Nodes are named by their index.
struct YamlGraph {
  enum class Kind : uint8_t { null, scalar, map, list };

  struct Node {
    Kind kind = Kind::null;
    size_t position = 0;  // of the value, in the source's text
    std::string scalar;
    bool quoted = false;
    bool missing = false;            // a null that nobody wrote
    bool faulty = false;             // a null in place of something whose fault is told
    bool open = false;               // still being read: an alias to it is a cycle
    bool flow = false;               // in { } or [ ]
    std::vector<uint32_t> children;  // list: items; map: key, value, key, value…
  };

  std::vector<Node> nodes;
  std::vector<uint32_t> documents;  // roots
};

// Nothing in a file may nest deeper or have more nodes, before and after expansion.
inline constexpr size_t kYamlMaxDepth = 64;
inline constexpr size_t kYamlMaxNodes = 100'000;
// Faults that are told of one file.
inline constexpr size_t kYamlMaxFaults = 100;

// Reads as far as the first fault of syntax. All faults go to `faults`, in no special order.
YamlGraph read_yaml_graph(const YamlSource& source, std::vector<Diagnostic>& faults);

}  // namespace waltrack
