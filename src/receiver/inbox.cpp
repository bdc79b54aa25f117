#include "receiver/inbox.hpp"

#include <simdjson.h>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "receiver/event_log.hpp"
#include "receiver/request_reader.hpp"

namespace waltrack {
namespace {

// An event that was sent over several lines becomes one.
void append_line(std::string& out, std::string_view json) {
  if (json.find_first_of("\n\r") == std::string_view::npos) {
    out.append(json);
  } else {
    const size_t begin = out.size();
    size_t length = json.size();
    out.resize(begin + json.size());
    if (simdjson::minify(json.data(), json.size(), out.data() + begin, length) !=
        simdjson::SUCCESS) {
      length = 0;  // cannot come up: the JSON is valid
    }
    out.resize(begin + length);
  }
  out.push_back('\n');
}

}  // namespace

Inbox::Inbox(const std::string& ndjson, const Clock& clock, ReceiverObserver* observer)
    : clock_(clock), observer_(observer) {
  if (ndjson.empty()) return;
  log_ = std::make_unique<EventLog>(ndjson);
  RequestReader reader;
  log_->read([&](std::string& line) {
    ReceivedEvent event;
    if (!reader.read_stored(line, event)) return false;
    if (!event.message_id.empty()) seen_.remember(event.message_id, event.content);
    return true;
  });
}

Inbox::~Inbox() = default;

Taken Inbox::take(std::string& body, std::string_view single_type, size_t wire_bytes) {
  thread_local RequestReader reader;
  thread_local std::vector<ReceivedEvent> events;
  std::string fault = reader.read(body, single_type, clock_.utc_us(), events);

  const std::lock_guard lock(m_);
  stats_.wire_bytes += wire_bytes;
  stats_.body_bytes += body.size();
  if (!fault.empty()) return reject_locked(400, std::move(fault));
  for (ReceivedEvent& event : events) {
    if (event.fate == Fate::dropped || event.message_id.empty()) continue;
    switch (seen_.remember(event.message_id, event.content)) {
      case SeenMessages::Answer::first:
        break;
      case SeenMessages::Answer::same:
        event.fate = Fate::duplicate;
        break;
      case SeenMessages::Answer::different:
        event.fate = Fate::conflicting;
        log::error("a messageId came again with other content", {{"message_id", event.message_id}});
        break;
    }
  }
  std::string reason;
  if (!keep(events, reason)) return {500, std::move(reason)};
  for (const ReceivedEvent& event : events) {
    ++stats_.events;
    switch (event.fate) {
      case Fate::accepted:
        ++stats_.accepted;
        count(stats_.by_type, event.type);
        if (event.type == "track") count(stats_.by_event, event.event);
        break;
      case Fate::duplicate:
        ++stats_.duplicates;
        break;
      case Fate::conflicting:
        ++stats_.conflicting;
        break;
      case Fate::dropped:
        ++stats_.dropped;
        count(stats_.dropped_reasons, event.drop_reason);
        break;
    }
  }
  if (observer_ != nullptr) observer_->events(events);
  return {};
}

bool Inbox::keep(std::span<const ReceivedEvent> events, std::string& reason) {
  if (!log_) return true;
  lines_.clear();
  for (const ReceivedEvent& event : events) {
    if (event.fate == Fate::accepted) append_line(lines_, event.json);
  }
  try {
    log_->append(lines_);
    return true;
  } catch (const Error& error) {
    for (const ReceivedEvent& event : events) {
      if (event.fate == Fate::accepted && !event.message_id.empty()) seen_.forget(event.message_id);
    }
    log::error(error.what(), {{"file", error.where()}});
    reason = error.what();
    return false;
  }
}

Taken Inbox::reject_locked(int status, std::string reason) {
  ++stats_.rejected_requests;
  if (observer_ != nullptr) observer_->rejected(status, reason);
  return {status, std::move(reason)};
}

void Inbox::reject(int status, std::string_view reason) {
  const std::lock_guard lock(m_);
  reject_locked(status, std::string(reason));
}

void Inbox::count_answer(std::string_view answer, bool failed) {
  const std::lock_guard lock(m_);
  ++stats_.requests;
  if (failed) ++stats_.failed_requests;
  count(stats_.by_answer, answer);
}

ReceiverStats Inbox::stats() const {
  const std::lock_guard lock(m_);
  ReceiverStats copy = stats_;
  copy.known = seen_.size();
  return copy;
}

}  // namespace waltrack
