#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/load.hpp"
#include "cli/named_table.hpp"
#include "cli/terminal.hpp"
#include "mapping/mapper.hpp"
#include "mapping/mapping_folder.hpp"
#include "postgres/catalog.hpp"
#include "workshop/mapping_revision.hpp"
#include "workshop/preview_diff.hpp"
#include "workshop/preview_report.hpp"
#include "workshop/sample_rows.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Takes the last rows of a table, pretends that they were just inserted (or updated, deleted,\n"
    "backfilled), and shows what each rule makes of them: its event, why it is silent, or why the "
    "row\n"
    "is a dead letter. Reads only, sends nothing. The rows' values are shown: mind who looks on.\n"
    "\n"
    "With --diff: what the mapping files say of the same rows other than those of a Git revision, "
    "or\n"
    "of another folder, did: events added, removed and changed.\n"
    "\n"
    "Examples:\n"
    "  waltrack preview users\n"
    "  waltrack preview orders --where \"status = 'paid'\" --limit 1\n"
    "  waltrack preview users --op update --was plan=free      the old row: as it is now, but "
    "plan\n"
    "  waltrack preview orders --limit 50 --diff HEAD         what the edited mappings change\n"
    "  waltrack preview users --json | jq '.rows[].rules[].event'";

struct PreviewOptions {
  CommonOptions common;
  std::string table;
  std::string where;
  int limit = 3;
  std::string op = "insert";
  std::vector<std::string> was;
  std::string diff;
};

Op op_of(const std::string& name) {
  for (const Op op : {Op::update, Op::remove, Op::backfill}) {
    if (name == op_name(op)) return op;
  }
  return Op::insert;
}

// nullptr: the other mappings are not about this table.
std::unique_ptr<Mapper> compile_other(const std::string& other, const Loaded& loaded,
                                      const Table& table, const TableName& name) {
  Diagnostics found;
  const std::vector<MappingFile> about =
      files_about(read_mapping_revision(other, loaded.config.mappings, found), name);
  std::unique_ptr<Mapper> mapper;
  if (!about.empty()) {
    mapper = compile_mappings(about, {&table, 1}, MessageIdentity(0, "", ""), found);
  }
  tell_errors(found, "the mappings of " + other);
  return mapper;
}

void show_difference(const Preview& preview, Mapper* other,
                     const std::vector<ChangeDraft::Row>& rows, const PreviewOptions& options) {
  Preview before = preview;
  if (other != nullptr) {
    before.rows = preview_rows(*other, preview.table, rows, preview.change);
  } else {
    for (RowPreview& row : before.rows)
      row.outcomes.clear();
  }
  const PreviewDiff diff = compare_previews(before, preview);
  if (options.common.json) {
    std::printf("%s\n", preview_diff_json(diff, preview, options.diff).dump(2).c_str());
    return;
  }
  for (const std::string& note : preview.notes)
    std::printf("note: %s\n", note.c_str());
  std::fputs(preview_diff_report(diff, options.diff, terminal_look()).c_str(), stdout);
}

PreviewChange change_of(const PreviewOptions& options, const Table& table) {
  PreviewChange change;
  change.op = op_of(options.op);
  change.commit_time_us = SystemClock().utc_us();
  if (!options.was.empty() && change.op != Op::update) {
    throw Error(ErrorKind::usage, "only an update has a row before: --was goes with --op update");
  }
  for (const std::string& was : options.was)
    change.was.push_back(parse_was(was, table));
  return change;
}

int run_preview(const PreviewOptions& options) {
  const Loaded loaded = load_for_looking(options.common.config_path);
  const Config::Source& source = loaded.config.source;
  const std::string& url = source.backfill_url.empty() ? source.url : source.backfill_url;
  Catalog catalog(url);
  catalog.load();
  const TableName name = find_table(catalog, options.table);
  std::optional<Table> table = catalog.read_table(name);
  if (!table) throw Error(ErrorKind::failure, "the table has just gone", name.full_name());
  const std::unique_ptr<Mapper> mapper = compile_for(loaded.mappings, *table, name);
  std::unique_ptr<Mapper> other;
  if (!options.diff.empty()) other = compile_other(options.diff, loaded, *table, name);
  Preview preview;
  preview.change = change_of(options, *table);
  PgConnection connection = PgConnection::open(url, PgMode::plain);
  SampleRows sample = read_sample_rows(connection, *table, options.where, options.limit);
  preview.key = std::move(sample.key);
  preview.notes = preview_notes(*table, preview.change);
  preview.rows = preview_rows(*mapper, *table, sample.rows, preview.change);
  preview.table = *std::move(table);
  if (!options.diff.empty()) {
    show_difference(preview, other.get(), sample.rows, options);
  } else if (options.common.json) {
    std::printf("%s\n", preview_report_json(preview).dump(2).c_str());
  } else {
    std::fputs(preview_report(preview, terminal_look()).c_str(), stdout);
  }
  return 0;
}

}  // namespace

void register_preview(CLI::App& app, Action& action) {
  auto options = std::make_shared<PreviewOptions>();
  CLI::App* command =
      app.add_subcommand("preview", "the events that real rows would make; sends nothing");
  command->footer(kExamples);
  add_config_option(*command, options->common);
  command->add_option("TABLE", options->table, "the table: name, or schema.name")->required();
  command->add_option("--where", options->where, "a condition in Postgres' SQL");
  command->add_option("--limit", options->limit, "so many rows at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--op", options->op, "insert, update, delete or backfill")
      ->check(CLI::IsMember({"insert", "update", "delete", "backfill"}))
      ->capture_default_str();
  command->add_option("--was", options->was, "COLUMN=VALUE before an update, several times")
      ->allow_extra_args(false);
  command->add_option("--diff", options->diff,
                      "a Git revision or a folder: what its mapping files do other than ours");
  command->add_flag("--json", options->common.json, "print JSON");
  command->callback([&action, options] { action = [options] { return run_preview(*options); }; });
}

}  // namespace waltrack
