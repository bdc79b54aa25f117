#include "workshop/column_guess.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "base/name_words.hpp"
#include "mapping/personal_data.hpp"

namespace waltrack {
namespace {

bool is_in(std::string_view word, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_time(ValueKind kind) {
  return kind == ValueKind::timestamptz || kind == ValueKind::timestamp;
}

bool is_binary(const ColumnType& type) {
  return type.kind == ValueKind::bytea ||
         is_in(type.name, {"tsvector", "tsquery", "geometry", "geography", "vector", "halfvec",
                           "sparsevec", "bit", "bit varying", "raster"});
}

bool is_upkeep(std::string_view name) {
  return is_in(name,
               {"updated_at", "updated", "updated_on", "modified_at", "modified", "modified_on",
                "last_modified", "last_updated", "date_updated", "date_modified", "update_time",
                "lock_version", "row_version", "xmin_version"});
}

bool is_activity(std::string_view name) {
  return is_in(name, {"last_seen", "last_seen_at", "last_login", "last_login_at", "last_active_at",
                      "last_activity_at", "last_sign_in_at", "current_sign_in_at", "last_visit_at",
                      "last_request_at", "last_used_at", "sign_in_count", "login_count", "visits",
                      "visit_count", "failed_attempts", "remember_created_at", "last_accessed_at"});
}

bool is_free_text(const Column& column, const std::vector<std::string>& words) {
  return column.type.kind == ValueKind::text &&
         is_in(words.back(), {"body", "content", "note", "notes", "comment", "comments", "message",
                              "bio", "html", "markdown", "about", "description", "remarks"});
}

}  // namespace

ColumnUse guess_column(const Column& column, const ColumnFacts& facts, bool of_people) {
  if (facts.generated) return ColumnUse::computed;
  if (is_binary(column.type)) return ColumnUse::binary;
  const std::vector<std::string> words = name_words(column.name);
  if (words.empty()) return ColumnUse::send;
  const std::string name = snake_case(words);
  const bool is_switch = column.type.kind == ValueKind::boolean;
  const Sensitivity sensitivity = column_sensitivity(column.name);
  if (sensitivity == Sensitivity::secret) return ColumnUse::secret;
  if (is_upkeep(name) || is_soft_delete(column)) return ColumnUse::upkeep;
  if (is_activity(name)) return ColumnUse::activity;
  if (is_switch) return ColumnUse::send;
  if (sensitivity == Sensitivity::personal || (of_people && name == "name"))
    return ColumnUse::personal;
  if (column.type.kind == ValueKind::json || column.type.kind == ValueKind::hstore)
    return ColumnUse::document;
  return is_free_text(column, words) ? ColumnUse::free_text : ColumnUse::send;
}

bool is_status(const Column& column) {
  const std::vector<std::string> words = name_words(column.name);
  return column.type.kind == ValueKind::text && !words.empty() &&
         is_in(words.back(), {"status", "state", "stage", "plan", "tier", "phase"});
}

bool is_soft_delete(const Column& column) {
  const std::string name = snake_case(name_words(column.name));
  return (is_time(column.type.kind) || column.type.kind == ValueKind::date) &&
         is_in(name, {"deleted_at", "deleted", "deleted_on", "removed_at", "archived_at",
                      "discarded_at", "date_deleted"});
}

bool is_row_time(const Column& column) {
  const std::vector<std::string> words = name_words(column.name);
  return is_time(column.type.kind) && !column.nullable && !words.empty() &&
         is_in(words.back(), {"at", "time", "date", "on"}) && !is_upkeep(snake_case(words)) &&
         !is_soft_delete(column) &&
         !is_in(words.front(), {"expires", "expire", "valid", "due", "starts", "ends", "next",
                                "last", "scheduled", "trial", "renews"});
}

int creation_rank(const Column& column) {
  constexpr std::array<std::string_view, 22> kNames = {
      "created_at",    "created",       "created_on",    "inserted_at", "date_created",
      "create_time",   "creation_date", "creation_time", "occurred_at", "happened_at",
      "event_time",    "placed_at",     "ordered_at",    "date_joined", "joined_at",
      "registered_at", "signed_up_at",  "submitted_at",  "sent_at",     "started_at",
      "logged_at",     "timestamp"};
  if (!is_time(column.type.kind)) return 0;
  const auto found = std::ranges::find(kNames, snake_case(name_words(column.name)));
  return static_cast<int>(kNames.end() - found);
}

bool can_identify(const Column& column) {
  switch (column.type.kind) {
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::text:
      return true;
    default:
      return false;
  }
}

}  // namespace waltrack
