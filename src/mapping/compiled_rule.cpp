#include "mapping/compiled_rule.hpp"

#include <algorithm>
#include <optional>

#include "base/iso8601.hpp"
#include "base/json_text.hpp"
#include "mapping/timestamp_text.hpp"
#include "model/message_id.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kMissingColumn = "missing_column";

constexpr size_t kMessageIdSize = 32;

// Tells an old row from its new one where serials are compared.
constexpr uint64_t kOldRowSerial = uint64_t{1} << 63;

// An update of which the whole old row is known.
bool whole_update(const Change& change) {
  return change.op == Op::update && !change.old_row.empty() &&
         std::none_of(change.old_row.begin(), change.old_row.end(),
                      [](const Value& value) { return value.is_unavailable(); });
}

}  // namespace

void CompiledRule::run(const RowView& row, const Table& table, EventSink& sink,
                       std::string_view gone) {
  if (!fires(row, table, sink, gone)) return;
  if (!gone.empty()) return sink.reject(rule, kMissingColumn, gone);
  const bool may_be_same = compares && !row.change().tell_all && whole_update(row.change());
  if (may_be_same && watched_stayed(row)) return sink.silent(rule, Silence::same_output);
  const bool knows_before = may_be_same && look_back(row);
  find_former_user(row, knows_before);
  if (program && !program->run(row)) {
    return sink.reject(rule, "expression_failed", program->failure());
  }
  int64_t time_us = row.transaction().commit_time_us;
  if (!identify_user(row, table, sink) || !find_parts(row, table, sink) ||
      !find_time(row, sink, time_us)) {
    return;
  }
  const bool same_subject = knows_before && before_.user == user_text_ &&
                            before_.anonymous == anonymous_text_ && same_parts();
  if (same_subject && says_the_same(row)) return sink.silent(rule, Silence::same_output);

  std::string* out = sink.open(rule, identify());
  if (out == nullptr) return;
  size_t start = out->size();
  TemplateWriter writer(*out, row, program.get());
  write(row, time_us, same_subject && only_changed, *out, writer);
  size_t size = out->size() - start;
  if (writer.failed()) {
    sink.abandon();
    reject_failed(*writer.fault().name, writer.fault().reason, sink);
  } else if (size > kMaxEventBytes) {
    sink.abandon();
    sink.reject(rule, "too_large",
                "the event has " + std::to_string(size) + " bytes, Segment takes " +
                    std::to_string(kMaxEventBytes));
  } else {
    sink.close();
    left_out += writer.left_out();
  }
}

bool CompiledRule::watched_stayed(const RowView& row) const {
  return std::all_of(watched.begin(), watched.end(), [&](uint32_t column) {
    const std::optional<bool> changed = row.changed(column);
    return changed && !*changed;
  });
}

// What the rule said of the old row, into before_. False when that is not known, or when it said
// nothing.
bool CompiledRule::look_back(const RowView& row) {
  Change change = row.change();
  change.new_row = change.old_row;
  change.old_row = {};
  const RowView was(row.transaction(), change, row.columns(), row.serial() | kOldRowSerial);
  for (Condition* condition : conditions) {
    if (!condition->is_of_row_alone()) continue;
    if (condition->evaluate(was) != Condition::Verdict::fires) return false;
  }
  if (program && !program->run(was)) return false;
  const char* reason = nullptr;
  const auto known = [](Found found) { return found == Found::present || found == Found::none; };
  if (!known(find(user_id, was, before_.user, reason))) return false;
  if (!known(find(anonymous_id, was, before_.anonymous, reason))) return false;
  if (before_.user.empty() && before_.anonymous.empty()) return false;
  before_.parts.resize(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!known(find(parts[i].input, was, before_.parts[i], reason))) return false;
  }
  before_.content.clear();
  TemplateWriter writer(before_.content, was, program.get());
  write_body(writer, before_.content);
  write_rest(writer, before_.content);
  if (only_changed) {
    before_.fields.resize(body.fields.size());
    for (size_t i = 0; i < body.fields.size(); ++i) {
      before_.fields[i].clear();
      TemplateWriter(before_.fields[i], was, program.get()).write_field(body.fields[i]);
    }
  }
  return !writer.failed();
}

// Whose the old row was, as far as that is known. `knows_before`: before_ has it.
void CompiledRule::find_former_user(const RowView& row, bool knows_before) {
  former_user_.clear();
  if (row.change().op != Op::update) return;
  const bool moved = std::any_of(identity.begin(), identity.end(), [&](uint32_t column) {
    return row.changed(column).value_or(false);
  });
  if (!moved) return;
  if (knows_before) {
    former_user_ = before_.user.empty() ? before_.anonymous : before_.user;
    return;
  }
  Change change = row.change();
  change.new_row = change.old_row;
  change.old_row = {};
  const RowView was(row.transaction(), change, row.columns(), row.serial() | kOldRowSerial);
  if (program && !program->run(was)) return;
  const char* reason = nullptr;
  if (find(user_id, was, former_user_, reason) == Found::present) return;
  if (find(anonymous_id, was, former_user_, reason) != Found::present) former_user_.clear();
}

