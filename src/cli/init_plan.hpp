#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "postgres/server_readiness.hpp"
#include "workshop/mapping_draft.hpp"
#include "workshop/table_guess.hpp"

namespace waltrack {

// What `waltrack init` was told on its command line.
struct InitOptions {
  std::string config_path = "waltrack.yaml";
  std::string url;
  std::string mappings;
  std::string role;
  std::vector<std::string> tables;  // names and globs
  std::vector<std::string> schemas;
  bool yes = false;
  bool json = false;
};

// A table that gets a mapping file, or has one.
struct PlannedTable {
  const TableFacts* facts = nullptr;
  MappingDraft draft;
  bool mapped_before = false;
  bool chosen = true;
};

struct SkippedTable {
  TableName name;
  std::string why;
};

// The database as `init` found it, and what it means to write.
struct InitPlan {
  std::filesystem::path config_path;
  std::filesystem::path mappings;
  std::filesystem::path setup_path;
  bool config_exists = false;

  std::string where;  // the server, for people; no secret
  ServerReadiness server;
  std::vector<TableFacts> facts;
  SchemaGuess guess;
  std::vector<PlannedTable> tables;  // each with a file name of its own
  std::vector<SkippedTable> skipped;
};

// Looks at the database and at the files that are there; writes nothing. Throws PgError, and a
// usage Error for a name in --tables that is no table.
InitPlan plan_init(const InitOptions& options, const std::string& url);

// The URL of a configuration that exists already; "" when there is none in it.
std::string url_of_config(const std::string& config_path);

}  // namespace waltrack
