#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.hpp"
#include "cli/columns_lock_file.hpp"
#include "cli/command.hpp"
#include "cli/init_dialogue.hpp"
#include "cli/init_plan.hpp"
#include "cli/variables.hpp"
#include "mapping/columns_lock.hpp"
#include "mapping/mapping_folder.hpp"
#include "mapping/mapping_schema.hpp"
#include "postgres/conninfo.hpp"
#include "workshop/config_draft.hpp"
#include "workshop/setup_sql.hpp"
#include "workshop/yaml_text.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

const char* const kExamples =
    "Looks at a database's tables (names, types and keys; no rows) and writes waltrack.yaml, a "
    "first\n"
    "mapping file for each table, columns.lock.json beside them, and waltrack-setup.sql: what an\n"
    "administrator has to run. Never overwrites a file, never changes the database, never writes "
    "a\n"
    "secret. On a terminal it asks; --yes takes everything as it is.\n"
    "\n"
    "Examples:\n"
    "  export DATABASE_URL=postgres://me@db.example.com/shop\n"
    "  waltrack init\n"
    "  waltrack init --yes --tables 'users,orders,billing.*'\n"
    "  waltrack init --yes --schema public -c /etc/waltrack/waltrack.yaml\n"
    "  waltrack init --json | jq '.files[].path'";

enum class FileOutcome { written, kept };

struct WrittenFile {
  std::string path;
  FileOutcome outcome = FileOutcome::written;
  std::string why;  // of one that was kept
};

struct InitReport {
  std::vector<WrittenFile> files;
  std::vector<std::string> notes;
};

[[noreturn]] void fail_to_write(const fs::path& path) {
  throw Error(ErrorKind::failure, std::string("cannot write it: ") + std::strerror(errno),
              path.string(), "what was written before stays; run this again when that is mended");
}

// Makes a file that is not there yet.
void write_new(const fs::path& path, const std::string& text, InitReport& report) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST) {
    report.files.push_back({path.string(), FileOutcome::kept, "it was there already"});
    return;
  }
  if (fd < 0) fail_to_write(path);
  for (size_t done = 0; done < text.size();) {
    const ssize_t wrote = write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int reason = errno;
      close(fd);
      unlink(path.c_str());
      errno = reason;
      fail_to_write(path);
    }
    done += static_cast<size_t>(wrote);
  }
  if (close(fd) != 0) fail_to_write(path);
  report.files.push_back({path.string(), FileOutcome::written, {}});
}

ConfigDraft config_of(const InitPlan& plan) {
  ConfigDraft draft;
  const fs::path folder = fs::absolute(plan.config_path).parent_path();
  draft.mappings = fs::absolute(plan.mappings)
                       .lexically_normal()
                       .lexically_relative(folder.lexically_normal())
                       .string();
  if (draft.mappings.empty() || draft.mappings.starts_with(".."))
    draft.mappings = fs::absolute(plan.mappings).lexically_normal().string();
  if (!draft.mappings.ends_with('/')) draft.mappings += '/';
  if (!plan.server.allows_wal2json) {
    draft.plugin = "pgoutput";
    draft.plugin_why = "the server does not allow wal2json, see waltrack-setup.sql";
  }
  for (const PlannedTable& table : plan.tables) {
    if (!table.chosen || !table.draft.enabled || !table.facts->partitioned) continue;
    draft.plugin = "pgoutput";
    draft.plugin_why = table.facts->name().full_name() +
                       " is partitioned: pgoutput follows partitions that come and go";
  }
  return draft;
}

std::string setup_of(const InitPlan& plan) {
  std::vector<SetupTable> tables;
  for (const PlannedTable& table : plan.tables) {
    if (table.chosen || table.mapped_before)
      tables.push_back(
          {table.facts, table.mapped_before || table.draft.enabled, table.draft.reads_old});
  }
  return setup_sql(plan.server, tables);
}

