#include "mapping/value_template.hpp"

namespace waltrack {

void close_json(std::string& out, char close) {
  if (out.back() == ',') {
    out.back() = close;
  } else {
    out += close;
  }
}

bool TemplateWriter::write(const ValueTemplate& value) {
  switch (value.kind) {
    case ValueTemplate::Kind::fixed:
      out_ += value.fixed;
      return true;
    case ValueTemplate::Kind::source:
      return write_source(value);
    case ValueTemplate::Kind::expression:
      if (program_->state(value.expression) == ExpressionProgram::State::unavailable) return false;
      out_ += program_->text(value.expression);
      return true;
    case ValueTemplate::Kind::object:
      out_ += '{';
      write_fields(value);
      close_json(out_, '}');
      return true;
    case ValueTemplate::Kind::list:
      return write_list(value);
  }
  return false;
}

void TemplateWriter::write_fields(const ValueTemplate& object) {
  for (const ValueTemplate::Field& field : object.fields) {
    size_t start = out_.size();
    out_ += field.prefix;
    if (write(field.value)) {
      out_ += ',';
    } else {
      out_.resize(start);
      ++left_out_;
    }
  }
}

bool TemplateWriter::write_source(const ValueTemplate& value) {
  SourceResult result = append_source(out_, row_, value.source, value.form);
  if (result.state == SourceResult::State::failed && !failed()) {
    fault_ = {&value.name, result.reason};
  }
  return result.state == SourceResult::State::present || result.state == SourceResult::State::null;
}

bool TemplateWriter::write_list(const ValueTemplate& list) {
  size_t start = out_.size();
  out_ += '[';
  for (const ValueTemplate& item : list.items) {
    if (!write(item)) {
      out_.resize(start);
      return false;
    }
    out_ += ',';
  }
  close_json(out_, ']');
  return true;
}

}  // namespace waltrack
