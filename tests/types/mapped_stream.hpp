#pragma once

#include <string>
#include <vector>

#include "model/change.hpp"
#include "postgres/source_settings.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {

// An event as a mapping made it, before it is sent.
struct MappedEvent {
  std::string op;
  std::string table;
  std::string user_id;
  std::string json;
};

// A slot of a database, made by the constructor, whose changes go through the real source, decoder,
// catalog and mapper.
class MappedStream {
 public:
  // `mapping` is the text of a mapping file. Throws with all diagnostics when it has errors.
  MappedStream(const PostgresServer& server, const std::string& database, PluginChoice plugin,
               const std::string& mapping);

  // The events of all that was committed since the constructor. Throws when a rule rejects a row.
  std::vector<MappedEvent> read() const;

 private:
  const PostgresServer& server_;
  std::string database_;
  std::string mapping_;
  SourceSettings settings_;
  Plugin plugin_ = Plugin::pgoutput;
  Lsn start_;
};

}  // namespace waltrack
