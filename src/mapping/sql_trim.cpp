#include "mapping/sql_trim.hpp"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <vector>

#include "mapping/sql_value.hpp"

namespace waltrack {
namespace {

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string_view first_character(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && continues_character(text[length]))
    ++length;
  return text.substr(0, length);
}

std::string_view last_character(std::string_view text) {
  size_t start = text.size() - 1;
  while (start > 0 && continues_character(text[start]))
    --start;
  return text.substr(start);
}

// Characters to be taken off; views into their text.
class CharacterSet {
 public:
  explicit CharacterSet(std::string_view characters) {
    while (!characters.empty()) {
      std::string_view one = first_character(characters);
      if (one.size() == 1) {
        single_.set(static_cast<unsigned char>(one[0]));
      } else {
        long_.push_back(one);
      }
      characters.remove_prefix(one.size());
    }
    std::sort(long_.begin(), long_.end());
  }

  bool has(std::string_view character) const {
    if (character.size() == 1) return single_.test(static_cast<unsigned char>(character[0]));
    return std::binary_search(long_.begin(), long_.end(), character);
  }

 private:
  std::bitset<256> single_;
  std::vector<std::string_view> long_;
};

enum class Side : uint8_t { both, left, right };

template <Side kSide>
void trim(sqlite3_context* context, int count, sqlite3_value** values) {
  if (is_null(values[0]) || (count == 2 && is_null(values[1]))) return sqlite3_result_null(context);
  std::string_view text = text_of(values[0]);
  const CharacterSet set(count == 2 ? text_of(values[1]) : " ");
  if constexpr (kSide != Side::right) {
    while (!text.empty() && set.has(first_character(text)))
      text.remove_prefix(first_character(text).size());
  }
  if constexpr (kSide != Side::left) {
    while (!text.empty() && set.has(last_character(text)))
      text.remove_suffix(last_character(text).size());
  }
  give_text(context, text);
}

}  // namespace

void add_trim_functions(sqlite3* db) {
  for (int arguments : {1, 2}) {
    add_function(db, "trim", arguments, trim<Side::both>);
    add_function(db, "ltrim", arguments, trim<Side::left>);
    add_function(db, "rtrim", arguments, trim<Side::right>);
  }
}

}  // namespace waltrack
