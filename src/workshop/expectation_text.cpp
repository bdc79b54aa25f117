#include "workshop/expectation_text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/iso8601.hpp"
#include "workshop/flow_yaml.hpp"
#include "workshop/literal_json.hpp"

namespace waltrack {
namespace {

using Events = std::vector<EventJson>;

// Thrown and caught in this file.
struct Refusal {
  SourcePlace place;
  std::string why;
  std::string remedy;
};

// What two events say alike.
EventJson common(const EventJson& a, const EventJson& b) {
  EventJson out = EventJson::object();
  for (const auto& [key, value] : a.items()) {
    const auto other = b.find(key);
    if (other == b.end()) continue;
    if (value.is_object() && other->is_object()) {
      out[key] = common(value, *other);
    } else if (nlohmann::json(value) == nlohmann::json(*other)) {
      out[key] = value;
    }
  }
  return out;
}

// The part of `value` that `wanted` names.
EventJson named(const EventJson& value, const EventJson& wanted) {
  if (!value.is_object() || !wanted.is_object()) return value;
  EventJson out = EventJson::object();
  for (const auto& [key, inner] : wanted.items()) {
    if (value.contains(key)) out[key] = named(value[key], inner);
  }
  return out;
}

// The text as lines, each with its end.
class Lines {
 public:
  explicit Lines(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      lines_.emplace_back(text.substr(0, end));
      text.remove_prefix(end);
    }
    if (!lines_.empty() && lines_[0].ends_with("\r\n")) line_end_ = "\r\n";
  }

  size_t size() const { return lines_.size(); }
  const std::string& operator[](size_t line) const { return lines_[line]; }
  const std::string& line_end() const { return line_end_; }

  void replace(size_t first, size_t last, const std::vector<std::string>& with) {
    // What comes behind a last line without an end.
    if (first > 0 && !lines_[first - 1].ends_with('\n')) lines_[first - 1] += line_end_;
    const auto at = lines_.erase(lines_.begin() + static_cast<long>(first),
                                 lines_.begin() + static_cast<long>(last));
    lines_.insert(at, with.begin(), with.end());
  }

  std::string text() const {
    std::string text;
    for (const std::string& line : lines_)
      text += line;
    return text;
  }

  size_t indent(size_t line) const {
    return std::min(lines_[line].find_first_not_of(' '), lines_[line].size());
  }
  bool is_content(size_t line) const {
    const size_t first = lines_[line].find_first_not_of(" \t\r\n");
    return first != std::string::npos && lines_[line][first] != '#';
  }
  bool begins(size_t line, size_t column, std::string_view word) const {
    return lines_[line].size() >= column && lines_[line].compare(column, word.size(), word) == 0;
  }

  // Behind the last line of what stands at `column` of a map and goes on below `first`. `as_key`:
  // one value of the map; else the map as a whole.
  size_t end_of(size_t first, size_t column, bool as_key) const {
    size_t end = first + 1;
    for (size_t line = first + 1; line < lines_.size(); ++line) {
      if (!is_content(line)) continue;
      if (begins(line, 0, "---") || begins(line, 0, "...")) break;
      const size_t at = indent(line);
      const bool goes_on = at > column || (at == column && (!as_key || continues(line, at)));
      if (!goes_on) break;
      end = line + 1;
    }
    return end;
  }

 private:
  // A list may stand as far left as its key, and so may a closing bracket.
  bool continues(size_t line, size_t at) const {
    return begins(line, at, "- ") || begins(line, at, "-\n") || begins(line, at, "]") ||
           begins(line, at, "}");
  }

  std::vector<std::string> lines_;
  std::string line_end_ = "\n";
};

// Where a comment begins in a line, or npos. A quote opens only where a value may begin: the one in
// `it's` does not.
size_t comment_in(std::string_view line) {
  char quote = '\0';
  for (size_t i = 0; i < line.size(); ++i) {
    const char before = i == 0 ? ' ' : line[i - 1];
    if (quote != '\0') {
      if (quote == '"' && line[i] == '\\')
        ++i;
      else if (line[i] == quote)
        quote = '\0';
    } else if (line[i] == '#' && (before == ' ' || before == '\t')) {
      return i;
    } else if ((line[i] == '"' || line[i] == '\'') &&
               std::string_view(" \t[{,:-").find(before) != std::string_view::npos) {
      quote = line[i];
    }
  }
  return std::string_view::npos;
}

class Update {
 public:
  Update(std::string_view text, const FileTests& tests) : lines_(text), path_(tests.path) {}

