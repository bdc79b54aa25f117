#include "mapping/name_case.hpp"

#include "base/name_words.hpp"

namespace waltrack {

std::string in_case(std::string_view name, NameCase name_case) {
  std::vector<std::string> words = name_words(name);
  if (words.empty()) return std::string(name);
  switch (name_case) {
    case NameCase::as_is:
      break;
    case NameCase::snake:
      return snake_case(words);
    case NameCase::title:
      return title_case(words);
    case NameCase::camel: {
      std::string camel = words[0];
      for (size_t i = 1; i < words.size(); ++i)
        camel += title_case({words[i]});
      return camel;
    }
  }
  return std::string(name);
}

}  // namespace waltrack
