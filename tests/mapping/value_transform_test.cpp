// The long form's modifiers, and many columns at once.
#include "mapping/value_transform.hpp"

#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

json property(const std::string& value, const Values& row) {
  Mapped mapped(track("    p: " + value + "\n"));
  mapped.insert(row);
  return mapped.properties();
}

TEST(NullPolicy, OmitLeavesANullOut) {
  EXPECT_EQ(property("{ $sql: plan, $null: omit }", {{"id", "7"}}), json::object());
  EXPECT_EQ(property("{ $sql: lower(plan), $null: omit }", {{"id", "7"}}), json::object());
  EXPECT_EQ(property("{ $sql: plan, $null: send }", {{"id", "7"}}), json({{"p", nullptr}}));
  EXPECT_EQ(property("{ $sql: plan, $null: omit }", {{"id", "7"}, {"plan", "x"}}),
            json({{"p", "x"}}));
}

TEST(NullPolicy, OmittedItemsOfAListAreSkipped) {
  EXPECT_EQ(property("[{ $sql: plan, $null: omit }, city]", {{"id", "7"}, {"city", "x"}}),
            json::parse(R"({"p":["x"]})"));
}

const std::string kMap = "{ $sql: plan, $map: { trial: Trial, pro: { level: 2 }, \"5\": true } }";

TEST(LiteralMap, GivesLiteralsForTexts) {
  EXPECT_EQ(property(kMap, {{"id", "7"}, {"plan", "trial"}})["p"], "Trial");
  EXPECT_EQ(property(kMap, {{"id", "7"}, {"plan", "pro"}})["p"], json({{"level", 2}}));
  EXPECT_EQ(property(kMap, {{"id", "7"}, {"plan", "5"}})["p"], true);
}

TEST(LiteralMap, WhatIsNotNamedStaysUnlessThereIsAnElse) {
  EXPECT_EQ(property(kMap, {{"id", "7"}, {"plan", "a\"b"}})["p"], "a\"b");
  const std::string other = "{ $sql: plan, $map: { trial: Trial, $else: Other } }";
  EXPECT_EQ(property(other, {{"id", "7"}, {"plan", "x"}})["p"], "Other");
  EXPECT_EQ(property(other, {{"id", "7"}})["p"], nullptr);  // null is no text
}

TEST(LiteralMap, NumbersAndTruthGoByTheirText) {
  EXPECT_EQ(property("{ $sql: seats, $map: { 1: one } }", {{"id", "7"}, {"seats", "1"}})["p"],
            "one");
  EXPECT_EQ(property("{ $sql: verified, $map: { \"true\": yes } }",
                     {{"id", "7"}, {"verified", "t"}})["p"],
            "yes");
  EXPECT_EQ(
      property("{ $sql: plan = 'x', $map: { \"false\": no } }", {{"id", "7"}, {"plan", "y"}})["p"],
      "no");
}

TEST(Truncate, CountsCharacters) {
  const std::string value = "{ $sql: name, $truncate: 3 }";
  EXPECT_EQ(property(value, {{"id", "7"}, {"name", "h\xC3\xA9llo"}})["p"], "h\xC3\xA9l");
  EXPECT_EQ(property(value, {{"id", "7"}, {"name", "\"\n\xF0\x9F\x8D\xB5!"}})["p"],
            "\"\n\xF0\x9F\x8D\xB5");
  EXPECT_EQ(property(value, {{"id", "7"}, {"name", "ab"}})["p"], "ab");
  EXPECT_EQ(
      property("{ $sql: seats, $type: string, $truncate: 1 }", {{"id", "7"}, {"seats", "12"}})["p"],
      "1");
}

TEST(PersonalHash, IsOfTheTrimmedLowerCasedText) {
  const std::string hash = "16a9af03ba0f1ac5d2a1ebd6b43cb28ae82a7dd5a1d3ccd3e6e8f8b0d0a2f8cc";
  const std::string ann = property("{ $sql: email, $hash: sha256 }",
                                   {{"id", "7"}, {"email", " Ann@Example.COM\n"}})["p"];
  EXPECT_EQ(ann.size(), 64U);
  EXPECT_EQ(ann, property("{ $sql: email, $hash: sha256 }",
                          {{"id", "7"}, {"email", "ann@example.com"}})["p"]);
  EXPECT_EQ(property("{ $sql: email, $hash: sha256 }", {{"id", "7"}})["p"], nullptr);
  EXPECT_EQ(property("{ $sql: email, $hash: sha256 }", {{"id", "7"}, {"email", hash}})["p"], hash);
}

