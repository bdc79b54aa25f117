#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/value_spec.hpp"

namespace waltrack {

// What `$map`, `$truncate` and `$hash` make of a value, in this order. A null stays null, and a
// blank text has no hash: it becomes null. They work
// on JSON: the text of a value is that of a JSON string, or its JSON as it stands.
class ValueTransform {
 public:
  // Of a `spec` that has at least one of them.
  explicit ValueTransform(const ValueSpec& spec);

  // Appends what becomes of the value whose JSON this is. Allocates nothing once the thread's
  // buffers have grown.
  void append(std::string& out, std::string_view json) const;

  // All JSON that can become of what is not null, where `$map` and its `$else` say it.
  std::optional<std::vector<std::string>> all_results() const;

 private:
  const std::string* mapped(std::string_view text) const;

  std::vector<std::pair<std::string, std::string>> map_;  // text → JSON, sorted
  bool has_map_ = false;
  bool has_otherwise_ = false;
  std::string otherwise_;
  size_t truncate_ = 0;
  bool hash_ = false;
};

// Appends the SHA-256 of a personal text as destinations want it: of the trimmed text in lower
// case, as 64 lower-case hex digits; a text that is such a hash already is left alone.
void append_personal_hash(std::string& out, std::string_view text);

}  // namespace waltrack
