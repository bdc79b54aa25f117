#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mapping/expression_program.hpp"
#include "mapping/row_view.hpp"

namespace waltrack {

// A compiled value: JSON that is fixed but for holes, which a row fills from its columns and from
// the results of the rule's expressions.
struct ValueTemplate {
  enum class Kind : uint8_t { fixed, source, expression, object, list };
  struct Field;

  Kind kind = Kind::fixed;
  std::string fixed = "null";  // JSON
  Source source;
  ResultForm form = ResultForm::automatic;  // source
  size_t expression = 0;
  std::string name;  // source: for people, "traits.email"
  std::vector<Field> fields;
  std::vector<ValueTemplate> items;
};

struct ValueTemplate::Field {
  std::string prefix;  // `"key":`
  ValueTemplate value;
};

// Why a row cannot fill a template; `name` is the value's, both live as long as the template.
struct TemplateFault {
  const std::string* name = nullptr;
  const char* reason = nullptr;
};

// Writes one row's value.
class TemplateWriter {
 public:
  // `program` holds the row's results; may be nullptr for templates without expressions.
  TemplateWriter(std::string& out, const RowView& row, const ExpressionProgram* program)
      : out_(out), row_(row), program_(program) {}

  // False when the value is unavailable or failed; nothing is written then. Fields that are
  // unavailable are left out of their object and counted; a list with an unavailable item is
  // unavailable.
  bool write(const ValueTemplate& value);
  // Writes the fields of an object, each ended by a comma.
  void write_fields(const ValueTemplate& object);

  uint64_t left_out() const { return left_out_; }
  bool failed() const { return fault_.reason != nullptr; }
  const TemplateFault& fault() const { return fault_; }

 private:
  bool write_source(const ValueTemplate& value);
  bool write_list(const ValueTemplate& list);

  std::string& out_;
  const RowView& row_;
  const ExpressionProgram* program_;
  uint64_t left_out_ = 0;
  TemplateFault fault_;
};

// Ends an object or list whose parts each end with a comma.
void close_json(std::string& out, char close);

}  // namespace waltrack
