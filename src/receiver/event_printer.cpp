#include "receiver/event_printer.hpp"

#include <simdjson.h>

#include "base/iso8601.hpp"
#include "base/json_text.hpp"
#include "base/terminal_text.hpp"
#include "receiver/segment_rules.hpp"

namespace waltrack {
namespace {

constexpr size_t kTypeColumns = 8;
constexpr size_t kUserColumns = 20;
constexpr size_t kNameColumns = 24;

constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kLoud = "\x1b[1;37;41m";

std::string_view color_of(std::string_view type) {
  if (type == "track") return "\x1b[32m";
  if (type == "identify") return "\x1b[36m";
  if (type == "group") return "\x1b[35m";
  if (type == "alias") return "\x1b[33m";
  return "\x1b[34m";
}

std::string_view mark_of(Fate fate) {
  switch (fate) {
    case Fate::accepted:
      return "  ";
    case Fate::duplicate:
      return "= ";
    case Fate::conflicting:
      return "! ";
    case Fate::dropped:
      return "x ";
  }
  return "  ";
}

bool is_bare_word(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == ',') return false;
  }
  return true;
}

std::string what_it_is(const ReceivedEvent& event) {
  if (event.type == "group") return "→ " + printable(event.group_id);
  if (event.type == "alias") return "← " + printable(event.previous_id);
  return printable(event.type == "track" ? event.event : event.name);
}

}  // namespace

struct EventPrinter::Parser {
  simdjson::dom::parser json;
};

EventPrinter::EventPrinter(std::FILE* out, Look look)
    : out_(out), look_(look), parser_(std::make_unique<Parser>()) {}
EventPrinter::~EventPrinter() = default;

void EventPrinter::events(std::span<const ReceivedEvent> events) {
  for (const ReceivedEvent& event : events)
    text_.append(line(event)).push_back('\n');
  write();
}

void EventPrinter::rejected(int status, std::string_view reason) {
  if (look_.json) {
    text_.append(R"({"fate":"rejected","status":)").append(std::to_string(status));
    text_.append(R"(,"reason":)");
    append_json_string(text_, reason);
    text_.append("}\n");
  } else {
    if (look_.color) text_.append(kRed);
    text_.append("x a request was refused: HTTP ").append(std::to_string(status));
    text_.append(": ").append(printable(reason));
    if (look_.color) text_.append(kPlain);
    text_.push_back('\n');
  }
  write();
}

std::string EventPrinter::line(const ReceivedEvent& event) {
  if (!look_.json) return text_line(event);
  std::string line = R"({"fate":")";
  line.append(fate_name(event.fate)).append("\"");
  if (event.fate == Fate::dropped) {
    line.append(R"(,"reason":")").append(event.drop_reason).append("\"");
  }
  line.append(R"(,"time":")");
  append_iso8601_utc(line, event.time_us);
  line.append(R"(","event":)");
  if (event.json.empty()) {
    line.append("null");
  } else {
    const size_t begin = line.size();
    size_t length = event.json.size();
    line.resize(begin + length);
    if (simdjson::minify(event.json.data(), event.json.size(), line.data() + begin, length) ==
        simdjson::SUCCESS) {
      line.resize(begin + length);
    }
  }
  return line.append("}");
}

// "  2026-11-23 12:37:33.098  track     u-17  Order Completed  total=12.5 currency=EUR"
std::string EventPrinter::text_line(const ReceivedEvent& event) {
  std::string time;
  append_iso8601_utc(time, event.time_us);
  time.resize(time.size() - 4);
  time[time.find('T')] = ' ';

  std::string line(mark_of(event.fate));
  line.append(time).append("  ");
  const size_t type_begin = line.size();
  line.append(padded(printable(event.type), kTypeColumns)).append("  ");
  const size_t type_end = line.size();
  const std::string_view user = event.user_id.empty() ? event.anonymous_id : event.user_id;
  line.append(padded(printable(user), kUserColumns)).append("  ");
  line.append(padded(what_it_is(event), kNameColumns)).append("  ");
  if (event.fate == Fate::duplicate) line.append("(duplicate) ");
  if (event.fate == Fate::conflicting) {
    line.append("CONFLICT: this messageId came before with other content: ")
        .append(printable(event.message_id));
  } else if (event.fate == Fate::dropped) {
    line.append("Segment would drop this: ").append(explain_drop(event.drop_reason));
  } else {
    append_payload(line, event.payload);
  }
  while (line.ends_with(' '))
    line.pop_back();
  if (look_.width > 0 && event.fate != Fate::conflicting) line = cut_to(line, look_.width);
  if (!look_.color) return line;

  if (event.fate == Fate::accepted) {
    if (line.size() >= type_end) line.insert(type_end, kPlain);
    if (line.size() >= type_begin) line.insert(type_begin, color_of(event.type));
    return line;
  }
  const std::string_view color = event.fate == Fate::duplicate     ? kDim
                                 : event.fate == Fate::conflicting ? kLoud
                                                                   : kRed;
  return std::string(color).append(line).append(kPlain);
}

void EventPrinter::append_payload(std::string& line, std::string_view payload) {
  if (payload.empty()) return;
  simdjson::dom::object object;
  if (parser_->json.parse(payload.data(), payload.size()).get_object().get(object) !=
      simdjson::SUCCESS) {
    return;
  }
  for (const auto& [key, value] : object) {
    line.append(printable(key)).append("=");
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS && is_bare_word(text)) {
      line.append(printable(text));
    } else {
      line.append(printable(simdjson::minify(value)));
    }
    line.push_back(' ');
  }
}

void EventPrinter::write() {
  // A reader that went away must not end the receiver.
  if (std::fwrite(text_.data(), 1, text_.size(), out_) == text_.size()) std::fflush(out_);
  text_.clear();
}

}  // namespace waltrack
