#include "mapping/compiled_rule.hpp"

#include <optional>

#include "base/iso8601.hpp"
#include "base/json_text.hpp"
#include "mapping/timestamp_text.hpp"
#include "model/message_id.hpp"

namespace waltrack {
namespace {

// The years 1 to 9999.
constexpr int64_t kFirstTime = -62'135'596'800'000'000;
constexpr int64_t kLastTime = 253'402'300'799'999'999;

}  // namespace

std::optional<int64_t> parse_call_time(std::string_view text) {
  std::optional<int64_t> us = parse_timestamp_us(text);
  return us && *us >= kFirstTime && *us <= kLastTime ? us : std::nullopt;
}

void CompiledRule::run(const RowView& row, const Table& table, EventSink& sink) {
  if (!fires(row, table, sink)) return;
  if (program && !program->run(row)) {
    return sink.reject(rule, "expression_failed", program->failure());
  }
  int64_t time_us = row.transaction().commit_time_us;
  if (!identify_user(row, table, sink) || !find_time(row, sink, time_us)) return;

  std::string* out = sink.open(rule, user_text_, anonymous_text_);
  if (out == nullptr) return;
  size_t start = out->size();
  TemplateWriter writer(*out, row, program.get());
  write(row, time_us, *out, writer);
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

bool CompiledRule::fires(const RowView& row, const Table& table, EventSink& sink) {
  for (Condition* condition : conditions) {
    switch (condition->evaluate(row)) {
      case Condition::Verdict::fires:
        continue;
      case Condition::Verdict::silent:
        return false;
      case Condition::Verdict::unavailable:
        reject_unavailable(row, table, "when", condition->unavailable(), sink);
        return false;
      case Condition::Verdict::failed:
        sink.reject(rule, "expression_failed", condition->failure());
        return false;
    }
  }
  return true;
}

bool CompiledRule::identify_user(const RowView& row, const Table& table, EventSink& sink) {
  struct Part {
    const CallInput& input;
    std::string& text;
  };
  for (Part part : {Part{user_id, user_text_}, Part{anonymous_id, anonymous_text_}}) {
    const char* reason = nullptr;
    Found found = find(part.input, row, part.text, reason);
    if (found == Found::failed) {
      reject_failed(part.input.name, reason, sink);
      return false;
    }
    if (found == Found::unavailable) {
      const Source* source = &part.input.source;
      if (part.input.kind == CallInput::Kind::expression) {
        source = program->first_unavailable(part.input.expression, row);
      }
      reject_unavailable(row, table, part.input.name, *source, sink);
      return false;
    }
  }
  if (!user_text_.empty() || !anonymous_text_.empty()) return true;
  sink.reject(rule, "no_user", "neither user_id nor anonymous_id gave an id");
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

void CompiledRule::write(const RowView& row, int64_t time_us, std::string& out,
                         TemplateWriter& writer) {
  const Change& change = row.change();
  out += opening;
  append_message_id(out, rule.key, message_kind(change.op), row.transaction().commit_time_us,
                    change.lsn, change.ordinal);
  out += R"(","timestamp":")";
  append_iso8601_utc(out, time_us);
  out += '"';
  if (!user_text_.empty()) {
    out += R"(,"userId":)";
    append_json_string(out, user_text_);
  }
  if (!anonymous_text_.empty()) {
    out += R"(,"anonymousId":)";
    append_json_string(out, anonymous_text_);
  }
  out += body_prefix;
  size_t start = out.size();
  if (!writer.write(body)) {
    out.resize(start);
    out += "{}";
    if (!writer.failed()) ++left_out;
  }
  out += context_prefix;
  writer.write_fields(context);
  close_json(out, '}');
  if (has_integrations) {
    out += R"(,"integrations":)";
    writer.write(integrations);
  }
  out += '}';
}

void CompiledRule::reject_unavailable(const RowView& row, const Table& table, std::string_view what,
                                      Source source, EventSink& sink) const {
  const std::string& column = table.columns[source.index].name;
  std::string detail(what);
  if (row.has_column(source.index)) {
    detail += ": the server did not send column '" + column +
              "'; with REPLICA IDENTITY FULL it does: alter table " + table.full_name() +
              " replica identity full";
  } else {
    detail += ": the table had no column '" + column +
              "' when this row was written (renamed or dropped: the mapping must follow), or the "
              "plugin leaves it out (pgoutput: generated columns)";
  }
  sink.reject(rule, "unavailable_column", detail);
}

void CompiledRule::reject_failed(std::string_view name, std::string_view reason,
                                 EventSink& sink) const {
  sink.reject(rule, "expression_failed", std::string(name) + ": " + std::string(reason));
}

}  // namespace waltrack
