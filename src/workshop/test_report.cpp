#include "workshop/test_report.hpp"

#include <algorithm>

#include "workshop/collected_events.hpp"
#include "workshop/difference_text.hpp"
#include "workshop/expectation_text.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

std::string counted(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

// As an expectation would have it, for a person to copy.
std::vector<EventJson> as_expectations(const TestResult& result) {
  std::vector<EventJson> events;
  for (const EventJson& event : result.actual)
    events.push_back(event.contains("dead_letter") ? event : expectation_of(event, {}));
  return events;
}

std::string text_at(const EventJson& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The silent rules that may be those of the expected events that were not made; all where no rule
// has such an event's name.
std::vector<TestResult::SilentRule> blamed(const TestResult& result) {
  std::vector<TestResult::SilentRule> rules;
  bool any_missing = false;
  for (const EventPair& pair : result.pairs) {
    if (pair.after) continue;
    any_missing = true;
    const EventJson& event = result.expected[*pair.before];
    std::string id = text_at(event, "type");
    if (event.contains("event")) id += "/" + text_at(event, "event");
    for (const TestResult::SilentRule& silent : result.silent) {
      if (silent.rule == id) rules.push_back(silent);
    }
  }
  return any_missing && rules.empty() ? result.silent : rules;
}

std::string failure_text(const TestResult& result, bool several_tables, TextLook look) {
  std::string text = "  " + tinted(look, Tint::red, "✗ ") +
                     tinted(look, Tint::bold, printable(result.fixture.name));
  if (several_tables) text += " (" + result.table + ")";
  text += tinted(look, Tint::dim, "  " + result.fixture.place.text()) + "\n";
  if (result.fixture.expect == nullptr) text += "    it has no expect yet; its events are:\n";
  text += difference_text(result.pairs, result.expected, as_expectations(result), "    ", look);
  for (const TestResult::SilentRule& silent : blamed(result)) {
    text += "    · " + printable(silent.rule) + " is silent: " + std::string(describe(silent.why)) +
            "\n";
  }
  return text;
}

// Whether one test ran against several tables.
bool has_several_tables(const FileTests& file, const TestResult& result) {
  return std::ranges::count(file.results, result.fixture.node,
                            [](const TestResult& one) { return one.fixture.node; }) > 1;
}

std::string file_line(const FileTests& file, TextLook look) {
  const size_t failed = file.failed();
  std::string text =
      failed > 0 ? tinted(look, Tint::red, "FAIL") : tinted(look, Tint::green, "ok  ");
  if (file.results.empty()) text = tinted(look, Tint::dim, "-   ");
  text += " " + file.path + "  ";
  if (failed > 0) {
    text += std::to_string(failed) + " of " + counted(file.results.size(), "test") + " failed";
  } else {
    text += file.results.empty() ? "no tests" : counted(file.results.size(), "test");
  }
  if (file.switched_off > 0) {
    text += ", " + std::to_string(file.switched_off) + " left out (enabled: false)";
  }
  return text + "\n";
}

}  // namespace

TestCount count_tests(const std::vector<FileTests>& files) {
  TestCount count;
  for (const FileTests& file : files) {
    count.failed += file.failed();
    count.passed += file.results.size() - file.failed();
    count.switched_off += file.switched_off;
  }
  return count;
}

std::string test_report(const std::vector<FileTests>& files, TextLook look) {
  std::string text;
  for (const FileTests& file : files) {
    text += file_line(file, look);
    for (const TestResult& result : file.results) {
      if (!result.passed()) text += failure_text(result, has_several_tables(file, result), look);
    }
  }
  const TestCount count = count_tests(files);
  if (count.failed > 0) {
    text += "\n" + std::to_string(count.failed) + " failed, " + std::to_string(count.passed) +
            " passed  (- expected, + made)\n";
  } else {
    text += counted(count.passed, "test") + " passed\n";
  }
  return text;
}

nlohmann::ordered_json test_report_json(const std::vector<FileTests>& files) {
  const TestCount count = count_tests(files);
  Json json = {{"ok", count.failed == 0},
               {"passed", count.passed},
               {"failed", count.failed},
               {"switched_off", count.switched_off},
               {"tests", Json::array()}};
  for (const FileTests& file : files) {
    for (const TestResult& result : file.results) {
      Json test = {{"file", file.path},           {"line", result.fixture.place.line},
                   {"name", result.fixture.name}, {"table", result.table},
                   {"passed", result.passed()},   {"expected", result.expected},
                   {"actual", result.actual},     {"differences", Json::array()},
                   {"silent", Json::array()}};
      for (const EventPair& pair : result.pairs) {
        if (pair.is_same()) continue;
        Json one = {{"expected", pair.before ? Json(*pair.before) : Json()},
                    {"actual", pair.after ? Json(*pair.after) : Json()},
                    {"fields", Json::array()}};
        for (const Difference& field : pair.differences) {
          one["fields"].push_back({{"path", field.path},
                                   {"expected", field.before.value_or(nullptr)},
                                   {"actual", field.after.value_or(nullptr)}});
        }
        test["differences"].push_back(std::move(one));
      }
      for (const TestResult::SilentRule& silent : result.silent)
        test["silent"].push_back({{"rule", silent.rule}, {"why", describe(silent.why)}});
      json["tests"].push_back(std::move(test));
    }
  }
  return json;
}

}  // namespace waltrack
