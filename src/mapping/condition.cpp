#include "mapping/condition.hpp"

#include <algorithm>

namespace waltrack {

Condition Condition::constant(bool fires) {
  Condition condition;
  condition.kind_ = fires ? Kind::fires : Kind::silent;
  return condition;
}

Condition Condition::of_source(Source source) {
  Condition condition;
  condition.kind_ = Kind::source;
  condition.source_ = source;
  condition.of_row_alone_ = condition.reads_row_alone();
  return condition;
}

Condition Condition::of_expression(std::unique_ptr<ExpressionProgram> program) {
  Condition condition;
  condition.kind_ = Kind::expression;
  condition.program_ = std::move(program);
  condition.of_row_alone_ = condition.reads_row_alone();
  return condition;
}

std::vector<Source> Condition::reads() const {
  if (kind_ == Kind::source) return {source_};
  if (kind_ == Kind::expression) return program_->expression(0).reads;
  return {};
}

bool Condition::reads_row_alone() const {
  const std::vector<Source> all = reads();
  return std::all_of(all.begin(), all.end(),
                     [](Source source) { return source.scope == Scope::row; });
}

Condition::Verdict Condition::evaluate(const RowView& row) {
  if (kind_ == Kind::fires) return Verdict::fires;
  if (kind_ == Kind::silent) return Verdict::silent;
  if (serial_ != row.serial()) {
    verdict_ = kind_ == Kind::source ? decide_source(row) : decide_expression(row);
    serial_ = row.serial();
  }
  return verdict_;
}

Condition::Verdict Condition::decide_source(const RowView& row) {
  if (source_.scope == Scope::changed) {
    std::optional<bool> changed = row.changed(source_.index);
    unavailable_ = source_;
    if (!changed) return Verdict::unavailable;
    return *changed ? Verdict::fires : Verdict::silent;
  }
  Value value = row.value(source_);
  if (value.is_unavailable()) {
    unavailable_ = source_;
    return Verdict::unavailable;
  }
  if (value.is_null() || value.text == "f") return Verdict::silent;
  if (value.text == "t") return Verdict::fires;
  failure_ = "when: the condition is neither true, false nor null";
  return Verdict::failed;
}

Condition::Verdict Condition::decide_expression(const RowView& row) {
  if (!program_->run(row)) {
    failure_ = program_->failure().c_str();
    return Verdict::failed;
  }
  switch (program_->state(0)) {
    case ExpressionProgram::State::null:
      return Verdict::silent;
    case ExpressionProgram::State::present:
      return program_->text(0) == "1" ? Verdict::fires : Verdict::silent;
    case ExpressionProgram::State::unavailable:
      break;
  }
  if (const Source* source = program_->first_unavailable(0, row)) unavailable_ = *source;
  return Verdict::unavailable;
}

}  // namespace waltrack
