#include "base/failpoint.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <regex>

#include "base/error.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

using Action = ArmedFailpoint::Action;

// Arms what `text` says for the time of a test.
class Failpoints : public testing::Test {
 protected:
  static void arm(const char* text) {
    ::setenv("WALTRACK_FAILPOINT", text, 1);
    arm_failpoints();
  }
  ~Failpoints() override {
    ::unsetenv("WALTRACK_FAILPOINT");
    arm_failpoints();
  }
};

// The names in the sources' calls, each with the places.
std::map<std::string, std::vector<std::string>> calls() {
  const std::regex call(R"re(\bfailpoint\("([^"]*)"\))re");
  std::map<std::string, std::vector<std::string>> found;
  const std::filesystem::path sources = std::filesystem::path(WALTRACK_SOURCE_DIR) / "src";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sources)) {
    if (!entry.is_regular_file()) continue;
    const std::string text = read_file(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at)
      found[(*at)[1]].push_back(entry.path().string());
  }
  return found;
}

std::string fault_of(const std::string& text) {
  try {
    parse_failpoints(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_F(Failpoints, EveryNameHasOneCallAndEveryCallAName) {
  const auto found = calls();
  for (const std::string_view name : failpoint_names()) {
    const auto places = found.find(std::string(name));
    EXPECT_EQ(places == found.end() ? 0U : places->second.size(), 1U) << name;
  }
  EXPECT_EQ(found.size(), failpoint_names().size());
  for (const auto& [name, places] : found) {
    EXPECT_EQ(std::ranges::count(failpoint_names(), name), 1) << name << " in " << places.front();
    for (const std::string& place : places)
      EXPECT_TRUE(place.ends_with(".cpp")) << name << " in " << place;
  }
}

TEST_F(Failpoints, AreReadWithTheirActions) {
  const std::vector<ArmedFailpoint> expected = {
      {.name = "capture.mapped", .action = Action::kill, .sleep_ms = 0, .hit = 1},
      {.name = "delivery.sent", .action = Action::error, .sleep_ms = 0, .hit = 7},
      {.name = "capture.mapped", .action = Action::sleep, .sleep_ms = 20, .hit = std::nullopt},
      {.name = "capture.received", .action = Action::sleep, .sleep_ms = 1500, .hit = 3}};
  EXPECT_EQ(parse_failpoints("capture.mapped=kill;delivery.sent=error@7;"
                             "capture.mapped=sleep:20;capture.received=sleep:1500@3"),
            expected);
  EXPECT_TRUE(parse_failpoints("").empty());
}

TEST_F(Failpoints, WhatIsNoneIsRefused) {
  EXPECT_EQ(fault_of("capture.maped=kill"),
            "WALTRACK_FAILPOINT: there is no failpoint 'capture.maped'");
  EXPECT_EQ(fault_of("capture.mapped"), "WALTRACK_FAILPOINT: no action");
  EXPECT_EQ(fault_of("capture.mapped=die"), "WALTRACK_FAILPOINT: there is no action 'die'");
  EXPECT_EQ(fault_of("capture.mapped=kill@x"), "WALTRACK_FAILPOINT: 'x' is no number");
  EXPECT_EQ(fault_of("capture.mapped=kill@0"), "WALTRACK_FAILPOINT: the first time is @1");
  EXPECT_EQ(fault_of("capture.mapped=sleep:"), "WALTRACK_FAILPOINT: '' is no number");
  EXPECT_THROW(arm("capture.mapped=kill;nonsense=kill"), Error);
}

TEST_F(Failpoints, AnErrorIsThrownOnceAtTheTimeThatIsAskedFor) {
  arm("capture.mapped=error@2");
  failpoint("capture.mapped");
  failpoint("capture.received");
  try {
    failpoint("capture.mapped");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_transient());
    EXPECT_STREQ(error.what(), "failpoint capture.mapped");
  }
  EXPECT_NO_THROW(failpoint("capture.mapped"));
}

TEST_F(Failpoints, ASleepComesEveryTimeOrOnce) {
  const auto time_of = [](std::string_view name) {
    const auto before = std::chrono::steady_clock::now();
    failpoint(name);
    return std::chrono::steady_clock::now() - before;
  };
  arm("capture.mapped=sleep:30;capture.received=sleep:30@2");
  EXPECT_GE(time_of("capture.mapped"), std::chrono::milliseconds(30));
  EXPECT_GE(time_of("capture.mapped"), std::chrono::milliseconds(30));
  failpoint("capture.received");
  EXPECT_GE(time_of("capture.received"), std::chrono::milliseconds(30));
  // Longer than a test may take: the first time does not sleep.
  arm("capture.received=sleep:600000@2");
  failpoint("capture.received");
}

TEST_F(Failpoints, AKillIsASignalThatNobodyCanCatch) {
  arm("capture.mapped=kill@2");
  failpoint("capture.mapped");
  EXPECT_EXIT(failpoint("capture.mapped"), testing::KilledBySignal(SIGKILL),
              "failpoint: kill name=capture.mapped");
}

}  // namespace waltrack
