#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "workshop/mapping_tests.hpp"

namespace waltrack {

// For people: a line a file, and below it each test that failed: its place, how its events differ
// (- expected, + made), and why rules were silent when an expected event is missing.
std::string test_report(const std::vector<FileTests>& files, TextLook look);

// For scripts.
nlohmann::ordered_json test_report_json(const std::vector<FileTests>& files);

struct TestCount {
  size_t passed = 0;
  size_t failed = 0;
  size_t switched_off = 0;

  size_t ran() const { return passed + failed; }
};
TestCount count_tests(const std::vector<FileTests>& files);

}  // namespace waltrack
