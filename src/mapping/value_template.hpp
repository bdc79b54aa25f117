#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mapping/expression_program.hpp"
#include "mapping/row_view.hpp"
#include "mapping/value_transform.hpp"
#include "mapping/value_type.hpp"

namespace waltrack {

// A compiled value: JSON that is fixed but for holes, which a row fills from its columns and from
// the results of the rule's expressions.
struct ValueTemplate {
  enum class Kind : uint8_t { fixed, source, expression, object, list };
  struct Field;

  Kind kind = Kind::fixed;
  bool omit_null = false;      // source, expression: a null is left out
  std::string fixed = "null";  // JSON
  Source source;
  ResultForm form = ResultForm::automatic;  // source
  size_t expression = 0;
  std::string name;                                 // for people, "traits.email"
  std::shared_ptr<const ValueTransform> transform;  // source, expression; may be nullptr
  ValueType type;                                   // what is known of its JSON beforehand
  std::vector<Field> fields;
  std::vector<ValueTemplate> items;
};

struct ValueTemplate::Field {
  std::string name;
  std::string prefix;  // `"name":`
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

  enum class Written : uint8_t {
    value,
    omitted,  // a null that the mapping leaves out
    missing,  // the server did not send it, or it failed
  };

  // Writes nothing unless it gives `value`. Fields that are missing are left out of their object
  // and counted, omitted ones are left out; a list with a missing item is missing.
  Written write(const ValueTemplate& value);
  // Writes the fields of an object, each ended by a comma.
  void write_fields(const ValueTemplate& object);
  // Writes one field and a comma; false when it was left out.
  bool write_field(const ValueTemplate::Field& field);

  void count_left_out() { ++left_out_; }
  uint64_t left_out() const { return left_out_; }
  bool failed() const { return fault_.reason != nullptr; }
  const TemplateFault& fault() const { return fault_; }

 private:
  Written write_source(const ValueTemplate& value);
  Written write_expression(const ValueTemplate& value);
  Written write_list(const ValueTemplate& list);
  Written finish(const ValueTemplate& value, size_t start);

  std::string& out_;
  const RowView& row_;
  const ExpressionProgram* program_;
  uint64_t left_out_ = 0;
  TemplateFault fault_;
};

// Ends an object or list whose parts each end with a comma.
void close_json(std::string& out, char close);

}  // namespace waltrack
