#include "base/yaml_reader.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "base/yaml_graph.hpp"
#include "base/yaml_source.hpp"

namespace waltrack {

YamlNode::YamlNode() = default;
namespace {

constexpr size_t kMaxExpandedBytes = 16 << 20;

// Expanding would make something too large; where it began.
struct TooLarge {
  size_t position;
};

class Expander {
 public:
  Expander(const YamlGraph& graph, const YamlSource& source, std::vector<Diagnostic>& faults)
      : graph_(graph), source_(source), faults_(faults) {}

  YamlNode expand(uint32_t index, size_t depth = 1) {
    const auto& from = graph_.nodes[index];
    count(from, depth);
    YamlNode to;
    to.place = source_.place(from.position);
    switch (from.kind) {
      case YamlGraph::Kind::null:
        break;
      case YamlGraph::Kind::scalar:
        to.kind = YamlNode::Kind::scalar;
        to.scalar = from.scalar;
        to.quoted = from.quoted;
        break;
      case YamlGraph::Kind::list:
        to.kind = YamlNode::Kind::list;
        for (const uint32_t item : from.children)
          to.items.push_back(expand(item, depth + 1));
        break;
      case YamlGraph::Kind::map:
        to.kind = YamlNode::Kind::map;
        expand_map(from, to, depth);
        break;
    }
    return to;
  }

 private:
  using Names = std::unordered_set<std::string_view>;

  bool is_merge(uint32_t key) const {
    return graph_.nodes[key].scalar == "<<" && !graph_.nodes[key].quoted;
  }

  void count(const YamlGraph::Node& node, size_t depth) {
    bytes_ += node.scalar.size();
    if (++nodes_ > kYamlMaxNodes || bytes_ > kMaxExpandedBytes || depth > kYamlMaxDepth + 1) {
      throw TooLarge{node.position};
    }
  }

  void expand_map(const YamlGraph::Node& from, YamlNode& to, size_t depth) {
    Names taken;
    for (size_t i = 0; i < from.children.size(); i += 2) {
      if (!is_merge(from.children[i])) taken.insert(graph_.nodes[from.children[i]].scalar);
    }
    for (size_t i = 0; i < from.children.size(); i += 2) {
      const uint32_t value = from.children[i + 1];
      if (is_merge(from.children[i])) {
        merge(value, to, taken, depth);
      } else {
        to.entries.emplace_back(expand(from.children[i], depth + 1), expand(value, depth + 1));
      }
    }
  }

  // `taken`: the keys that are there already; they win.
  void merge(uint32_t value, YamlNode& to, Names& taken, size_t depth) {
    const auto& source = graph_.nodes[value];
    const bool list = source.kind == YamlGraph::Kind::list;
    const std::vector<uint32_t> one{value};
    for (const uint32_t map : list ? source.children : one) {
      const auto& node = graph_.nodes[map];
      if (node.kind != YamlGraph::Kind::map) {
        if (!node.missing && !node.faulty && faults_.size() < kYamlMaxFaults) {
          faults_.push_back({Severity::error, source_.place(node.position),
                             "<< takes a map or a list of maps", "name an anchor: <<: *anchor"});
        }
        continue;
      }
      for (auto& [key, merged] : expand(map, depth + 1).entries) {
        if (!remember(taken, key.scalar)) continue;
        to.entries.emplace_back(std::move(key), std::move(merged));
      }
    }
  }

  // The graph outlives `taken`, an expanded key does not: keep the graph's view.
  bool remember(Names& taken, const std::string& name) {
    if (taken.contains(name)) return false;
    return taken.insert(*owned_names_.insert(name).first).second;
  }

  const YamlGraph& graph_;
  const YamlSource& source_;
  std::vector<Diagnostic>& faults_;
  std::unordered_set<std::string> owned_names_;  // node-based: views stay good
  size_t nodes_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

std::vector<YamlNode> read_yaml(std::string_view text, std::string file, Diagnostics& diagnostics) {
  const YamlSource source(text, std::move(file));
  std::vector<YamlNode> documents;
  std::vector<Diagnostic> faults;
  if (auto fault = source.unreadable()) {
    faults.push_back(std::move(*fault));
  } else {
    const YamlGraph graph = read_yaml_graph(source, faults);
    Expander expander(graph, source, faults);
    try {
      for (const uint32_t root : graph.documents)
        documents.push_back(expander.expand(root));
    } catch (const TooLarge& large) {
      faults.push_back({Severity::error, source.place(large.position),
                        "aliases make more than 100,000 values, 16 MB or 64 levels of this",
                        "use fewer aliases"});
    }
  }
  std::stable_sort(faults.begin(), faults.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  // An alias repeats the faults of what it names.
  faults.erase(
      std::unique(faults.begin(), faults.end(),
                  [](const Diagnostic& a, const Diagnostic& b) { return a.text() == b.text(); }),
      faults.end());
  if (faults.size() >= kYamlMaxFaults) {
    faults.push_back({Severity::error,
                      {source.place(0).file, 0, 0},
                      "there may be more faults than these",
                      "mend these first"});
  }
  for (auto& fault : faults) {
    diagnostics.error(std::move(fault.place), std::move(fault.message), std::move(fault.hint));
  }
  return documents;
}

}  // namespace waltrack
