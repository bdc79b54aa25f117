#include "workshop/mapping_revision.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "mapping/mapping_folder.hpp"
#include "workshop/program_output.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void no_revision(const std::string& other, const std::string& why) {
  throw Error(ErrorKind::usage, "'" + other + "' is neither a folder nor a Git revision" + why,
              "--diff", "for example --diff HEAD, --diff main~3, --diff ../mappings-of-before");
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

ProgramOutput git(std::vector<std::string> args, const fs::path& folder) {
  args.insert(args.begin(), "git");
  return run_program(args, folder);
}

// Of the folder itself, as a reader of the working tree takes them: no sub-folders, no hidden ones.
std::vector<std::string> mapping_names(std::string_view listing) {
  std::vector<std::string> names;
  while (!listing.empty()) {
    const size_t end = std::min(listing.find('\0'), listing.size());
    const std::string name(listing.substr(0, end));
    listing.remove_prefix(std::min(end + 1, listing.size()));
    const bool is_mapping = name.ends_with(".yaml") || name.ends_with(".yml");
    if (is_mapping && !name.starts_with('.')) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::vector<MappingFile> read_mapping_revision(const std::string& other, const fs::path& folder,
                                               Diagnostics& diagnostics) {
  std::error_code problem;
  if (fs::is_directory(other, problem)) return read_mapping_folder(other, diagnostics);
  if (other.empty() || other.starts_with('-')) no_revision(other, "");
  const ProgramOutput commit =
      git({"rev-parse", "--verify", "--quiet", other + "^{commit}"}, folder);
  if (commit.exit_code == -1) no_revision(other, ": there is no git to ask");
  if (commit.exit_code != 0) {
    no_revision(other, commit.err.empty() ? "" : " (git: " + first_line(commit.err) + ")");
  }
  const std::string id = first_line(commit.out);
  const ProgramOutput listing = git({"ls-tree", "-z", "--name-only", id, "./"}, folder);
  const std::vector<std::string> names = mapping_names(listing.out);
  if (listing.exit_code != 0 || names.empty()) {
    diagnostics.error({other + ":" + folder.lexically_normal().string(), 0, 0},
                      "there was no mapping file in this folder then",
                      "name a later revision, or a folder that holds the other mappings");
    return {};
  }
  std::vector<MappingFile> files;
  for (const std::string& name : names) {
    const std::string path = other + ":" + (folder / name).lexically_normal().string();
    const ProgramOutput text = git({"show", id + ":./" + name}, folder);
    if (text.exit_code != 0) {
      diagnostics.error({path, 0, 0}, "git cannot show this file: " + first_line(text.err));
      continue;
    }
    files.push_back(read_mapping_file(text.out, path, diagnostics));
  }
  return files;
}

}  // namespace waltrack
