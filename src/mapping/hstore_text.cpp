#include "mapping/hstore_text.hpp"

namespace waltrack {
namespace {

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool take_quoted(std::string_view& text, std::string_view& taken, std::string& scratch) {
  if (!take(text, "\"")) return false;
  scratch.clear();
  for (;;) {
    const size_t special = text.find_first_of("\"\\");
    if (special == std::string_view::npos) return false;
    if (text[special] == '"') {
      if (scratch.empty()) {
        taken = text.substr(0, special);
      } else {
        scratch.append(text.substr(0, special));
        taken = scratch;
      }
      text.remove_prefix(special + 1);
      return true;
    }
    if (special + 1 >= text.size()) return false;
    scratch.append(text.substr(0, special));
    scratch.push_back(text[special + 1]);
    text.remove_prefix(special + 2);
  }
}

}  // namespace

bool HstoreText::fail() {
  malformed_ = true;
  return false;
}

bool HstoreText::next() {
  if (malformed_ || rest_.empty()) return false;
  if (!first_ && !take(rest_, ", ")) return fail();
  first_ = false;
  if (!take_quoted(rest_, key_, key_scratch_) || !take(rest_, "=>")) return fail();
  value_.reset();
  if (take(rest_, "NULL")) return true;
  std::string_view value;
  if (!take_quoted(rest_, value, value_scratch_)) return fail();
  value_ = value;
  return true;
}

}  // namespace waltrack