// Good until the next row.
EventIdentity CompiledRule::identify() {
  EventIdentity who{.user = user_text_.empty() ? anonymous_text_ : user_text_};
  size_t others = 0;
  const auto add = [&](std::string_view one) {
    if (!one.empty() && one != who.user) other_users_.at(others++) = one;
  };
  if (type == CallType::alias && !parts.empty()) add(parts.front().text);
  if (type == CallType::identify) add(anonymous_text_);
  add(former_user_);
  who.others = {other_users_.data(), others};
  return who;
}

bool CompiledRule::same_parts() const {
  return std::equal(
      parts.begin(), parts.end(), before_.parts.begin(), before_.parts.end(),
      [](const CallPart& part, const std::string& text) { return part.text == text; });
}

bool CompiledRule::says_the_same(const RowView& row) {
  content_now_.clear();
  TemplateWriter writer(content_now_, row, program.get());
  write_body(writer, content_now_);
  write_rest(writer, content_now_);
  return !writer.failed() && content_now_ == before_.content;
}

bool CompiledRule::fires(const RowView& row, const Table& table, EventSink& sink,
                         std::string_view gone) {
  for (Condition* condition : conditions) {
    switch (condition->evaluate(row)) {
      case Condition::Verdict::fires:
        continue;
      case Condition::Verdict::silent:
        sink.silent(rule, Silence::when);
        return false;
      case Condition::Verdict::unavailable:
        if (!gone.empty()) {
          sink.reject(rule, kMissingColumn, gone);
        } else {
          reject_unavailable(row, table, "when", condition->unavailable(), sink);
        }
        return false;
      case Condition::Verdict::failed:
        sink.reject(rule, "expression_failed", condition->failure());
        return false;
    }
  }
  return true;
}

bool CompiledRule::identify_user(const RowView& row, const Table& table, EventSink& sink) {
  if (!find_text(user_id, row, table, user_text_, sink)) return false;
  if (!find_text(anonymous_id, row, table, anonymous_text_, sink)) return false;
  // An alias joins the old id to a known user.
  const bool someone = !user_text_.empty() || (!anonymous_text_.empty() && type != CallType::alias);
  if (!someone) sink.reject(rule, "no_user", "neither user_id nor anonymous_id gave an id");
  return someone;
}

bool CompiledRule::find_parts(const RowView& row, const Table& table, EventSink& sink) {
  for (CallPart& part : parts) {
    if (!find_text(part.input, row, table, part.text, sink)) return false;
    if (!part.text.empty() || part.needed == nullptr) continue;
    sink.reject(rule, part.needed, part.input.name + " gave nothing");
    return false;
  }
  return true;
}

bool CompiledRule::find_text(const CallInput& input, const RowView& row, const Table& table,
                             std::string& out, EventSink& sink) {
  const char* reason = nullptr;
  switch (find(input, row, out, reason)) {
    case Found::present:
    case Found::none:
      return true;
    case Found::failed:
      reject_failed(input.name, reason, sink);
      return false;
    case Found::unavailable:
      break;
  }
  const Source* source = &input.source;
  if (input.kind == CallInput::Kind::expression) {
    source = program->first_unavailable(input.expression, row);
  }
  reject_unavailable(row, table, input.name, *source, sink);
  return false;
}

bool CompiledRule::find_time(const RowView& row, EventSink& sink, int64_t& time_us) {
  const char* reason = nullptr;
  switch (find(timestamp, row, time_text_, reason)) {
    case Found::none:
      return true;
    case Found::unavailable:
      // Left out like any field: the commit time is the best that is known.
      ++left_out;
      return true;
    case Found::failed:
      reject_failed(timestamp.name, reason, sink);
      return false;
    case Found::present:
      break;
  }
  std::optional<int64_t> parsed = parse_call_time(time_text_);
  if (!parsed) {
    reject_failed(timestamp.name, "the value is not a date and time", sink);
    return false;
  }
  time_us = *parsed;
  return true;
}

