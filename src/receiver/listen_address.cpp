#include "receiver/listen_address.hpp"

#include <charconv>

#include "base/error.hpp"

namespace waltrack {

ListenAddress ListenAddress::parse(std::string_view text) {
  const auto refuse = [&]() -> ListenAddress {
    throw Error(ErrorKind::usage, "not an address to listen on: '" + std::string(text) + "'", {},
                "give HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080; port 0 takes any free one");
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();
  }
  int number = 0;
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (host.empty() || fault != std::errc() || end != port.data() + port.size() || number < 0 ||
      number > 65535) {
    return refuse();
  }
  return {std::string(host), number};
}

}  // namespace waltrack
