#include "mapping/row_view.hpp"

#include <charconv>

#include "base/iso8601.hpp"
#include "mapping/value_json.hpp"

namespace waltrack {
namespace {

// Without the zeros at the end of a fraction: 1.50 and 1.5 are the same numeric.
std::string_view trimmed_numeric(std::string_view text) {
  if (text.find('.') == std::string_view::npos) return text;
  text = text.substr(0, text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

bool same(const ColumnType& type, const Value& a, const Value& b) {
  if (a.state != b.state) return false;
  if (a.text == b.text) return true;
  return type.kind == ValueKind::numeric && trimmed_numeric(a.text) == trimmed_numeric(b.text);
}

template <typename Number>
void append_number(std::string& out, Number value, int base = 10) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value, base).ptr);
}

void append_lsn(std::string& out, Lsn lsn) {
  size_t start = out.size();
  append_number(out, lsn.value >> 32, 16);
  out += '/';
  append_number(out, lsn.value & 0xFFFFFFFF, 16);
  for (size_t i = start; i < out.size(); ++i) {
    if (out[i] >= 'a' && out[i] <= 'f') out[i] = static_cast<char>(out[i] - 'a' + 'A');
  }
}

SourceResult finish(std::string& out, size_t start, const char* reason) {
  if (reason == nullptr) return {};
  out.resize(start);
  return {SourceResult::State::failed, reason};
}

// JSON that is a string without escapes, for those kinds whose text needs none.
bool is_plain_json_string(ValueKind kind) {
  switch (kind) {
    case ValueKind::bytea:
    case ValueKind::date:
    case ValueKind::time:
    case ValueKind::timetz:
    case ValueKind::timestamp:
    case ValueKind::timestamptz:
      return true;
    default:
      return false;
  }
}

bool is_structured(ValueKind kind) {
  switch (kind) {
    case ValueKind::json:
    case ValueKind::array:
    case ValueKind::range:
    case ValueKind::multirange:
    case ValueKind::hstore:
      return true;
    default:
      return false;
  }
}

// Room for text on its way into another form; kept, so that a steady state allocates nothing.
thread_local std::string scratch;

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const char* append_boolean(std::string& out, bool value, ResultForm form) {
  std::string_view word = value ? "true" : "false";
  switch (form) {
    case ResultForm::string:
      out += '"';
      out += word;
      out += '"';
      return nullptr;
    case ResultForm::plain:
    case ResultForm::json:
    case ResultForm::truth:
    case ResultForm::automatic:
      out += word;
      return nullptr;
    default:
      return append_integer(out, value ? 1 : 0, form);
  }
}

const char* append_column(std::string& out, const ColumnType& type, const Value& value,
                          ResultForm form) {
  if (type.kind == ValueKind::boolean && (value.text == "t" || value.text == "f")) {
    return append_boolean(out, value.text == "t", form);
  }
  if (form == ResultForm::automatic || form == ResultForm::truth) {
    append_value_json(out, type, value);
    return nullptr;
  }
  // Numbers keep their digits, however many.
  bool wants_text = form == ResultForm::string || form == ResultForm::plain;
  if (wants_text && (is_structured(type.kind) || is_plain_json_string(type.kind))) {
    scratch.clear();
    append_value_json(scratch, type, value);
    std::string_view json = scratch;
    bool quoted = is_plain_json_string(type.kind);
    return append_text(out, quoted ? json.substr(1, json.size() - 2) : json, form);
  }
  if (type.kind == ValueKind::bytea) return append_blob(out, {}, form);
  if (is_structured(type.kind)) {
    scratch.clear();
    append_value_json(scratch, type, value);
    return append_json(out, scratch, form);
  }
  if (form == ResultForm::boolean || form == ResultForm::condition) {
    if (auto number = whole_number(value.text)) return append_integer(out, *number, form);
  }
  return append_text(out, value.text, form);
}

}  // namespace

