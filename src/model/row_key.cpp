#include "model/row_key.hpp"

namespace waltrack {

std::vector<std::string> RowKey::parts() const {
  std::vector<std::string> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find('\0', begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

}  // namespace waltrack
