#include "mapping/hstore_text.hpp"

#include "mapping/quoted_text.hpp"

namespace waltrack {
namespace {

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
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
  if (!take_quoted(rest_, QuoteEscape::backslash, key_, key_scratch_) || !take(rest_, "=>"))
    return fail();
  value_.reset();
  if (take(rest_, "NULL")) return true;
  std::string_view value;
  if (!take_quoted(rest_, QuoteEscape::backslash, value, value_scratch_)) return fail();
  value_ = value;
  return true;
}

}  // namespace waltrack
