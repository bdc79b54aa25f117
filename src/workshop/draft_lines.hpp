#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workshop/draft_fields.hpp"

namespace waltrack {

// The lines of a mapping file as they come to be.
class DraftLines {
 public:
  void add(size_t indent, const std::string& text);
  void blank() { text_.append("\n"); }
  // Words in as many comment lines as they take.
  void remark(size_t indent, const std::string& text);
  // `heading:` with a line for each field that is sent; below them, commented out and with the
  // reason, those that a person may take in, and the names of the others. No heading without lines.
  void fields(size_t indent, const char* heading, const std::vector<DraftField>& fields);

  // All that was added since the last.
  std::string take();

 private:
  void choice(size_t indent, const std::vector<DraftField>& fields, ColumnUse use,
              const std::string& why);
  void never(size_t indent, const std::vector<DraftField>& fields);

  std::string text_;
};

}  // namespace waltrack