  // Writes `events` into the test's `expect`; throws a Refusal and changes nothing.
  void write(const Fixture& fixture, const Events& events) {
    Lines edited = lines_;
    edit(edited, fixture, events);
    check(edited.text(), fixture, events);
    lines_ = std::move(edited);
  }

  std::string text() const { return lines_.text(); }

 private:
  static size_t line_of(const SourcePlace& place) { return static_cast<size_t>(place.line) - 1; }
  static size_t column_of(const SourcePlace& place) {
    return static_cast<size_t>(place.column) - 1;
  }

  static const YamlNode* expect_key(const Fixture& fixture) {
    for (const auto& [key, value] : fixture.node->entries) {
      if (key.scalar == "expect") return &key;
    }
    return nullptr;
  }

  // A key of a map in block style: before it only blanks and a list's dash.
  void require_block(const Lines& lines, const SourcePlace& place) const {
    const std::string& line = lines[line_of(place)];
    const size_t column = column_of(place);
    if (line.find_first_not_of(" -") >= column && !lines.begins(line_of(place), column, "{"))
      return;
    throw Refusal{place, "this test is written in { }, which --update cannot edit",
                  "write it on lines of its own, or write its expect by hand"};
  }

  void edit(Lines& lines, const Fixture& fixture, const Events& events) const {
    const YamlNode* key = expect_key(fixture);
    if (line_of(key == nullptr ? fixture.place : key->place) >= lines.size()) {
      throw Refusal{fixture.place, "the file has changed meanwhile", "run the tests again"};
    }
    require_block(lines, key == nullptr ? fixture.place : key->place);
    if (key == nullptr) {
      const size_t column = column_of(fixture.place);
      const size_t end = lines.end_of(line_of(fixture.place), column, false);
      const std::string blanks(column, ' ');
      lines.replace(end, end, block(lines, blanks + "expect:", "", column + 2, events));
      return;
    }
    const size_t first = line_of(key->place);
    const size_t column = column_of(key->place);
    if (!lines.begins(first, column, "expect:")) {
      throw Refusal{key->place, "this expect is not written where its test stands",
                    "write its expect by hand"};
    }
    const size_t last = lines.end_of(first, column, true);
    refuse_aliases(*fixture.expect, first, last);
    const size_t value = column + std::string_view("expect:").size();
    const std::string head = lines[first].substr(0, value);
    const std::string rest = lines[first].substr(value);
    // A comment behind the bare key stays.
    const size_t comment = comment_in(lines[first]);
    const bool bare =
        rest.find_first_not_of(" \r\n") == std::string::npos ||
        (comment != std::string::npos && rest.find_first_not_of(' ') + value == comment);
    refuse_comments(lines, bare ? first + 1 : first, last);
    size_t dash = column + 2;
    if (bare && first + 1 < last) {
      for (size_t line = first + 1; line < last && dash == column + 2; ++line) {
        if (lines.is_content(line)) dash = std::max(column, lines.indent(line)), line = last;
      }
    }
    std::string kept = bare ? rest : "";
    kept.erase(kept.find_last_not_of(" \r\n") + 1);
    lines.replace(first, last, block(lines, head, kept, dash, events));
  }

  void refuse_aliases(const YamlNode& node, size_t first, size_t last) const {
    const size_t line = line_of(node.place);
    if (line < first || line >= last) {
      throw Refusal{node.place, "an expect of this file uses an alias of what stands here",
                    "--update would write it out; write that expect by hand"};
    }
    for (const YamlNode& item : node.items)
      refuse_aliases(item, first, last);
    for (const auto& [key, value] : node.entries) {
      refuse_aliases(key, first, last);
      refuse_aliases(value, first, last);
    }
  }

  void refuse_comments(const Lines& lines, size_t first, size_t last) const {
    for (size_t line = first; line < last; ++line) {
      const size_t comment = comment_in(lines[line]);
      if (comment == std::string::npos) continue;
      throw Refusal{{path_, static_cast<int>(line) + 1, static_cast<int>(comment) + 1},
                    "a comment inside of expect would be lost",
                    "move it above the test, or write this expect by hand"};
    }
  }

  static std::vector<std::string> block(const Lines& lines, const std::string& head,
                                        const std::string& comment, size_t dash,
                                        const Events& events) {
    if (events.empty()) return {head + " []" + comment + lines.line_end()};
    std::vector<std::string> out = {head + comment + lines.line_end()};
    for (const EventJson& event : events)
      out.push_back(std::string(dash, ' ') + "- " + flow_yaml(event) + lines.line_end());
    return out;
  }

