#include "state/backfill_json.hpp"

#include <utility>

#include "state/json_field.hpp"

namespace waltrack::state {
namespace {

using Json = nlohmann::json;

// A key is bytes: in a database of encoding SQL_ASCII they need not be UTF-8, and none may get
// lost. Each stands as the character of its number.
std::string key_text(const RowKey& key) {
  std::string text;
  for (const char byte : key.text) {
    const auto number = static_cast<unsigned char>(byte);
    if (number < 0x80) {
      text.push_back(byte);
    } else {
      text.push_back(static_cast<char>(0xc0 | (number >> 6)));
      text.push_back(static_cast<char>(0x80 | (number & 0x3f)));
    }
  }
  return text;
}

RowKey read_key(const std::string& text) {
  RowKey key;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80 || i + 1 == text.size()) {
      key.text.push_back(text[i]);
    } else {
      const auto second = static_cast<unsigned char>(text[++i]);
      key.text.push_back(static_cast<char>((first << 6) | (second & 0x3f)));
    }
  }
  return key;
}

void set_key(Json& json, const char* name, const std::optional<RowKey>& key) {
  if (key) json[name] = key_text(*key);
}

std::optional<RowKey> key_field(const Json& json, const char* name) {
  if (!json.contains(name)) return std::nullopt;
  return read_key(json_field<std::string>(json, name));
}

Json to_json(const TableName& table) {
  return {{"schema", table.schema}, {"name", table.name}};
}

TableName table_of(const Json& json) {
  return {json_field<std::string>(json, "schema"), json_field<std::string>(json, "name")};
}

std::optional<BackfillPhase> phase_of(std::string_view name) {
  for (const BackfillPhase phase :
       {BackfillPhase::running, BackfillPhase::paused, BackfillPhase::done, BackfillPhase::failed,
        BackfillPhase::cancelled}) {
    if (backfill_phase_name(phase) == name) return phase;
  }
  return std::nullopt;
}

// A server's words may be in any encoding.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string backfill_text(const BackfillProgress& progress) {
  Json json = {{"phase", backfill_phase_name(progress.phase)},
               {"reason", progress.reason},
               {"caveat", progress.caveat},
               {"where", progress.where},
               {"rows_per_s", progress.rows_per_s},
               {"initial", progress.initial},
               {"started_at_us", progress.started_at_us},
               {"finished_at_us", progress.finished_at_us},
               {"rows", progress.rows},
               {"bytes", progress.bytes},
               {"rate", progress.rate},
               {"row_estimate", progress.row_estimate},
               {"leaves_done", Json::array()}};
  for (const TableName& leaf : progress.leaves_done)
    json["leaves_done"].push_back(to_json(leaf));
  if (progress.leaf) json["leaf"] = to_json(*progress.leaf);
  set_key(json, "cursor", progress.cursor);
  set_key(json, "last", progress.last);
  return text_of(json);
}

BackfillProgress read_backfill(TableName table, std::string_view text) {
  BackfillProgress progress;
  progress.table = std::move(table);
  const Json parsed = Json::parse(text, nullptr, false);
  const Json json = parsed.is_object() ? parsed : Json::object();
  const std::optional<BackfillPhase> phase = phase_of(json_field<std::string>(json, "phase"));
  progress.phase = phase.value_or(BackfillPhase::failed);
  progress.reason = phase ? json_field<std::string>(json, "reason")
                          : "what the state file says of it is not known to this program";
  progress.caveat = json_field<std::string>(json, "caveat");
  progress.where = json_field<std::string>(json, "where");
  progress.rows_per_s = json_field<uint32_t>(json, "rows_per_s");
  progress.initial = json_field<bool>(json, "initial");
  progress.started_at_us = json_field<int64_t>(json, "started_at_us");
  progress.finished_at_us = json_field<int64_t>(json, "finished_at_us");
  progress.rows = json_field<uint64_t>(json, "rows");
  progress.bytes = json_field<uint64_t>(json, "bytes");
  progress.rate = json_field<uint64_t>(json, "rate");
  if (json.contains("row_estimate")) {
    progress.row_estimate = json_field<int64_t>(json, "row_estimate");
  }
  for (const Json& leaf : json_field<std::vector<Json>>(json, "leaves_done")) {
    if (leaf.is_object()) progress.leaves_done.push_back(table_of(leaf));
  }
  if (const Json* leaf = json_part(json, "leaf")) progress.leaf = table_of(*leaf);
  progress.cursor = key_field(json, "cursor");
  progress.last = key_field(json, "last");
  return progress;
}

std::string key_mark_text(const KeyMark& mark) {
  if (mark.kind == KeyMark::Kind::skip && !mark.undecided) return {};
  Json json = {{"kind", mark.kind == KeyMark::Kind::skip ? "skip" : "straggler"}};
  if (mark.undecided) {
    Json& from = json["undecided"];
    from["was"] = key_text(mark.undecided->was);
    set_key(from, "cursor", mark.undecided->cursor);
    set_key(from, "last", mark.undecided->last);
  }
  return text_of(json);
}

KeyMark read_key_mark(std::string_view text) {
  KeyMark mark;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return mark;
  if (json_field<std::string>(json, "kind") == "straggler") mark.kind = KeyMark::Kind::straggler;
  if (const Json* from = json_part(json, "undecided")) {
    mark.undecided = KeyMark::From{read_key(json_field<std::string>(*from, "was")),
                                   key_field(*from, "cursor"), key_field(*from, "last")};
  }
  return mark;
}

}  // namespace waltrack::state
