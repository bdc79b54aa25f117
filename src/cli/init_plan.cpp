#include "cli/init_plan.hpp"

#include <algorithm>
#include <set>

#include "base/nearest.hpp"
#include "cli/config.hpp"
#include "cli/variables.hpp"
#include "mapping/mapping_folder.hpp"
#include "mapping/table_names.hpp"
#include "model/table_glob.hpp"
#include "postgres/catalog.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

// What is wrong in it is for `check` to tell.
Config existing_config(const std::string& path) {
  Diagnostics ignored;
  return load_config(path, ignored, process_environment());
}

// A name or pattern as people type it; what cannot be one is a name that nothing has.
TableGlob read_glob(const std::string& text) {
  if (std::optional<TableGlob> glob = parse_table_glob(text)) return *std::move(glob);
  return {{"public", false}, {text, false}};
}

class Planner {
 public:
  Planner(const InitOptions& options, const std::string& url) : options_(options), url_(url) {}

  InitPlan plan() {
    settle_paths();
    look_at_server();
    choose_tables();
    name_files();
    return std::move(plan_);
  }

 private:
  void settle_paths();
  void look_at_server();
  void choose_tables();
  void name_files();
  bool is_wanted(const TableName& name, std::vector<bool>& globs_used) const;
  void refuse_unknown(const std::vector<bool>& globs_used) const;

  const InitOptions& options_;
  const std::string& url_;
  InitPlan plan_;
  std::string publication_ = "waltrack";
  std::vector<TableGlob> globs_;
  std::vector<TableGlob> mapped_;  // by the files that are there, switched off or not
};

void Planner::settle_paths() {
  plan_.config_path = options_.config_path;
  plan_.config_exists = fs::exists(plan_.config_path);
  const fs::path folder = plan_.config_path.parent_path();
  plan_.mappings = folder / "mappings";
  plan_.setup_path = folder / "waltrack-setup.sql";
  if (plan_.config_exists) {
    const Config config = existing_config(options_.config_path);
    plan_.mappings = config.mappings;
    publication_ = config.source.publication;
  }
  if (!options_.mappings.empty()) plan_.mappings = options_.mappings;
  if (!fs::is_directory(plan_.mappings)) return;
  Diagnostics ignored;
  for (const MappingFile& file : read_mapping_folder(plan_.mappings, ignored)) {
    for (const MappingDocument& document : file.documents) {
      for (const TableRef& table : document.tables)
        mapped_.push_back(table.glob);
    }
  }
}

void Planner::look_at_server() {
  PgConnection connection = PgConnection::open(url_, PgMode::plain);
  plan_.where = connection.context().where;
  Catalog catalog(url_);
  catalog.load();
  plan_.facts = read_table_facts(connection, catalog);
  plan_.guess = guess_schema(plan_.facts);
  std::string role = options_.role;
  // Who administers looks on behalf of a role that may do less.
  if (role.empty()) role = role_administers(connection) ? "waltrack" : connection.role();
  plan_.server = read_server_readiness(connection, role, publication_);
}

bool Planner::is_wanted(const TableName& name, std::vector<bool>& globs_used) const {
  bool wanted = globs_.empty();
  for (size_t i = 0; i < globs_.size(); ++i) {
    if (!globs_[i].matches(name)) continue;
    globs_used[i] = wanted = true;
  }
  if (options_.schemas.empty()) return wanted;
  return wanted && std::ranges::find(options_.schemas, name.schema) != options_.schemas.end();
}

void Planner::refuse_unknown(const std::vector<bool>& globs_used) const {
  std::vector<std::string> known;
  for (const TableFacts& facts : plan_.facts)
    known.push_back(facts.name().full_name());
  for (size_t i = 0; i < globs_used.size(); ++i) {
    if (globs_used[i]) continue;
    throw Error(ErrorKind::usage, "there is no table " + globs_[i].full_name(), plan_.where,
                suggest_name(globs_[i].full_name(), known));
  }
  for (const std::string& schema : options_.schemas) {
    const bool found = std::ranges::any_of(
        plan_.facts, [&](const TableFacts& facts) { return facts.table.schema == schema; });
    if (!found)
      throw Error(ErrorKind::usage, "there is no table in a schema " + schema, plan_.where,
                  "leave --schema out to see all");
  }
}

void Planner::choose_tables() {
  for (const std::string& text : options_.tables)
    globs_.push_back(read_glob(text));
  std::vector<bool> globs_used(globs_.size(), false);
  for (size_t i = 0; i < plan_.facts.size(); ++i) {
    const TableFacts& facts = plan_.facts[i];
    const TableGuess& guess = plan_.guess.tables[i];
    if (!is_wanted(facts.name(), globs_used)) continue;
    if (!guess.skipped.empty()) {
      plan_.skipped.push_back({facts.name(), guess.skipped});
      continue;
    }
    PlannedTable& table = plan_.tables.emplace_back();
    table.facts = &facts;
    table.draft = draft_mapping(facts, guess, plan_.guess.users);
    table.mapped_before = std::ranges::any_of(
        mapped_, [&](const TableGlob& glob) { return glob.matches(facts.name()); });
  }
  refuse_unknown(globs_used);
}

// Names that differ only by case would be one file on many disks.
void Planner::name_files() {
  std::set<std::string> taken;
  for (PlannedTable& table : plan_.tables) {
    std::string& name = table.draft.file_name;
    const std::string stem = name.substr(0, name.size() - 5);
    const auto small = [](std::string text) {
      for (char& c : text)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      return text;
    };
    for (int n = 2; !taken.insert(small(name)).second; ++n)
      name = stem + "_" + std::to_string(n) + ".yaml";
  }
}

}  // namespace

InitPlan plan_init(const InitOptions& options, const std::string& url) {
  return Planner(options, url).plan();
}

std::string url_of_config(const std::string& config_path) {
  if (!fs::exists(config_path)) return {};
  return existing_config(config_path).source.url;
}

}  // namespace waltrack
