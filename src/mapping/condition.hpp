#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/expression_program.hpp"
#include "mapping/row_view.hpp"

namespace waltrack {

// A `when`: which rows a rule hears of. Rules may share one; it is evaluated once for each row.
class Condition {
 public:
  enum class Verdict : uint8_t { fires, silent, unavailable, failed };

  static Condition constant(bool fires);
  static Condition of_source(Source source);
  static Condition of_expression(std::unique_ptr<ExpressionProgram> program);

  // It reads columns of the (new) row and nothing else: it is about a state, not about a change.
  bool is_of_row_alone() const { return of_row_alone_; }
  // What it reads, each once.
  std::vector<Source> reads() const;

  Verdict evaluate(const RowView& row);

  // Of the last evaluation: what failed and why, without values; what is unavailable.
  const char* failure() const { return failure_; }
  const Source& unavailable() const { return unavailable_; }

 private:
  enum class Kind : uint8_t { fires, silent, source, expression };

  bool reads_row_alone() const;
  Verdict decide_source(const RowView& row);
  Verdict decide_expression(const RowView& row);

  Kind kind_ = Kind::fires;
  bool of_row_alone_ = true;
  Source source_;
  std::unique_ptr<ExpressionProgram> program_;
  uint64_t serial_ = 0;  // of the row that verdict_ is for
  Verdict verdict_ = Verdict::silent;
  const char* failure_ = "";
  Source unavailable_;
};

}  // namespace waltrack
