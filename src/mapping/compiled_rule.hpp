#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/condition.hpp"
#include "mapping/expression_program.hpp"
#include "mapping/mapping_file.hpp"
#include "mapping/row_view.hpp"
#include "mapping/value_template.hpp"
#include "model/event_sink.hpp"
#include "model/rule.hpp"

namespace waltrack {

// Segment's limit on one event.
inline constexpr size_t kMaxEventBytes = 32'000;

// An id or a time of a call: bare text from one place.
struct CallInput {
  enum class Kind : uint8_t { none, fixed, source, expression };

  Kind kind = Kind::none;
  std::string fixed;
  Source source;
  size_t expression = 0;
  std::string name;  // "user_id"
};

// Microseconds since 1970-01-01 UTC of a call's `timestamp`: the years 1 to 9999, which ISO 8601
// writes with four digits. Nothing for what is no date and time.
std::optional<int64_t> parse_call_time(std::string_view text);

// One call of a mapping, ready to make events of rows. The mapper owns all; a rule keeps buffers,
// so that it allocates nothing for a row once they have grown.
struct CompiledRule {
  Rule rule;
  OpSet ops;
  std::vector<Condition*> conditions;          // all must fire; in order
  std::unique_ptr<ExpressionProgram> program;  // may be nullptr
  CallInput user_id;
  CallInput anonymous_id;
  CallInput timestamp;
  std::string opening;      // {"type":…,"messageId":"
  std::string body_prefix;  // ,"event":…,"properties":
  ValueTemplate body;
  std::string
      context_prefix;     // ,"context":{"library":{…}, and what else is fixed, each with a comma
  ValueTemplate context;  // an object
  bool has_integrations = false;
  ValueTemplate integrations;

  // Fields that were left out because a row did not have their columns.
  uint64_t left_out = 0;

  // Makes the event of one row whose op is in `ops`. `table` is the one compiled for.
  void run(const RowView& row, const Table& table, EventSink& sink);

 private:
  enum class Found : uint8_t { present, none, unavailable, failed };

  bool fires(const RowView& row, const Table& table, EventSink& sink);
  bool identify_user(const RowView& row, const Table& table, EventSink& sink);
  bool find_time(const RowView& row, EventSink& sink, int64_t& time_us);
  Found find(const CallInput& input, const RowView& row, std::string& out, const char*& reason);
  void write(const RowView& row, int64_t time_us, std::string& out, TemplateWriter& writer);
  void reject_unavailable(const RowView& row, const Table& table, std::string_view what,
                          Source source, EventSink& sink) const;
  void reject_failed(std::string_view name, std::string_view reason, EventSink& sink) const;

  std::string user_text_;
  std::string anonymous_text_;
  std::string time_text_;
};

}  // namespace waltrack
