#include "cli/batch_url.hpp"

#include <algorithm>
#include <charconv>

namespace waltrack {
namespace {

constexpr const char* kExample = "as in https://host/v1/batch";

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

}  // namespace

BatchUrlCheck check_batch_url(std::string_view url) {
  const auto is_odd = [](char c) { return c <= ' ' || c >= 0x7F; };
  if (std::any_of(url.begin(), url.end(), is_odd)) {
    return {"has a blank or a character that no URL has", kExample, false};
  }
  const bool plain = url.starts_with("http://");
  if (!plain && !url.starts_with("https://")) {
    return {"must start with https:// or http://", kExample, false};
  }
  const size_t start = url.find("://") + 3;
  const size_t end = std::min(url.find_first_of("/?#", start), url.size());
  std::string_view host = url.substr(start, end - start);
  if (host.find('@') != host.npos) {
    return {"must not carry credentials", "the write key is the only one that is sent", false};
  }
  if (url.find('#', end) != url.npos) return {"must not have a #fragment", kExample, false};
  const size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  const size_t colon = bracket == host.npos ? host.npos : host.find(':', bracket);
  if (colon != host.npos) {
    if (!is_port(host.substr(colon + 1))) return {"has a port that is none", "1 to 65535", false};
    host = host.substr(0, colon);
  }
  if (host.empty() || bracket == host.npos) return {"names no host", kExample, false};
  return {{}, {}, plain && !is_loopback(host)};
}

}  // namespace waltrack