const Column* RowView::column(uint32_t index) const {
  int32_t at = index < columns_.size() ? columns_[index] : -1;
  if (at < 0 || static_cast<size_t>(at) >= change_.table->columns.size()) return nullptr;
  return &change_.table->columns[static_cast<size_t>(at)];
}

Value RowView::at(std::span<const Value> row, uint32_t index) const {
  int32_t at = index < columns_.size() ? columns_[index] : -1;
  if (at < 0 || static_cast<size_t>(at) >= row.size()) return {};
  return row[static_cast<size_t>(at)];
}

Value RowView::value(Source source) const {
  const Column* column = this->column(source.index);
  if (column == nullptr) return {};
  bool update = change_.op == Op::update;
  if (source.scope == Scope::row) {
    if (change_.op == Op::remove) return old_value(source.index);
    Value value = new_value(source.index);
    return value.is_unavailable() && update ? old_value(source.index) : value;
  }
  if (change_.op != Op::update && change_.op != Op::remove) return Value::null();
  if (update && change_.old_row.empty() && column->key) return new_value(source.index);
  return old_value(source.index);
}

const ColumnType& RowView::type(Source source) const {
  static const ColumnType kUnknown;
  const Column* column = this->column(source.index);
  return column == nullptr ? kUnknown : column->type;
}

std::optional<bool> RowView::changed(uint32_t index) const {
  const Column* column = this->column(index);
  if (column == nullptr || change_.new_row.empty()) return std::nullopt;
  Value now = new_value(index);
  if (change_.op == Op::update && now.is_unavailable()) return false;
  Value before = value({Scope::old, index});
  if (now.is_unavailable() || before.is_unavailable()) return std::nullopt;
  return !same(column->type, before, now);
}

bool RowView::available(Source source) const {
  switch (source.scope) {
    case Scope::row:
    case Scope::old:
      return !value(source).is_unavailable();
    case Scope::changed:
      return changed(source.index).has_value();
    case Scope::event:
      return true;
  }
  return false;
}

bool has_event_field(const RowView& row, EventField field) {
  switch (field) {
    case EventField::schema:
      return !row.change().table->is_message();
    case EventField::xid:
      return row.transaction().xid != 0;
    case EventField::committed_at:
      return row.transaction().has_commit_time();
    case EventField::lsn:
      return row.change().op != Op::backfill;
    case EventField::op:
    case EventField::table_name:
      break;
  }
  return true;
}

void append_event_field(std::string& out, const RowView& row, EventField field) {
  switch (field) {
    case EventField::op:
      out += op_name(row.change().op);
      return;
    case EventField::schema:
      out += row.change().table->schema;
      return;
    case EventField::table_name:
      out += row.change().table->name;
      return;
    case EventField::lsn:
      return append_lsn(out, row.change().lsn);
    case EventField::xid:
      return append_number(out, row.transaction().xid);
    case EventField::committed_at:
      return append_iso8601_utc(out, row.transaction().commit_time_us);
  }
}

SourceResult append_source(std::string& out, const RowView& row, Source source, ResultForm form) {
  size_t start = out.size();
  if (source.scope == Scope::event) {
    auto field = static_cast<EventField>(source.index);
    if (!has_event_field(row, field)) {
      append_null(out, form);
      return {SourceResult::State::null, nullptr};
    }
    if (field == EventField::xid) {
      return finish(out, start, append_integer(out, row.transaction().xid, form));
    }
    scratch.clear();
    append_event_field(scratch, row, field);
    return finish(out, start, append_text(out, scratch, form));
  }
  if (source.scope == Scope::changed) {
    std::optional<bool> changed = row.changed(source.index);
    if (!changed) return {SourceResult::State::unavailable, nullptr};
    return finish(out, start, append_boolean(out, *changed, form));
  }
  Value value = row.value(source);
  if (value.is_unavailable()) return {SourceResult::State::unavailable, nullptr};
  if (value.is_null()) {
    append_null(out, form);
    return {SourceResult::State::null, nullptr};
  }
  return finish(out, start, append_column(out, row.type(source), value, form));
}

}  // namespace waltrack
