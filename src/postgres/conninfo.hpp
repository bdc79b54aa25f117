#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace waltrack {

// The parameters of a connection string (key=value pairs or a URL), as libpq reads them, without
// its defaults. They may hold secrets.
using Conninfo = std::map<std::string, std::string>;

// Nothing for what libpq can't read, and for a URL that it takes apart elsewhere than its author
// meant: a bare '@' or '/' in a password makes a host, a port or a database of a part of it, which
// then would be told.
std::optional<Conninfo> parse_conninfo(const std::string& text);

// Key=value form, secrets as they are.
std::string conninfo_text(const Conninfo& conninfo);

// One for each host that it names, in their order.
std::vector<Conninfo> one_per_host(const Conninfo& conninfo);

// Whether a password stands in it. A string that can't be read may hold one.
bool holds_password(const std::string& text);

}  // namespace waltrack
