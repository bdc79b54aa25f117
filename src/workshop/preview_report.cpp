#include "workshop/preview_report.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/iso8601.hpp"
#include "mapping/value_json.hpp"
#include "workshop/difference_text.hpp"
#include "workshop/event_match.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

// Where there is room for the row beside its events.
constexpr size_t kSideBySide = 90;
constexpr size_t kNameColumns = 18;

// A line, and how it is tinted once it has its place.
struct Span {
  std::string text;
  Tint tint = Tint::plain;
};
using Line = std::vector<Span>;

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

size_t width_of(const Line& line) {
  size_t width = 0;
  for (const Span& span : line)
    width += characters_of(span.text);
  return width;
}

// The line in `columns` columns, cut or (when `fill`) filled with blanks; 0: as long as it is.
std::string shown(const Line& line, size_t columns, bool fill, TextLook look) {
  std::string text;
  size_t left = columns;
  for (const Span& span : line) {
    if (columns > 0 && left == 0) break;
    const std::string part = cut_to(printable(span.text), left);
    text += tinted(look, span.tint, part);
    if (columns > 0) left -= std::min(left, characters_of(part));
  }
  if (fill && columns > 0) text.append(left, ' ');
  return text;
}

std::string plain_value(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump(value);
}

// Numbers keep their digits.
std::string cell(const ColumnType& type, const std::optional<std::string>& text) {
  if (text && (type.kind == ValueKind::numeric || type.kind == ValueKind::int8)) return *text;
  return plain_value(column_json(type, text));
}

// The row: a line a column that has a value, changed ones with what they were; the others' names.
std::vector<Line> row_lines(const Preview& preview, const RowPreview& row) {
  std::vector<Line> lines;
  std::string nulls;
  size_t names = 0;
  for (const Column& column : preview.table.columns)
    names = std::max(names, std::min(characters_of(column.name), kNameColumns));
  for (size_t i = 0; i < preview.table.columns.size(); ++i) {
    const Column& column = preview.table.columns[i];
    const auto& now = row.row()[i];
    const bool changed = preview.change.op == Op::update && row.before[i] != now;
    if (!now && !changed) {
      nulls += (nulls.empty() ? "" : ", ") + column.name;
      continue;
    }
    Line line = {{padded(cut_to(column.name, names), names) + "  ", Tint::dim}};
    if (changed) {
      line.push_back({cell(column.type, row.before[i]), Tint::red});
      line.push_back({" → ", Tint::dim});
    }
    line.push_back({cell(column.type, now), changed ? Tint::green : Tint::plain});
    lines.push_back(std::move(line));
  }
  if (!nulls.empty()) lines.push_back({{"null: " + nulls, Tint::dim}});
  return lines;
}

void add_fields(std::vector<Line>& lines, const Json& value, const std::string& path) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, inner] : value.items())
      add_fields(lines, inner, path.empty() ? key : path + "." + key);
    return;
  }
  lines.push_back({{path, Tint::plain}, {dump(value), Tint::plain}});
}

// The fields of an object, their values below each other.
void add_aligned(std::vector<Line>& lines, const Json& object) {
  std::vector<Line> fields;
  add_fields(fields, object, "");
  size_t names = 0;
  for (const Line& field : fields)
    names = std::max(names, std::min(characters_of(field[0].text), kNameColumns));
  for (Line& field : fields) {
    lines.push_back({{"    " + padded(field[0].text, names) + "  ", Tint::dim}, field[1]});
  }
}

std::string user_text(const Json& event) {
  std::string text;
  if (event.contains("userId")) text = "user " + plain_value(event["userId"]);
  if (event.contains("anonymousId")) {
    text +=
        std::string(text.empty() ? "" : ", ") + "anonymous " + plain_value(event["anonymousId"]);
  }
  return text;
}

