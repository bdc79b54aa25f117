#pragma once

#include <pqxx/pqxx>
#include <string>
#include <utility>
#include <vector>

#include "postgres/decoded_text.hpp"
#include "postgres/fake_catalog.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {

// A new database on a server with a slot of each plugin, to see the same changes twice.
class BothPlugins {
 public:
  // Runs `schema` before the slots are made.
  BothPlugins(const PostgresServer& server, const std::string& database,
              const std::vector<std::string>& schema);
  ~BothPlugins();
  BothPlugins(const BothPlugins&) = delete;
  BothPlugins& operator=(const BothPlugins&) = delete;

  // Each statement on its own, or all of them in one transaction.
  void run(const std::vector<std::string>& statements) const;
  void run_together(const std::vector<std::string>& statements) const;
  pqxx::connection connect() const { return server_.connect(database_); }

  // Of these prefixes; none to begin with.
  void follow_messages(std::vector<std::string> prefixes) { prefixes_ = std::move(prefixes); }

  // What the decoders make of all that happened since the slots were made: items as text with the
  // type OIDs of their columns, transactions without a change left out.
  std::vector<std::string> wal2json(const std::string& timezone = "UTC") const;
  // The publication "everything" tells partitions by their own names, "by_root" as their root.
  std::vector<std::string> pgoutput(const std::string& publication = "everything") const;

 private:
  std::vector<StreamMessage> messages(const std::string& timezone, const std::string& query) const;
  FakeCatalog catalog() const;

  const PostgresServer& server_;
  std::string database_;
  std::vector<std::string> prefixes_;
};

}  // namespace waltrack
