#include "mapping/mapping_folder.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace waltrack {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_text(const fs::path& path) {
  std::error_code problem;
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open() || !fs::is_regular_file(path, problem)) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return std::nullopt;
  return std::move(text).str();
}

SourcePlace whole(const fs::path& path) {
  return {path.string(), 0, 0};
}

template <typename T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

template <typename T>
void add_once(std::vector<T>& list, const T& value) {
  if (!contains(list, value)) list.push_back(value);
}

template <typename Visit>
void for_each_enabled(const std::vector<MappingFile>& files, Visit&& visit) {
  for (const MappingFile& file : files) {
    for (const MappingDocument& document : file.documents) {
      if (document.enabled) visit(document);
    }
  }
}

// The tables that a document is about, globs as those that they match.
void add_tables(const MappingDocument& document, std::span<const TableName> existing,
                std::vector<TableName>& tables) {
  for (const TableRef& table : document.tables) {
    if (!table.glob.is_glob()) {
      add_once(tables, TableName{table.glob.schema.text, table.glob.name.text});
      continue;
    }
    for (const TableName& name : existing) {
      if (table.glob.matches(name)) add_once(tables, name);
    }
  }
}

}  // namespace

std::vector<MappingFile> read_mapping_folder(const fs::path& folder, Diagnostics& diagnostics) {
  std::vector<fs::path> paths;
  std::error_code problem;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end;
       it.increment(problem)) {
    // Editors keep their own files beside, with a dot in front.
    if (it->path().filename().string().starts_with('.')) continue;
    fs::path extension = it->path().extension();
    if (extension == ".yaml" || extension == ".yml") paths.push_back(it->path());
  }
  if (problem) {
    diagnostics.error(whole(folder), "cannot read the mapping files: " + problem.message(),
                      "the setting `mappings` names the folder");
    return {};
  }
  std::sort(paths.begin(), paths.end());
  std::vector<MappingFile> files;
  for (const fs::path& path : paths) {
    std::optional<std::string> text = read_text(path);
    if (!text) {
      diagnostics.error(whole(path), "cannot read this file");
      continue;
    }
    const int errors_before = diagnostics.error_count();
    files.push_back(read_mapping_file(*text, path.string(), diagnostics));
    if (files.back().documents.empty() && diagnostics.error_count() == errors_before) {
      diagnostics.warning(whole(path), "there is no mapping in this file");
    }
  }
  const bool any =
      std::ranges::any_of(files, [](const auto& file) { return !file.documents.empty(); });
  if (!any && !diagnostics.has_errors()) {
    diagnostics.error(whole(folder),
                      "no mapping: there is no *.yaml file with a table or message in it",
                      "write one that begins with table: schema.name");
  }
  return files;
}

Followed followed(const std::vector<MappingFile>& files, std::span<const TableName> existing) {
  Followed wanted;
  for_each_enabled(files, [&](const MappingDocument& document) {
    if (document.is_message()) add_once(wanted.message_prefixes, document.message);
    for (const TableRef& table : document.tables) {
      if (table.glob.is_glob()) add_once(wanted.globs, table.glob);
    }
    add_tables(document, existing, wanted.tables);
  });
  return wanted;
}

std::vector<TableName> initially_backfilled(const std::vector<MappingFile>& files,
                                            std::span<const TableName> existing) {
  std::vector<TableName> initial;
  std::vector<TableName> never;
  for_each_enabled(files, [&](const MappingDocument& document) {
    if (document.backfill == InitialBackfill::initial) add_tables(document, existing, initial);
    if (document.backfill == InitialBackfill::never) add_tables(document, existing, never);
  });
  std::erase_if(initial, [&](const TableName& table) { return contains(never, table); });
  return initial;
}

}  // namespace waltrack