// What is special about a rule's event: its time unless that is the commit's, the parts beside its
// body.
void add_event(std::vector<Line>& lines, const Json& event, const std::string& commit_time) {
  lines.push_back({{"  " + user_text(event), Tint::plain}});
  if (event.contains("timestamp") && event["timestamp"] != commit_time) {
    lines.push_back({{"  at " + plain_value(event["timestamp"]), Tint::plain}});
  }
  if (event.contains("category")) {
    lines.push_back({{"  category " + plain_value(event["category"]), Tint::plain}});
  }
  for (const char* part : {"traits", "properties", "context", "integrations"}) {
    if (!event.contains(part) || event[part].empty()) continue;
    lines.push_back({{std::string("  ") + part, Tint::cyan}});
    add_aligned(lines, event[part]);
  }
}

std::string place_text(const Rule& rule) {
  const std::string file = std::filesystem::path(rule.place.file).filename().string();
  return file + ":" + std::to_string(rule.place.line);
}

Line headline(std::string mark, Tint tint, std::string title, const Rule& rule, std::string more) {
  Line line = {{std::move(mark) + " ", tint}, {std::move(title), Tint::bold}};
  if (!more.empty()) line.push_back({"  " + std::move(more), Tint::plain});
  line.push_back({"  " + place_text(rule), Tint::dim});
  return line;
}

std::vector<Line> outcome_lines(const RowPreview& row, const std::string& commit_time) {
  std::vector<Line> lines;
  for (const RuleOutcome& outcome : row.outcomes) {
    const Rule& rule = *outcome.rule;
    switch (outcome.kind) {
      case RuleOutcome::Kind::event: {
        const Json event = essence(outcome.event);
        lines.push_back(headline("✓", Tint::green, event_title(event), rule,
                                 rule.shadow ? "(shadow: not sent)" : ""));
        add_event(lines, event, commit_time);
        break;
      }
      case RuleOutcome::Kind::silent:
        lines.push_back({{"· " + rule.id + "  " + std::string(describe(outcome.silence)) + "  " +
                              place_text(rule),
                          Tint::dim}});
        break;
      case RuleOutcome::Kind::dead_letter:
        lines.push_back(headline("✗", Tint::red, rule.id, rule, ""));
        lines.push_back({{"  dead letter, " + outcome.reason + ": " + outcome.detail, Tint::red}});
        break;
    }
  }
  return lines;
}

// A reason must not be cut: on as many lines as it takes.
std::vector<Line> wrapped(const std::vector<Line>& lines, size_t columns) {
  std::vector<Line> out;
  for (const Line& line : lines) {
    const bool reason = line.size() == 1 && (line[0].text.starts_with("  dead letter") ||
                                             line[0].text.starts_with("· "));
    if (columns == 0 || !reason || width_of(line) <= columns) {
      out.push_back(line);
      continue;
    }
    std::string rest = line[0].text;
    while (characters_of(rest) > columns) {
      size_t at = rest.rfind(' ', columns);
      if (at == std::string::npos || at < 4) at = std::min(columns, rest.size());
      out.push_back({{rest.substr(0, at), line[0].tint}});
      rest = "    " + rest.substr(std::min(rest.size(), at + 1));
    }
    out.push_back({{rest, line[0].tint}});
  }
  return out;
}

void append_beside(std::string& text, const std::vector<Line>& left, const std::vector<Line>& right,
                   TextLook look) {
  size_t widest = 0;
  for (const Line& line : left)
    widest = std::max(widest, width_of(line));
  const size_t columns = std::min(widest, look.width * 2 / 5);
  const size_t rest = look.width - columns - 5;
  const std::vector<Line> events = wrapped(right, rest);
  for (size_t i = 0; i < std::max(left.size(), events.size()); ++i) {
    text += "  " + shown(i < left.size() ? left[i] : Line(), columns, true, look) +
            tinted(look, Tint::dim, " │ ");
    if (i < events.size()) text += shown(events[i], rest, false, look);
    text += "\n";
  }
}