void write_lock(const InitPlan& plan, const std::string& url, InitReport& report) {
  Diagnostics ignored;
  const std::vector<MappingFile> mappings = read_mapping_folder(plan.mappings, ignored);
  Catalog catalog(url);
  catalog.load();
  const std::optional<std::string> text = columns_lock_text(catalog, mappings);
  const fs::path path = plan.mappings / kColumnsLockName;
  if (text) write_new(path, *text, report);
  if (text && report.files.back().outcome == FileOutcome::kept)
    report.files.back().why = "`waltrack check` brings it up to date";
}

void make_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    throw Error(ErrorKind::failure, "cannot make the folder: " + problem.message(), folder.string(),
                "--mappings and -c name other places");
  }
}

InitReport write_files(const InitPlan& plan, const std::string& url) {
  InitReport report;
  make_folder(plan.mappings);
  if (plan.config_path.has_parent_path()) make_folder(plan.config_path.parent_path());
  write_new(plan.config_path, config_draft(config_of(plan)), report);
  for (const PlannedTable& table : plan.tables) {
    if (!table.chosen) continue;
    if (table.mapped_before) {
      report.notes.push_back(table.facts->name().full_name() +
                             " has a mapping already: left as it is");
    } else {
      write_new(plan.mappings / table.draft.file_name, table.draft.text, report);
    }
  }
  write_new(plan.mappings / kMappingSchemaName, mapping_schema(), report);
  write_new(plan.setup_path, setup_of(plan), report);
  if (report.files.back().outcome == FileOutcome::kept)
    report.files.back().why = "it was there already; move it away to have a new one";
  write_lock(plan, url, report);
  return report;
}

void print_tables(const InitPlan& plan) {
  std::printf("%s: Postgres %d, %zu tables\n\n", plan.where.c_str(), plan.server.version / 10000,
              plan.facts.size());
  size_t width = 0;
  for (const PlannedTable& table : plan.tables)
    width = std::max(width, comment_text(table.facts->name().full_name(), 60).size());
  for (size_t i = 0; i < plan.tables.size(); ++i) {
    const PlannedTable& table = plan.tables[i];
    std::printf("%4zu  %-*s  %s\n", i + 1, static_cast<int>(width),
                comment_text(table.facts->name().full_name(), 60).c_str(),
                table.mapped_before ? "has a mapping already" : table.draft.summary.c_str());
  }
  if (!plan.skipped.empty()) std::printf("\nSkipped:\n");
  for (const SkippedTable& table : plan.skipped)
    std::printf("      %s: %s\n", comment_text(table.name.full_name()).c_str(), table.why.c_str());
  std::printf("\n");
}

void print_report(const InitReport& report) {
  for (const WrittenFile& file : report.files) {
    if (file.outcome == FileOutcome::written) {
      std::printf("wrote  %s\n", file.path.c_str());
    } else {
      std::printf("kept   %s  (%s)\n", file.path.c_str(), file.why.c_str());
    }
  }
  for (const std::string& note : report.notes)
    std::printf("note   %s\n", note.c_str());
}

void print_next(const InitPlan& plan) {
  const std::string config =
      plan.config_path == "waltrack.yaml" ? "" : " -c " + plan.config_path.string();
  std::printf(
      "\nNext:\n"
      "  1. Set DATABASE_URL and SEGMENT_WRITE_KEY: waltrack.yaml takes both from the "
      "environment.\n"
      "  2. Let an administrator read and run %s.\n"
      "  3. Read the mapping files; everything in them is meant to be changed.\n"
      "  4. waltrack check%s\n",
      plan.setup_path.string().c_str(), config.c_str());
}

