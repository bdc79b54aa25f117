#include "cli/dead_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/moment_text.hpp"
#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json parsed_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json(text) : json;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json moment_or_null(int64_t us) {
  return us == 0 ? Json(nullptr) : Json(moment_text(us));
}

// "2026-11-28 16:20:01", in UTC.
std::string when_text(int64_t us) {
  std::string text = moment_text(us).substr(0, 19);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

// {"id":"5","part":"a"} as "id=5, part=a".
std::string key_text(const std::string& row_key) {
  const Json key = parsed_or_null(row_key);
  if (!key.is_object()) return {};
  std::string text;
  for (const auto& [column, value] : key.items()) {
    if (!text.empty()) text += ", ";
    text += column + "=" + (value.is_string() ? value.get<std::string>() : dumped(value, -1));
  }
  return text;
}

void add_line(std::string& text, const char* name, const std::string& value) {
  if (value.empty()) return;
  text += "  " + padded(name, 12) + printable(value) + "\n";
}

void add_block(std::string& text, const char* name, const std::string& block) {
  text += std::string("  ") + name + "\n";
  for (size_t at = 0; at < block.size();) {
    const size_t end = std::min(block.find('\n', at), block.size());
    text += "    " + printable(block.substr(at, end - at)) + "\n";
    at = end + 1;
  }
}

std::string place_text(const EventPosition& position) {
  if (position.kind == MessageKind::backfill) return "a row that existed already";
  return "commit " + position.commit_lsn.text() + ", row " + position.lsn.text() +
         (position.ordinal == 0 ? "" : " #" + std::to_string(position.ordinal));
}

}  // namespace

DeadListRow dead_list_titles() {
  return {"number", "when (UTC)", "table", "op", "rule", "reason", "detail", "row key"};
}

DeadListRow dead_list_row(const state::StoredDeadLetter& stored) {
  const DeadLetter& letter = stored.letter;
  return {std::to_string(stored.number), when_text(stored.stored_at_us),
          letter.position.table,         letter.op,
          letter.position.rule,          letter.reason,
          cut_to(letter.detail, 60),     cut_to(key_text(letter.row_key), 40)};
}

std::string dead_list_text(const std::vector<DeadListRow>& rows, TextLook look) {
  std::vector<size_t> widths;
  for (const DeadListRow& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], characters_of(printable(row[i])));
  }
  std::string text;
  for (const DeadListRow& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += padded(printable(row[i]), widths[i]) + "  ";
    line.erase(line.find_last_not_of(' ') + 1);
    text += cut_to(line, look.width) + "\n";
  }
  return text;
}

std::string dead_letter_text(const state::StoredDeadLetter& stored) {
  const DeadLetter& letter = stored.letter;
  std::string text =
      "#" + std::to_string(stored.number) + " " +
      printable(letter.position.table + " " + letter.op + ", " + letter.position.rule) + "\n";
  add_line(text, "reason", letter.reason);
  add_line(text, "detail", letter.detail);
  add_line(text, "answer", letter.answer);
  add_line(text, "row key", key_text(letter.row_key));
  add_line(text, "place", place_text(letter.position));
  if (letter.commit_time_us != 0) add_line(text, "committed", moment_text(letter.commit_time_us));
  add_line(text, "stored", moment_text(stored.stored_at_us));
  add_line(
      text, "attempts",
      std::to_string(stored.attempts) + (stored.attempts > 1 && stored.last_at_us != 0
                                             ? ", the last one " + moment_text(stored.last_at_us)
                                             : ""));
  add_line(text, "message id", letter.message_id);
  if (letter.payload.empty()) {
    add_line(text, "event", "none is kept: mend the cause, then " + backfill_command(stored));
    return text;
  }
  const Json event = parsed_or_null(letter.payload);
  add_block(text, "event", event.is_string() ? letter.payload : dumped(event, 2));
  return text;
}

Json dead_letter_json(const state::StoredDeadLetter& stored) {
  const DeadLetter& letter = stored.letter;
  const EventPosition& position = letter.position;
  const bool backfilled = position.kind == MessageKind::backfill;
  Json json = {{"number", stored.number},
               {"stored_at", moment_text(stored.stored_at_us)},
               {"last_at", moment_or_null(stored.last_at_us)},
               {"attempts", stored.attempts},
               {"table", position.table},
               {"op", letter.op},
               {"rule", position.rule},
               {"reason", letter.reason},
               {"detail", letter.detail},
               {"answer", text_or_null(letter.answer)},
               {"row_key", parsed_or_null(letter.row_key)},
               {"commit_lsn", backfilled ? Json(nullptr) : Json(position.commit_lsn.text())},
               {"lsn", backfilled ? Json(nullptr) : Json(position.lsn.text())},
               {"ordinal", backfilled ? Json(nullptr) : Json(position.ordinal)},
               {"committed_at", moment_or_null(letter.commit_time_us)},
               {"message_id", letter.message_id},
               {"event", parsed_or_null(letter.payload)}};
  return json;
}

std::string backfill_command(const state::StoredDeadLetter& stored) {
  std::string command = "waltrack backfill " + stored.letter.position.table;
  const Json key = parsed_or_null(stored.letter.row_key);
  if (!key.is_object() || key.empty()) return command + " --where …";
  std::string condition;
  for (const auto& [column, value] : key.items()) {
    if (!condition.empty()) condition += " and ";
    condition += quote_identifier(column) + " = " +
                 quote_literal(value.is_string() ? value.get<std::string>() : dumped(value, -1));
  }
  std::string quoted;
  for (const char c : condition) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return command + " --where \"" + quoted + "\"";
}

}  // namespace waltrack