  // The edited text must read as the old one but for this `expect`.
  void check(const std::string& edited, const Fixture& fixture, const Events& events) const {
    Diagnostics faults;
    const std::vector<YamlNode> before = read_yaml(lines_.text(), path_, faults);
    const std::vector<YamlNode> after = read_yaml(edited, path_, faults);
    const auto same = [&](const YamlNode& a, const YamlNode& b) {
      return is_same(a, b, fixture.place.text(), events);
    };
    if (!faults.has_errors() && std::ranges::equal(before, after, same)) return;
    throw Refusal{fixture.place, "--update cannot edit this expect without changing something else",
                  "write it by hand, or in block style, an event a line"};
  }

  static bool is_same(const YamlNode& a, const YamlNode& b, const std::string& test,
                      const Events& events) {
    if (a.kind != b.kind || a.scalar != b.scalar || a.quoted != b.quoted) return false;
    const auto same = [&](const YamlNode& x, const YamlNode& y) {
      return is_same(x, y, test, events);
    };
    if (!std::ranges::equal(a.items, b.items, same)) return false;
    const bool is_test = a.kind == YamlNode::Kind::map && a.place.text() == test;
    const auto entries = [&](const YamlNode& node) {
      std::vector<const std::pair<YamlNode, YamlNode>*> kept;
      for (const auto& entry : node.entries) {
        if (!is_test || entry.first.scalar != "expect") kept.push_back(&entry);
      }
      return kept;
    };
    const bool rest = std::ranges::equal(entries(a), entries(b), [&](auto* x, auto* y) {
      return same(x->first, y->first) && same(x->second, y->second);
    });
    if (!rest || !is_test) return rest;
    const YamlNode* expect = b.find("expect");
    return expect != nullptr &&
           nlohmann::json(literal_json(*expect)) == nlohmann::json(EventJson(events));
  }

  Lines lines_;
  const std::string path_;
};

// What a failing test should say, of all the tables that it ran against.
Events wanted(const std::vector<const TestResult*>& results) {
  Events events;
  for (const TestResult* result : results) {
    Events these;
    for (const EventPair& pair : result->pairs) {
      if (!pair.after) continue;
      const EventJson before = pair.before ? result->expected[*pair.before] : EventJson();
      these.push_back(expectation_of(result->actual[*pair.after], before));
    }
    if (result == results.front()) {
      events = std::move(these);
      continue;
    }
    if (these.size() != events.size()) {
      throw Refusal{result->fixture.place,
                    "the tables of this test make different numbers of events",
                    "give " + result->table + " a document of its own"};
    }
    for (size_t i = 0; i < events.size(); ++i)
      events[i] = common(events[i], these[i]);
  }
  return events;
}

}  // namespace

EventJson expectation_of(const EventJson& event, const EventJson& before) {
  std::string commit_time;
  append_iso8601_utc(commit_time, kFixtureTime);
  EventJson out = EventJson::object();
  for (const char* key :
       {"type", "event", "name", "category", "groupId", "previousId", "userId", "anonymousId",
        "timestamp", "properties", "traits", "dead_letter", "rule"}) {
    if (!event.contains(key)) continue;
    if (std::string_view(key) == "timestamp" && event[key] == commit_time) continue;
    out[key] = event[key];
  }
  for (const char* key : {"context", "integrations"}) {
    if (before.is_object() && before.contains(key) && event.contains(key)) {
      out[key] = named(event[key], before[key]);
    }
  }
  return out;
}

UpdatedFile update_expectations(std::string_view text, const FileTests& tests,
                                Diagnostics& refused) {
  std::map<int, std::vector<const TestResult*>, std::greater<>> by_line;  // the last one first
  for (const TestResult& result : tests.results)
    by_line[result.fixture.place.line].push_back(&result);
  Update update(text, tests);
  UpdatedFile file;
  for (const auto& [line, results] : by_line) {
    if (std::ranges::all_of(results, [](auto* one) { return one->passed(); })) continue;
    try {
      update.write(results.front()->fixture, wanted(results));
      ++file.written;
    } catch (const Refusal& refusal) {
      refused.error(refusal.place, refusal.why, refusal.remedy);
    }
  }
  file.text = update.text();
  return file;
}

}  // namespace waltrack