CompiledRule::Found CompiledRule::find(const CallInput& input, const RowView& row, std::string& out,
                                       const char*& reason) {
  out.clear();
  switch (input.kind) {
    case CallInput::Kind::none:
      return Found::none;
    case CallInput::Kind::fixed:
      out = input.fixed;
      return Found::present;
    case CallInput::Kind::source: {
      SourceResult result = append_source(out, row, input.source, ResultForm::plain);
      reason = result.reason;
      if (result.state == SourceResult::State::failed) return Found::failed;
      if (result.state == SourceResult::State::unavailable) return Found::unavailable;
      return result.state == SourceResult::State::null ? Found::none : Found::present;
    }
    case CallInput::Kind::expression:
      break;
  }
  switch (program->state(input.expression)) {
    case ExpressionProgram::State::unavailable:
      return Found::unavailable;
    case ExpressionProgram::State::null:
      return Found::none;
    case ExpressionProgram::State::present:
      break;
  }
  out = program->text(input.expression);
  return Found::present;
}

void CompiledRule::write(const RowView& row, int64_t time_us, bool partly, std::string& out,
                         TemplateWriter& writer) {
  const Change& change = row.change();
  const bool backfilled = change.op == Op::backfill;
  const size_t start = out.size();
  out += opening;
  if (backfilled) {
    out.append(kMessageIdSize, '0');  // it is made of all that follows
  } else {
    append_message_id(out, rule.key, message_kind(change.op), row.transaction().commit_time_us,
                      change.lsn, change.ordinal);
  }
  out += '"';
  if (time_us != 0) {  // else the receiver says when
    out += R"(,"timestamp":")";
    append_iso8601_utc(out, time_us);
    out += '"';
  }
  if (!user_text_.empty()) {
    out += R"(,"userId":)";
    append_json_string(out, user_text_);
  }
  if (!anonymous_text_.empty()) {
    out += R"(,"anonymousId":)";
    append_json_string(out, anonymous_text_);
  }
  for (const CallPart& part : parts) {
    if (part.text.empty()) continue;
    out += part.prefix;
    append_json_string(out, part.text);
  }
  out += body_prefix;
  if (partly) {
    write_changed_fields(writer, out);
  } else {
    write_body(writer, out);
  }
  const size_t context = write_rest(writer, out, backfilled);
  out += '}';
  if (backfilled) write_backfill_id(change, start, context, out);
}

// All that the event says counts, but for the id itself, and for the library, whose version must
// not make ids anew. `start` and `context`: where in `out` the event and its context begin.
void CompiledRule::write_backfill_id(const Change& change, size_t start, size_t context,
                                     std::string& out) {
  const size_t id = start + opening.size();
  const size_t behind_id = id + kMessageIdSize;
  const std::string_view written = out;
  content_now_.assign(opening);
  content_now_ += written.substr(behind_id, context - behind_id);
  content_now_ += written.substr(context + library_size);
  id_now_.clear();
  append_backfill_message_id(id_now_, rule.key, change.key, content_now_);
  out.replace(id, kMessageIdSize, id_now_);
}

void CompiledRule::write_body(TemplateWriter& writer, std::string& out) {
  if (!has_body) return;
  if (writer.write(body) == TemplateWriter::Written::value) return;
  out += "{}";
  if (!writer.failed()) writer.count_left_out();
}

void CompiledRule::write_changed_fields(TemplateWriter& writer, std::string& out) const {
  out += '{';
  for (size_t i = 0; i < body.fields.size(); ++i) {
    const size_t start = out.size();
    const bool written = writer.write_field(body.fields[i]);
    if (written && std::string_view(out).substr(start) == before_.fields[i]) out.resize(start);
  }
  close_json(out, '}');
}

// Gives where in `out` the context begins.
size_t CompiledRule::write_rest(TemplateWriter& writer, std::string& out, bool backfilled) {
  const size_t begin = out.size();
  out += context_prefix;
  if (backfilled && !tells_active) out += R"("active":false,)";
  writer.write_fields(context);
  close_json(out, '}');
  if (has_integrations) {
    out += R"(,"integrations":)";
    writer.write(integrations);
  }
  return begin;
}

void CompiledRule::reject_unavailable(const RowView& row, const Table& table, std::string_view what,
                                      Source source, EventSink& sink) const {
  const std::string& column = table.columns[source.index].name;
  std::string detail(what);
  if (row.change().op == Op::backfill) {
    detail += ": column '" + column + "' was not read with this row";
  } else if (row.has_column(source.index)) {
    detail += ": the server did not send column '" + column +
              "'; with REPLICA IDENTITY FULL it does: alter table " + table.full_name() +
              " replica identity full";
  } else {
    detail += ": the table had no column '" + column +
              "' when this row was written, or the server did not send it (pgoutput leaves out "
              "generated columns)";
  }
  sink.reject(rule, "unavailable_column", detail);
}

void CompiledRule::reject_failed(std::string_view name, std::string_view reason,
                                 EventSink& sink) const {
  sink.reject(rule, "expression_failed", std::string(name) + ": " + std::string(reason));
}

}  // namespace waltrack
