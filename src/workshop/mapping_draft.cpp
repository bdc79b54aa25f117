#include "workshop/mapping_draft.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/name_words.hpp"
#include "workshop/draft_fields.hpp"
#include "workshop/draft_lines.hpp"
#include "workshop/yaml_text.hpp"

namespace waltrack {
namespace {

constexpr const char* kSchemaLine = "# yaml-language-server: $schema=mapping.schema.json";

class DraftWriter {
 public:
  DraftWriter(const TableFacts& facts, const TableGuess& guess,
              const std::optional<TableName>& users)
      : facts_(facts), guess_(guess), users_(users) {
    object_ = title_case(guess.object);
    draft_.file_name = file_name();
    draft_.enabled = guess.missing.empty();
  }

  MappingDraft write() {
    lines_.add(0, kSchemaLine);
    write_head();
    std::string head = lines_.take();
    write_document();
    std::string body = lines_.take();
    draft_.text = head + body;
    draft_.summary = summary();
    return std::move(draft_);
  }

 private:
  std::string file_name() const;
  std::string summary() const;
  bool has_user() const { return !guess_.user_column.empty() || !guess_.anonymous_column.empty(); }
  bool is_full() const { return facts_.table.replica_identity == ReplicaIdentity::full; }
  bool has_group() const {
    return guess_.role != TableRole::other && !guess_.account_column.empty() &&
           !guess_.user_column.empty();
  }
  const Column* column(const std::string& name) const {
    const auto found = facts_.table.find_column(name);
    return found ? &facts_.table.columns[*found] : nullptr;
  }
  bool is_nullable(const std::string& name) const {
    const Column* found = column(name);
    return found != nullptr && found->nullable;
  }
  // Whether the row of a delete has it.
  bool survives_delete(const std::string& name) const {
    const Column* found = column(name);
    return is_full() || (found != nullptr && found->key);
  }

  void write_head();
  void write_document();
  void write_backfill();
  void write_users();
  void write_when();
  void write_identify();
  void write_group();
  void write_created();
  void write_deleted();
  void write_examples();
  void write_soft_delete();
  void write_tests();
  std::vector<std::string> key_lines(bool deleted) const;
  std::string sample(const std::string& name) const;
  std::string sample_id(const std::string& name) const;
  std::string full_sql() const {
    return "alter table " + sql_name(facts_.table.schema) + "." + sql_name(facts_.table.name) +
           " replica identity full";
  }
  std::string event(std::string_view action) const {
    return yaml_scalar(object_ + " " + std::string(action));
  }
  std::string created_event() const {
    return guess_.role == TableRole::users ? "Signed Up" : event("Created");
  }