TEST(PersonalHash, OfABlankTextIsNull) {
  for (const char* blank : {"", " \t"}) {
    EXPECT_EQ(property("{ $sql: email, $hash: sha256 }", {{"id", "7"}, {"email", blank}})["p"],
              nullptr);
  }
}

TEST(PersonalHash, IsSha256) {
  std::string out;
  append_personal_hash(out, " ABC ");
  EXPECT_EQ(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Columns, AreManyAtOnce) {
  Mapped mapped(track("    $columns: [plan, seats]\n    own: upper(city)\n"));
  mapped.insert({{"id", "7"}, {"plan", "pro"}, {"seats", "5"}, {"city", "oslo"}});
  EXPECT_EQ(mapped.properties(), json::parse(R"({"plan":"pro","seats":5,"own":"OSLO"})"));
}

TEST(Columns, StarIsAllButThose) {
  Table small = users_table();
  small.columns.resize(4);  // id, email, name, plan
  Mapped mapped(track("    $columns: \"*\"\n    $except: [email, name]\n    $null: omit\n"), small);
  mapped.insert({{"id", "7"}});
  EXPECT_EQ(mapped.properties(), json::parse(R"({"id":7})"));
}

TEST(Columns, OwnFieldsWin) {
  Mapped mapped(track("    $columns: [plan, city]\n    plan: upper(plan)\n"));
  mapped.insert({{"id", "7"}, {"plan", "pro"}});
  EXPECT_EQ(mapped.properties(), json::parse(R"({"city":null,"plan":"PRO"})"));
}

TEST(Columns, NamesAreWrittenInTheChosenCase) {
  for (const auto& [chosen, name] : std::vector<std::pair<std::string, std::string>>{
           {"snake", "full_name"}, {"camel", "fullName"}, {"title", "Full Name"}}) {
    Mapped mapped(track("    $columns: [Full Name]\n    $case: " + chosen + "\n"));
    mapped.insert({{"id", "7"}, {"Full Name", "x"}});
    EXPECT_EQ(mapped.properties(), json({{name, "x"}}));
  }
}

TEST(Modifiers, MistakesAreTold) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{ $sql: plan, $hash: md5 }", "unknown $hash 'md5'\n  hint: known: sha256"},
      {"{ $sql: plan, $truncate: 0 }",
       "$truncate takes a number of characters, from 1\n  hint: as in $truncate: 255"},
      {"{ $sql: plan, $null: drop }", "$null takes omit or send"},
      {"{ $sql: plan, $type: number, $hash: sha256 }",
       "$hash gives a text\n  hint: leave $type out, or make it string"},
      {"{ $sql: plan, $map: [a] }",
       "$map takes a map from values to literals\n  hint: as in $map: { trial: Trial, $else: Other "
       "}"},
      {"{ $sql: plan, $map: { $other: a } }",
       "unknown key '$other' in $map\n  hint: did you mean '$else'? write $$other for a value that "
       "starts with $"},
      {"{ $sql: big, $truncate: 3 }",
       "$truncate is for texts, 'big' is bigint\n  hint: $type: string makes a text of it"},
      {"{ $sql: avatar, $hash: sha256 }",
       "$hash is for texts, 'avatar' is text\n  hint: sha256(avatar) is the hash of the bytes"},
      {"{ $columns: plan }",
       "$columns takes a list of columns, or \"*\" for all of them\n  hint: as in $columns: [plan, "
       "city]"},
      {"{ $columns: [plam] }",
       "unknown column 'plam' of public.users\n  hint: did you mean 'plan'?"},
      {"{ $columns: [plan], $except: [city] }",
       "$except takes columns out of $columns: \"*\"\n  hint: leave them out of the list instead"},
      {"{ $columns: [plan], $case: kebab }", "$case takes snake, camel or title"},
      {"{ $columns: [Case, case], $case: snake }",
       "two columns of public.users are 'case'\n  hint: leave one out, or write it under a name of "
       "its own"},
  };
  for (const auto& [value, told] : cases) {
    Diagnostics diagnostics;
    compile("table: users\nuser_id: id\npage:\n  properties:\n    p: " + value + "\n",
            {users_table()}, diagnostics);
    ASSERT_EQ(diagnostics.all().size(), 1U) << value << "\n" << diagnostics.text();
    const Diagnostic& one = diagnostics.all()[0];
    EXPECT_EQ(one.message + (one.hint.empty() ? "" : "\n  hint: " + one.hint), told) << value;
  }
}

}  // namespace
}  // namespace waltrack
