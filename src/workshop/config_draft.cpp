#include "workshop/config_draft.hpp"

#include "workshop/yaml_text.hpp"

namespace waltrack {

std::string config_draft(const ConfigDraft& draft) {
  const std::string why = draft.plugin_why.empty()
                              ? "wal2json where the server has and allows it, else pgoutput"
                              : comment_text(draft.plugin_why, 300);
  return "# ${NAME} comes from the environment. Relative paths start at this file's folder.\n"
         "source:\n"
         "  url: ${DATABASE_URL}             # such as postgres://waltrack:…@db.example.com/shop\n"
         "  slot: waltrack                   # made at the first start\n"
         "  # " +
         why +
         "\n"
         "  plugin: " +
         draft.plugin +
         "\n"
         "  publication: waltrack            # for pgoutput\n"
         "destination:\n"
         "  write_key: ${SEGMENT_WRITE_KEY}  # or write_key_file: PATH\n"
         "  region: us                       # or eu: the wrong one loses events without an "
         "error.\n"
         "  # To look before you send, instead of the region, with `waltrack receive` running:\n"
         "  # url: http://127.0.0.1:8091/v1/batch\n"
         "state: waltrack.db                 # a file on a local disk, for this one waltrack "
         "alone\n"
         "mappings: " +
         yaml_scalar(draft.mappings) + "\n";
}

}  // namespace waltrack