void append_below(std::string& text, const std::vector<Line>& left, const std::vector<Line>& right,
                  TextLook look) {
  const size_t columns = look.width > 2 ? look.width - 2 : 0;
  for (const std::vector<Line>& lines : {left, wrapped(right, columns)}) {
    for (const Line& line : lines)
      text += "  " + shown(line, columns, false, look) + "\n";
  }
}

std::string counted(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

size_t count_of(const Preview& preview, RuleOutcome::Kind kind) {
  size_t count = 0;
  for (const RowPreview& row : preview.rows) {
    count += static_cast<size_t>(std::ranges::count(row.outcomes, kind, &RuleOutcome::kind));
  }
  return count;
}

}  // namespace

nlohmann::ordered_json column_json(const ColumnType& type, const std::optional<std::string>& text) {
  std::string out;
  append_value_json(out, type, text ? Value::present(*text) : Value::null());
  return Json::parse(out);
}

std::string preview_report(const Preview& preview, TextLook look) {
  std::string commit_time;
  if (preview.change.op != Op::backfill) {
    append_iso8601_utc(commit_time, preview.change.commit_time_us);
  }
  std::string text;
  size_t number = 0;
  for (const RowPreview& row : preview.rows) {
    const std::string title = std::string(op_name(preview.change.op)) + " " +
                              preview.table.full_name() + ", " +
                              row_title(preview.table, preview.key, row.row(), ++number);
    text += tinted(look, Tint::bold, cut_to(printable(title), look.width)) + "\n";
    const std::vector<Line> left = row_lines(preview, row);
    const std::vector<Line> right = outcome_lines(row, commit_time);
    if (look.width >= kSideBySide) {
      append_beside(text, left, right, look);
    } else {
      append_below(text, left, right, look);
    }
    text += "\n";
  }
  for (const std::string& note : preview.notes)
    text += tinted(look, Tint::yellow, "note: ") + note + "\n";
  if (preview.rows.empty()) return text + "no row: nothing to show\n";
  text += counted(preview.rows.size(), "row") + ": " +
          counted(count_of(preview, RuleOutcome::Kind::event), "event");
  const size_t dead = count_of(preview, RuleOutcome::Kind::dead_letter);
  if (dead > 0) text += ", " + counted(dead, "dead letter");
  return text + "; nothing was sent\n";
}

nlohmann::ordered_json preview_report_json(const Preview& preview) {
  Json json = {{"table", preview.table.full_name()},
               {"op", op_name(preview.change.op)},
               {"notes", preview.notes},
               {"rows", Json::array()}};
  for (const RowPreview& row : preview.rows) {
    Json one = {{"key", Json::object()}, {"row", Json::object()}, {"rules", Json::array()}};
    for (size_t i = 0; i < preview.table.columns.size(); ++i) {
      const Column& column = preview.table.columns[i];
      one["row"][column.name] = column_json(column.type, row.row()[i]);
      if (!row.before.empty() && !row.after.empty() && row.before[i] != row.after[i]) {
        one["was"][column.name] = column_json(column.type, row.before[i]);
      }
      if (std::ranges::find(preview.key, column.name) != preview.key.end()) {
        one["key"][column.name] = one["row"][column.name];
      }
    }
    for (const RuleOutcome& outcome : row.outcomes) {
      Json rule = {{"rule", outcome.rule->id},
                   {"file", outcome.rule->place.file},
                   {"line", outcome.rule->place.line},
                   {"shadow", outcome.rule->shadow}};
      switch (outcome.kind) {
        case RuleOutcome::Kind::event:
          rule["outcome"] = "event";
          rule["event"] = outcome.event;
          break;
        case RuleOutcome::Kind::silent:
          rule["outcome"] = "silent";
          rule["why"] = describe(outcome.silence);
          break;
        case RuleOutcome::Kind::dead_letter:
          rule["outcome"] = "dead_letter";
          rule["reason"] = outcome.reason;
          rule["detail"] = outcome.detail;
          break;
      }
      one["rules"].push_back(std::move(rule));
    }
    json["rows"].push_back(std::move(one));
  }
  return json;
}

}  // namespace waltrack
