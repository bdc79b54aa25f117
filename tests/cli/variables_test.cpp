#include "cli/variables.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <map>

namespace waltrack {
namespace {

ExpandedText expanded(std::string_view text) {
  return expand_variables(text, [](const std::string& name) -> std::optional<std::string> {
    const std::map<std::string, std::string> known = {
        {"A", "1"}, {"EMPTY", ""}, {"_B2", "${A}"}, {"SECRET", "hush"}};
    const auto found = known.find(name);
    if (found == known.end()) return std::nullopt;
    return found->second;
  });
}

TEST(Variables, StandForTheirValues) {
  EXPECT_EQ(expanded("plain").text, "plain");
  EXPECT_EQ(expanded("x${A}y${A}").text, "x1y1");
  EXPECT_EQ(expanded("").text, "");
}

TEST(Variables, ValuesAreNotExpandedAgain) {
  EXPECT_EQ(expanded("${_B2}").text, "${A}");
}

TEST(Variables, DefaultsStandInForUnsetAndEmptyOnes) {
  EXPECT_EQ(expanded("${A:-d}").text, "1");
  EXPECT_EQ(expanded("${NONE:-d e}").text, "d e");
  EXPECT_EQ(expanded("${EMPTY:-a:-b}").text, "a:-b");
  EXPECT_EQ(expanded("${NONE:-}").text, "");
}

TEST(Variables, TwoDollarsAreOne) {
  EXPECT_EQ(expanded("pa$$word$$").text, "pa$word$");
  EXPECT_EQ(expanded("$${A}").text, "${A}");
}

TEST(Variables, UnsetOrEmptyWithoutDefaultIsAFaultThatNamesIt) {
  EXPECT_EQ(expanded("${NONE}").fault, "the environment variable NONE is not set");
  EXPECT_EQ(expanded("${EMPTY}").fault, "the environment variable EMPTY is empty");
  EXPECT_EQ(expanded("${NONE}").hint, "export NONE=…, or give a default: ${NONE:-…}");
}

TEST(Variables, DollarThatBeginsNoVariableIsAFault) {
  for (const std::string_view bad :
       {"$A", "a$", "${A", "${}", "${1A}", "${A-d}", "${A B}", "${:-d}"}) {
    EXPECT_EQ(expanded(bad).fault, "a $ that begins no variable") << bad;
  }
}

TEST(Variables, ProcessEnvironmentIsReadWhenAsked) {
  ::setenv("WALTRACK_VARIABLES_TEST", "here", 1);
  EXPECT_EQ(process_environment()("WALTRACK_VARIABLES_TEST"), "here");
  ::unsetenv("WALTRACK_VARIABLES_TEST");
  EXPECT_EQ(process_environment()("WALTRACK_VARIABLES_TEST"), std::nullopt);
}

}  // namespace
}  // namespace waltrack
