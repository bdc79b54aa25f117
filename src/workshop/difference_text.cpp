#include "workshop/difference_text.hpp"

#include "workshop/flow_yaml.hpp"

namespace waltrack {
namespace {

class DifferenceText {
 public:
  DifferenceText(std::string_view indent, TextLook look) : indent_(indent), look_(look) {}

  void add_changed(const EventJson& event, size_t number, const std::vector<Difference>& found) {
    out_ += indent_ + "~ event " + std::to_string(number) + ", " +
            tinted(look_, Tint::bold, printable(event_title(event))) + "\n";
    add_fields(found, "    ");
  }

  void add_fields(const std::vector<Difference>& found, const std::string& deeper) {
    for (const Difference& one : found) {
      out_ += indent_ + deeper + printable(one.path) + "\n";
      line(deeper + "  - ", Tint::red, one.before, note(one));
      line(deeper + "  + ", Tint::green, one.after, "");
    }
  }

  void add_alone(char sign, const EventJson& event) {
    const std::string text = indent_ + sign + " " + flow_yaml(essence(event));
    out_ +=
        tinted(look_, sign == '-' ? Tint::red : Tint::green, cut_to(printable(text), look_.width)) +
        "\n";
  }

  std::string take() { return std::move(out_); }

 private:
  // JSON's quotes tell a text from a number.
  void line(const std::string& sign, Tint tint, const std::optional<EventJson>& value,
            const std::string& note) {
    const std::string shown =
        value ? value->dump(-1, ' ', false, EventJson::error_handler_t::replace) : "nothing";
    const std::string text = indent_ + sign + shown + note;
    out_ += tinted(look_, tint, cut_to(printable(text), look_.width)) + "\n";
  }

  static std::string note(const Difference& one) {
    const bool only_quotes = one.before && one.after && one.after->is_string() &&
                             !one.before->is_string() &&
                             one.before->dump() == one.after->get<std::string>();
    return only_quotes ? "  (the event has a text: write it in quotes)" : "";
  }

  const std::string indent_;
  const TextLook look_;
  std::string out_;
};

}  // namespace

std::string changed_fields_text(const std::vector<Difference>& differences, std::string_view indent,
                                TextLook look) {
  DifferenceText text(indent, look);
  text.add_fields(differences, "");
  return text.take();
}

EventJson essence(const EventJson& event) {
  if (event.contains("dead_letter")) return event;
  EventJson out = event;
  out.erase("messageId");
  if (const auto context = out.find("context"); context != out.end() && context->is_object()) {
    context->erase("library");
    context->erase("channel");
    if (context->empty()) out.erase("context");
  }
  return out;
}

std::string difference_text(const std::vector<EventPair>& pairs,
                            const std::vector<EventJson>& before,
                            const std::vector<EventJson>& after, std::string_view indent,
                            TextLook look) {
  DifferenceText text(indent, look);
  for (const EventPair& pair : pairs) {
    if (pair.before && pair.after) {
      if (pair.differences.empty()) continue;
      text.add_changed(after[*pair.after], *pair.after + 1, pair.differences);
    } else if (pair.before) {
      text.add_alone('-', before[*pair.before]);
    } else {
      text.add_alone('+', after[*pair.after]);
    }
  }
  return text.take();
}

}  // namespace waltrack
