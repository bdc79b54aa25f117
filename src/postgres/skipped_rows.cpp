#include "postgres/skipped_rows.hpp"

namespace waltrack {
namespace {

bool take(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

// ` in table "public"."orders"`. The plugin puts names between quotes as they are: a quote in one
// is not doubled.
std::string table_in(std::string_view warning) {
  constexpr std::string_view kBetween = "\".\"";
  const std::string unnamed = "a table that the server did not name";
  if (!take(warning, " in table \"") || !warning.ends_with('"')) return unnamed;
  warning.remove_suffix(1);
  const size_t between = warning.find(kBetween);
  if (between == std::string_view::npos) return unnamed;
  std::string name(warning.substr(0, between));
  return name.append(".").append(warning.substr(between + kBetween.size()));
}

}  // namespace

// no tuple identifier for UPDATE in table "public"."orders"
bool SkippedRows::count(std::string_view warning) {
  if (!take(warning, "no tuple identifier for ")) return false;
  const bool is_delete = take(warning, "DELETE");
  if (!is_delete) take(warning, "UPDATE");
  Count& count = tables_[table_in(warning)];
  ++(is_delete ? count.deletes : count.updates);
  return true;
}

}  // namespace waltrack
