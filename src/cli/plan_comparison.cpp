#include "cli/plan_comparison.hpp"

#include <fstream>
#include <memory>

#include "base/error.hpp"
#include "cli/assemble.hpp"
#include "cli/offline.hpp"
#include "workshop/plan_check.hpp"
#include "workshop/plan_file.hpp"

namespace waltrack {
namespace {

// Never more than read_plan() takes: what is named may be endless.
bool read_plan_text(const std::string& path, std::string& text) {
  std::ifstream in(path, std::ios::binary);
  text.resize(kMostPlanBytes + 1);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return in.is_open() && !in.bad();
}

// Nothing when the mappings do not fit the tables; that is told in `diagnostics` if it is about the
// lock: check tells the server's part anyhow.
std::unique_ptr<Mapper> compile(const Loaded& loaded, Diagnostics& diagnostics) {
  Diagnostics told_elsewhere;
  try {
    Catalog catalog(loaded.config.source.url);
    catalog.load();
    return compile_against(catalog, loaded.mappings, MessageIdentity(0, "", ""), told_elsewhere);
  } catch (const Error&) {
    const auto tables = load_columns_lock(loaded.config.mappings, diagnostics);
    return tables ? compile_offline(loaded.mappings, *tables, diagnostics) : nullptr;
  }
}

}  // namespace

Diagnostics compare_with_plan(const Loaded& loaded, const std::string& plan_path) {
  Diagnostics diagnostics;
  std::string text;
  if (!read_plan_text(plan_path, text)) {
    diagnostics.error({plan_path, 0, 0}, "can't read the tracking plan",
                      "`waltrack plan -o FILE` writes one");
    return diagnostics;
  }
  const std::vector<PlannedRule> plan = read_plan(text, plan_path, diagnostics);
  if (diagnostics.has_errors()) return diagnostics;
  try {
    if (const std::unique_ptr<Mapper> mapper = compile(loaded, diagnostics)) {
      check_plan(mapper->outlines(), plan, plan_path, diagnostics);
    } else {
      diagnostics.warning({plan_path, 0, 0},
                          "not compared with the mappings: they have errors of their own");
    }
  } catch (const Error& error) {
    diagnostics.error({error.where(), 0, 0}, error.what(), error.hint());
  }
  return diagnostics;
}

}  // namespace waltrack
