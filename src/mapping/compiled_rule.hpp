#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/call_spec.hpp"
#include "mapping/condition.hpp"
#include "mapping/expression_program.hpp"
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

// A text that a call has beside its ids, found anew for each row: a group's id, an alias' previous
// id, a name that the row decides.
struct CallPart {
  CallInput input;
  std::string prefix;            // `,"groupId":`
  const char* needed = nullptr;  // the reason of a row without it; nullptr: it may be missing
  std::string text;              // of the row at hand
};

// One call of a mapping, ready to make events of rows. The mapper owns all; a rule keeps buffers,
// so that it allocates nothing for a row once they have grown.
struct CompiledRule {
  Rule rule;
  CallType type = CallType::identify;
  OpSet ops;
  std::vector<Condition*> conditions;          // all must fire; in order
  std::unique_ptr<ExpressionProgram> program;  // may be nullptr
  CallInput user_id;
  CallInput anonymous_id;
  CallInput timestamp;
  std::vector<uint32_t> identity;  // the columns of the row that the ids are made of
  std::vector<CallPart> parts;
  std::string opening;      // {"type":…,"messageId":"
  std::string body_prefix;  // ,"event":…,"properties":
  std::string fixed_name;   // track's event, a page's or screen's name; empty = none
  bool row_names = false;   // … or the row decides it
  bool has_body = true;     // an alias has none
  ValueTemplate body;
  // ,"context":{"library":{…}, and what else is fixed, each with a comma
  std::string context_prefix;
  size_t library_size = 0;    // of context_prefix: up to what follows the library
  ValueTemplate context;      // an object
  bool tells_active = false;  // its own context.active, instead of that of backfilled rows
  bool has_integrations = false;
  ValueTemplate integrations;

  // An identify or group that reads the new row only: an update that changes nothing of what it
  // says makes no event.
  bool compares = false;
  bool only_changed = false;      // and of its body only the fields that changed are sent
  std::vector<uint32_t> watched;  // compares: the columns that it reads

  // The columns that it names; not those that are there as one of all.
  std::vector<uint32_t> needs;
  std::vector<uint32_t> reads;  // all columns that it reads

  // Fields that were left out because a row did not have their columns.
  uint64_t left_out = 0;

  // Makes the event of one row whose op is in `ops`. `table` is the one compiled for. `gone`: what
  // the table has lost that the rule needs; then every row that it hears of is rejected.
  void run(const RowView& row, const Table& table, EventSink& sink, std::string_view gone = {});

 private:
  enum class Found : uint8_t { present, none, unavailable, failed };

  // What the call says, but for its id and its time.
  struct Said {
    std::string user;
    std::string anonymous;
    std::vector<std::string> parts;
    std::string content;              // body, context and integrations
    std::vector<std::string> fields;  // only_changed: the body's fields
  };

  bool fires(const RowView& row, const Table& table, EventSink& sink, std::string_view gone);
  bool watched_stayed(const RowView& row) const;
  bool look_back(const RowView& row);
  bool same_parts() const;
  bool says_the_same(const RowView& row);
  void find_former_user(const RowView& row, bool knows_before);
  EventIdentity identify();
  bool identify_user(const RowView& row, const Table& table, EventSink& sink);
  bool find_parts(const RowView& row, const Table& table, EventSink& sink);
  bool find_text(const CallInput& input, const RowView& row, const Table& table, std::string& out,
                 EventSink& sink);
  bool find_time(const RowView& row, EventSink& sink, int64_t& time_us);
  Found find(const CallInput& input, const RowView& row, std::string& out, const char*& reason);
  void write(const RowView& row, int64_t time_us, bool partly, std::string& out,
             TemplateWriter& writer);
  void write_backfill_id(const Change& change, size_t start, size_t context, std::string& out);
  void write_body(TemplateWriter& writer, std::string& out);
  void write_changed_fields(TemplateWriter& writer, std::string& out) const;
  size_t write_rest(TemplateWriter& writer, std::string& out, bool backfilled = false);
  void reject_unavailable(const RowView& row, const Table& table, std::string_view what,
                          Source source, EventSink& sink) const;
  void reject_failed(std::string_view name, std::string_view reason, EventSink& sink) const;

  std::string user_text_;
  std::string anonymous_text_;
  std::string former_user_;                      // of the old row, where another one's; else empty
  std::array<std::string_view, 2> other_users_;  // that the event names
  std::string time_text_;
  Said before_;  // of the old row
  std::string content_now_;
  std::string id_now_;
};

}  // namespace waltrack