  const TableFacts& facts_;
  const TableGuess& guess_;
  const std::optional<TableName>& users_;
  std::string object_;
  DraftLines lines_;
  MappingDraft draft_;
};

std::string DraftWriter::file_name() const {
  std::string name = facts_.table.schema == "public" ? facts_.table.name : facts_.table.full_name();
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    if (!plain) c = '_';
  }
  if (name.front() == '.' || name.front() == '-') name.insert(0, "_");
  return name.substr(0, 120) + ".yaml";
}

std::string DraftWriter::summary() const {
  if (!draft_.enabled) {
    return std::string("switched off: ") + (has_user() ? "no primary key, so it cannot be followed"
                                                       : "no column says whose a row is");
  }
  std::string told = guess_.role == TableRole::users ? "identify, " : "";
  if (has_group()) told += "group, ";
  told += created_event();
  const std::string& by = guess_.user_column.empty() ? guess_.anonymous_column : guess_.user_column;
  return told + " (" + (guess_.user_column.empty() ? "anonymous, by " : "user: ") +
         comment_text(by, 40) + ")";
}

void DraftWriter::write_head() {
  if (!facts_.comment.empty()) lines_.remark(0, comment_text(facts_.comment, 300));
  lines_.remark(0,
                "What " + comment_text(facts_.table.full_name()) +
                    " tells Segment: a first draft by `waltrack init`, to be changed. A value is "
                    "SQL over the row; a column's name alone is that column. `waltrack check` "
                    "tells what is wrong.");
  if (draft_.enabled) return;
  lines_.add(0, "#");
  lines_.remark(0, "Switched off: " + comment_text(guess_.missing, 300) + ".");
  if (has_user()) {
    lines_.remark(0,
                  "Mend that first, as waltrack-setup.sql shows, then take `enabled: false` "
                  "away.");
  } else {
    lines_.remark(0,
                  "Write a `user_id:`, SQL that gives the user's id from this row, then take "
                  "`enabled: false` away.");
  }
}

void DraftWriter::write_document() {
  lines_.add(0, "table: " + yaml_table(facts_.name()));
  if (!draft_.enabled) lines_.add(0, "enabled: false");
  if (guess_.role == TableRole::users || has_group()) write_backfill();
  write_users();
  write_when();
  if (guess_.role == TableRole::users) write_identify();
  if (has_group()) write_group();
  lines_.blank();
  lines_.add(0, "track:");
  write_created();
  write_deleted();
  write_examples();
  if (draft_.enabled) write_tests();
}

// Who is there already would else stay unknown until something of theirs changes.
void DraftWriter::write_backfill() {
  lines_.remark(0,
                "The rows that exist already are told of, too: once, when this table is first "
                "followed. `never`: only what happens from then on.");
  lines_.add(0, "backfill: initial");
}

void DraftWriter::write_users() {
  if (!has_user()) {
    lines_.add(0, "# user_id: …");
    return;
  }
  if (!guess_.user_column.empty()) {
    std::string note;
    if (guess_.role == TableRole::users) {
      note = "each row is a user";
    } else if (guess_.user_by_name) {
      note = "by its name; no foreign key says so";
    } else if (users_) {
      note = "leads to " + comment_text(users_->full_name());
    }
    lines_.add(0,
               "user_id: " + yaml_column(guess_.user_column) + (note.empty() ? "" : "  # " + note));
  }
  if (!guess_.anonymous_column.empty()) {
    lines_.add(0, "anonymous_id: " + yaml_column(guess_.anonymous_column) +
                      (guess_.user_column.empty() ? "  # who it was before a user was known"
                                                  : "  # Segment joins both ids"));
  }
  if (guess_.other_users.empty()) return;
  std::string others;
  for (const std::string& name : guess_.other_users)
    others.append(others.empty() ? "" : ", ").append(comment_text(name, 40));
  lines_.remark(0, "Other columns that lead to users: " + others +
                       ". A call can name one as its own `user_id:`.");
}

// Without an id there is no event: such rows would only become dead letters.
void DraftWriter::write_when() {
  std::string when;
  for (const std::string* name : {&guess_.user_column, &guess_.anonymous_column}) {
    if (name->empty()) continue;
    if (!is_nullable(*name)) return;
    when.append(when.empty() ? "" : " or ").append(sql_name(*name) + " is not null");
  }
  if (when.empty()) return;
  lines_.add(0, "when: " + yaml_scalar(when) + "  # a row of nobody tells nothing");
}

void DraftWriter::write_identify() {
  lines_.blank();
  lines_.remark(0, std::string("On insert, on backfill, and on every update") +
                       (is_full() ? " that changes something here."
                                  : "; with the whole old row (`replica identity full`) only on "
                                    "those that change something here."));
  lines_.add(0, "identify:");
  const std::vector<DraftField> traits = draft_fields(facts_, guess_, FieldPlace::traits);
  const bool any =
      std::ranges::any_of(traits, [](const auto& one) { return one.use == ColumnUse::send; });
  if (!any) lines_.add(2, "on: [insert, update, backfill]");  // a key must have a value
  lines_.fields(2, "traits", traits);
}

void DraftWriter::write_group() {
  lines_.blank();
  if (guess_.role != TableRole::accounts) lines_.remark(0, "Which account the user belongs to.");
  lines_.add(0, "group:");
  lines_.add(2, "group_id: " + yaml_column(guess_.account_column));
  if (is_nullable(guess_.account_column)) {
    lines_.add(2, "when: " + yaml_scalar(sql_name(guess_.account_column) + " is not null"));
  }
  if (guess_.role != TableRole::accounts) return;
  lines_.fields(2, "traits", draft_fields(facts_, guess_, FieldPlace::group_traits));
}

void DraftWriter::write_created() {
  lines_.add(2, "- event: " + created_event() + "  # on insert, unless `on:` says something else");
  if (!guess_.creation_column.empty()) {
    const bool zoned = column(guess_.creation_column)->type.kind == ValueKind::timestamptz;
    lines_.add(4, "timestamp: " + yaml_column(guess_.creation_column) +
                      (zoned ? "" : "  # without a zone: taken as UTC"));
  }
  std::vector<DraftField> fields = draft_fields(facts_, guess_, FieldPlace::properties);
  if (guess_.role == TableRole::users || guess_.role == TableRole::accounts) {
    // The rest goes with the traits.
    std::erase_if(fields, [&](const DraftField& one) {
      const bool is_key = guess_.role == TableRole::accounts && one.column == guess_.account_column;
      return !is_key && one.column != guess_.status_column;
    });
  }
  lines_.fields(4, "properties", fields);
}

std::vector<std::string> DraftWriter::key_lines(bool deleted) const {
  std::vector<std::string> lines;
  for (const DraftField& field : draft_fields(facts_, guess_, FieldPlace::properties)) {
    const bool is_key =
        std::ranges::find(facts_.primary_key, field.column) != facts_.primary_key.end();
    if (is_key && field.use == ColumnUse::send && (!deleted || survives_delete(field.column)))
      lines.push_back(field.key + ": " + field.value);
  }
  return lines;
}

// A deleted row is known by its key alone, unless the whole old row is logged.
void DraftWriter::write_deleted() {
  const std::string& by = guess_.user_column.empty() ? guess_.anonymous_column : guess_.user_column;
  const bool known = !by.empty() && survives_delete(by);
  const std::string lead = known ? "" : "# ";
  lines_.blank();
  if (!known) {
    draft_.reads_old = true;
    lines_.remark(2, "The server tells only the key of a deleted row, not whose it was. After `" +
                         comment_text(full_sql(), 200) + "` this works:");
  }
  lines_.add(2, lead + "- event: " + event("Deleted"));
  lines_.add(2, lead + "  on: delete");
  if (known && !guess_.anonymous_column.empty() && !survives_delete(guess_.anonymous_column))
    lines_.add(4, "anonymous_id: null  # not known of a deleted row");
  const std::vector<std::string> keys = key_lines(true);
  if (!keys.empty()) lines_.add(2, lead + "  properties:");
  for (const std::string& key : keys)
    lines_.add(2, lead + "    " + key);
}

void DraftWriter::write_examples() {
  if (!guess_.soft_delete_column.empty()) write_soft_delete();
  if (guess_.status_column.empty()) return;
  draft_.reads_old |= !is_full();
  const size_t index = *facts_.table.find_column(guess_.status_column);
  std::string labels;
  for (const std::string& label : facts_.columns[index].labels)
    labels.append(labels.empty() ? "" : ", ").append(label);
  const std::string name = sql_name(guess_.status_column);
  lines_.blank();
  lines_.remark(2, is_full() ? "An update can be told too:"
                             : "An update can be told too; old values need the whole old row (`" +
                                   comment_text(full_sql(), 200) + "`):");
  std::vector<std::string> words = guess_.object;
  const std::vector<std::string> column_words = name_words(guess_.status_column);
  for (const std::string& word : column_words) {
    if (words.back() != word) words.push_back(word);
  }
  lines_.add(2, "# - event: " + yaml_scalar(title_case(words) + " Changed"));
  lines_.add(2, "#   on: update");
  lines_.add(2, "#   when: " + yaml_scalar("changed." + name));
  lines_.add(2, "#   properties:");
  for (const std::string& key : key_lines(false))
    lines_.add(2, "#     " + key);
  lines_.add(2, "#     from: " + yaml_scalar("old." + name));
  lines_.add(2, "#     to: " + yaml_column(guess_.status_column) +
                    (labels.empty() ? "" : "  # " + comment_text(labels, 60)));
}

void DraftWriter::write_soft_delete() {
  draft_.reads_old |= !is_full();
  const std::string name = sql_name(guess_.soft_delete_column);
  lines_.blank();
  lines_.remark(2, comment_text(guess_.soft_delete_column, 60) +
                       " looks like a soft delete: the row stays, and an update marks it. " +
                       (is_full() ? "This tells it:" : "This tells it, with the whole old row:"));
  lines_.add(2, "# - event: " + event("Deleted"));
  lines_.add(2, "#   id: soft-delete");
  lines_.add(2, "#   on: update");
  lines_.add(2, "#   when: " + yaml_scalar("changed." + name + " and " + name + " is not null"));
}

std::string DraftWriter::sample(const std::string& name) const {
  const Column* found = column(name);
  if (found == nullptr || found->type.kind != ValueKind::text) return "7";
  return found->type.name == "uuid" ? "7f000000-0000-4000-8000-000000000007" : "seven";
}

std::string DraftWriter::sample_id(const std::string& name) const {
  return "\"" + sample(name) + "\"";
}

void DraftWriter::write_tests() {
  std::string row;
  std::string ids;
  const auto add_id = [&](const std::string& name, const char* key) {
    if (name.empty()) return;
    row.append(row.empty() ? "" : ", ").append(yaml_scalar(name) + ": " + sample(name));
    ids.append(", ").append(key).append(": " + sample_id(name));
  };
  add_id(guess_.user_column, "userId");
  add_id(guess_.anonymous_column, "anonymousId");
  const std::string user_ids = ids;
  if (has_group()) add_id(guess_.account_column, "groupId");
  lines_.blank();
  lines_.remark(0, "`waltrack test` runs these: a row, and the events that it makes.");
  lines_.add(0, "tests:");
  lines_.add(2, "- name: " + yaml_scalar("a new " + snake_case(guess_.object) + " is told"));
  lines_.add(4, "insert: { " + row + " }");
  lines_.add(4, "expect:");
  if (guess_.role == TableRole::users) lines_.add(6, "- { type: identify" + user_ids + " }");
  if (has_group()) lines_.add(6, "- { type: group" + ids + " }");
  lines_.add(6, "- { type: track, event: " + created_event() + user_ids + " }");
}

}  // namespace

MappingDraft draft_mapping(const TableFacts& facts, const TableGuess& guess,
                           const std::optional<TableName>& users) {
  return DraftWriter(facts, guess, users).write();
}

}  // namespace waltrack
