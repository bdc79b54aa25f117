#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/pg_connection.hpp"

namespace waltrack {

// The server's list of output plugins that a slot may name: `output_plugin_libraries`.
class OutputPluginList {
 public:
  // The setting's text: names separated by commas, in double quotes where they need them.
  static OutputPluginList parse(std::string_view text);

  bool names(std::string_view plugin) const;
  // Whether a whole list was quoted as if it were one name. It allows nothing.
  bool is_one_quoted_name() const;
  // What stands behind `=` in ALTER SYSTEM for this list, mended and with `plugin`: no quotes
  // around the whole of it.
  std::string with(std::string_view plugin) const;

 private:
  std::vector<std::string> names_;
};

// Nothing where the server has no such list, or where the role may not see it (an ordinary one may
// not): then only trying tells.
std::optional<OutputPluginList> read_output_plugin_list(PgConnection& connection);

}  // namespace waltrack
