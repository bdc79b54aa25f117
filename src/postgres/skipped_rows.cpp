#include "postgres/skipped_rows.hpp"

namespace waltrack {
namespace {

bool take(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

}  // namespace

// no tuple identifier for UPDATE in table "public"."orders"
// The plugin puts names between quotes as they are: a quote in one is not doubled.
bool SkippedRows::count(std::string_view warning) {
  if (!take(warning, "no tuple identifier for ")) return false;
  ++total_;
  const bool is_update = take(warning, "UPDATE");
  if (!is_update && !take(warning, "DELETE")) return true;
  if (!take(warning, " in table \"") || !warning.ends_with('"')) return true;
  warning.remove_suffix(1);
  constexpr std::string_view kBetween = "\".\"";
  const size_t between = warning.find(kBetween);
  if (between == std::string_view::npos) return true;
  std::string name(warning.substr(0, between));
  name.append(".").append(warning.substr(between + kBetween.size()));
  Count& count = tables_[std::move(name)];
  ++(is_update ? count.updates : count.deletes);
  return true;
}

}  // namespace waltrack
