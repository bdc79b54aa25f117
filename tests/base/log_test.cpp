#include "base/log.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace waltrack::log {

TEST(Log, TextLinesQuoteFieldsThatAreNotOneWord) {
  EXPECT_EQ(render(Format::text, "T", Level::warn, "lane is held",
                   {{"lane", 3}, {"reason", "HTTP 401 Unauthorized"}}),
            "T warn  lane is held lane=3 reason=\"HTTP 401 Unauthorized\"");
}

TEST(Log, AFieldCannotForgeALine) {
  const std::string line =
      render(Format::text, "T", Level::info, "m", {{"k", "a\n2026 error forged"}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(Log, JsonLinesParseAndKeepNumbers) {
  const auto line = nlohmann::json::parse(
      render(Format::json, "T", Level::error, "a \"b\"", {{"n", 42}, {"s", "x\ny"}}));
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["message"], "a \"b\"");
  EXPECT_EQ(line["n"], 42);
  EXPECT_EQ(line["s"], "x\ny");
}

}  // namespace waltrack::log