void print_json(const InitPlan& plan, const InitReport& report) {
  nlohmann::ordered_json json = {{"server", plan.where},
                                 {"files", nlohmann::ordered_json::array()},
                                 {"tables", nlohmann::ordered_json::array()},
                                 {"skipped", nlohmann::ordered_json::array()},
                                 {"notes", report.notes}};
  for (const WrittenFile& file : report.files) {
    json["files"].push_back(
        {{"path", file.path},
         {"outcome", file.outcome == FileOutcome::written ? "written" : "kept"}});
  }
  for (const PlannedTable& table : plan.tables) {
    json["tables"].push_back({{"table", table.facts->name().full_name()},
                              {"outcome", table.mapped_before   ? "mapped_before"
                                          : table.draft.enabled ? "mapped"
                                                                : "switched_off"},
                              {"file", (plan.mappings / table.draft.file_name).string()},
                              {"tells", table.draft.summary}});
  }
  for (const SkippedTable& table : plan.skipped)
    json["skipped"].push_back({{"table", table.name.full_name()}, {"why", table.why}});
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

// The database to look at, and whether the person still has to put it into DATABASE_URL.
struct ChosenUrl {
  std::string url;
  bool typed = false;
};

ChosenUrl choose_url(const InitOptions& options, bool interactive) {
  if (!options.url.empty()) return {options.url, true};
  if (std::string url = url_of_config(options.config_path); !url.empty()) return {url, false};
  if (const auto url = process_environment()("DATABASE_URL"); url && !url->empty())
    return {*url, false};
  if (interactive) {
    std::printf(
        "Which database? A URL such as postgres://me@localhost/shop. It goes into no file, but it\n"
        "is shown as you type: one with a password had better be in DATABASE_URL.\n");
    const std::optional<std::string> url = ask_on_terminal("> ");
    if (url && !url->empty()) return {*url, true};
  }
  throw Error(ErrorKind::usage, "there is no database to look at", {},
              "set DATABASE_URL=postgres://…, or give --url");
}

// False when the person went away.
bool choose_on_terminal(InitPlan& plan) {
  const auto chosen = ask_choice(
      ask_on_terminal, "Write mappings for which? [Enter = all, 1,3-5, -2 = all but 2, none] ",
      plan.tables.size());
  if (!chosen) return false;
  for (PlannedTable& table : plan.tables)
    table.chosen = false;
  for (const size_t i : *chosen)
    plan.tables[i].chosen = true;
  std::printf("\n");
  return true;
}

int run_init(const InitOptions& options) {
  const bool interactive =
      !options.yes && !options.json && isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
  const ChosenUrl chosen = choose_url(options, interactive);
  InitPlan plan = plan_init(options, chosen.url);
  if (!options.json) print_tables(plan);
  if (interactive && !plan.tables.empty() && !choose_on_terminal(plan)) {
    std::printf("Nothing was written.\n");
    return 1;
  }
  InitReport report = write_files(plan, chosen.url);
  if (chosen.typed && holds_password(chosen.url)) {
    report.notes.push_back(
        "the URL holds a password and was written to no file: put the URL into DATABASE_URL");
  }
  if (options.json) {
    print_json(plan, report);
  } else {
    print_report(report);
    print_next(plan);
  }
  return 0;
}

}  // namespace

void register_init(CLI::App& app, Action& action) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command =
      app.add_subcommand("init", "look at a database, write waltrack.yaml and first mapping files");
  command->footer(kExamples);
  command->add_option("--url", options->url,
                      "the database; else source.url of the configuration, else $DATABASE_URL");
  command->add_option("-c,--config", options->config_path, "the configuration file to write")
      ->capture_default_str();
  command->add_option(
      "--mappings", options->mappings,
      "the folder for the mapping files (default: mappings/ beside the configuration)");
  command
      ->add_option("--tables", options->tables, "only these: names and globs, with commas between")
      ->delimiter(',');
  command->add_option("--schema", options->schemas, "only tables of these schemas")->delimiter(',');
  command->add_option("--role", options->role,
                      "the role that waltrack will log in as, for waltrack-setup.sql (default: the "
                      "URL's, or waltrack where that is an administrator)");
  command->add_flag("-y,--yes", options->yes, "ask nothing, write all");
  command->add_flag("--json", options->json, "print JSON, and ask nothing");
  command->callback([&action, options] { action = [options] { return run_init(*options); }; });
}

}  // namespace waltrack
