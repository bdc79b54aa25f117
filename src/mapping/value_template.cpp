#include "mapping/value_template.hpp"

namespace waltrack {
namespace {

// Room for a value on its way through a transform; kept, so that a steady state allocates nothing.
thread_local std::string plain_room;

}  // namespace

void close_json(std::string& out, char close) {
  if (out.back() == ',') {
    out.back() = close;
  } else {
    out += close;
  }
}

TemplateWriter::Written TemplateWriter::write(const ValueTemplate& value) {
  switch (value.kind) {
    case ValueTemplate::Kind::fixed:
      out_ += value.fixed;
      return Written::value;
    case ValueTemplate::Kind::source:
      return write_source(value);
    case ValueTemplate::Kind::expression:
      return write_expression(value);
    case ValueTemplate::Kind::object:
      out_ += '{';
      write_fields(value);
      close_json(out_, '}');
      return Written::value;
    case ValueTemplate::Kind::list:
      return write_list(value);
  }
  return Written::missing;
}

void TemplateWriter::write_fields(const ValueTemplate& object) {
  for (const ValueTemplate::Field& field : object.fields)
    write_field(field);
}

bool TemplateWriter::write_field(const ValueTemplate::Field& field) {
  size_t start = out_.size();
  out_ += field.prefix;
  switch (write(field.value)) {
    case Written::value:
      out_ += ',';
      return true;
    case Written::omitted:
      break;
    case Written::missing:
      ++left_out_;
      break;
  }
  out_.resize(start);
  return false;
}

TemplateWriter::Written TemplateWriter::write_source(const ValueTemplate& value) {
  size_t start = out_.size();
  SourceResult result = append_source(out_, row_, value.source, value.form);
  switch (result.state) {
    case SourceResult::State::present:
    case SourceResult::State::null:
      return finish(value, start);
    case SourceResult::State::failed:
      if (!failed()) fault_ = {&value.name, result.reason};
      break;
    case SourceResult::State::unavailable:
      break;
  }
  return Written::missing;
}

TemplateWriter::Written TemplateWriter::write_expression(const ValueTemplate& value) {
  if (program_->state(value.expression) == ExpressionProgram::State::unavailable) {
    return Written::missing;
  }
  size_t start = out_.size();
  out_ += program_->text(value.expression);
  return finish(value, start);
}

TemplateWriter::Written TemplateWriter::finish(const ValueTemplate& value, size_t start) {
  if (value.transform) {
    plain_room.assign(out_, start);
    out_.resize(start);
    value.transform->append(out_, plain_room);
  }
  if (!value.omit_null || std::string_view(out_).substr(start) != "null") return Written::value;
  out_.resize(start);
  return Written::omitted;
}

TemplateWriter::Written TemplateWriter::write_list(const ValueTemplate& list) {
  size_t start = out_.size();
  out_ += '[';
  for (const ValueTemplate& item : list.items) {
    switch (write(item)) {
      case Written::value:
        out_ += ',';
        break;
      case Written::omitted:
        break;
      case Written::missing:
        out_.resize(start);
        return Written::missing;
    }
  }
  close_json(out_, ']');
  return Written::value;
}

}  // namespace waltrack
