#include "base/yaml_reader.hpp"

#include <gtest/gtest.h>
#include <random>

namespace waltrack {
namespace {

// A tree as one line: null, text, 'quoted', {k: v}, [a, b].
std::string shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "null";
    case YamlNode::Kind::scalar:
      return node.quoted ? "'" + node.scalar + "'" : node.scalar;
    case YamlNode::Kind::list: {
      std::string out = "[";
      for (const auto& item : node.items)
        out += (out.size() > 1 ? ", " : "") + shown(item);
      return out + "]";
    }
    case YamlNode::Kind::map: {
      std::string out = "{";
      for (const auto& [key, value] : node.entries) {
        out += (out.size() > 1 ? ", " : "") + shown(key) + ": " + shown(value);
      }
      return out + "}";
    }
  }
  return {};
}

std::string read_fine(std::string_view text) {
  Diagnostics diagnostics;
  std::string out;
  for (const auto& document : read_yaml(text, "m.yaml", diagnostics)) {
    out += (out.empty() ? "" : " | ") + shown(document);
  }
  EXPECT_EQ(diagnostics.text(), "") << text;
  return out;
}

// "line:column message" of each fault.
std::vector<std::string> faults_of(std::string_view text) {
  Diagnostics diagnostics;
  read_yaml(text, "m.yaml", diagnostics);
  std::vector<std::string> out;
  for (const auto& fault : diagnostics.all()) {
    EXPECT_EQ(fault.place.file, "m.yaml");
    out.push_back(std::to_string(fault.place.line) + ":" + std::to_string(fault.place.column) +
                  " " + fault.message);
  }
  return out;
}

void expect_fault(std::string_view text, std::string_view fault) {
  const auto faults = faults_of(text);
  ASSERT_EQ(faults.size(), 1u) << text << "\n" << testing::PrintToString(faults);
  EXPECT_EQ(faults[0], fault) << text;
}

const std::string kQuoteWhole = "SQL that starts with a quote must be quoted as a whole";

TEST(YamlReader, ABraceThatIsNotClosedIsToldWhateverStandsInIt) {
  expect_fault("a: { b: \"x y\"\nc: d\n",
               "1:4 what begins here is not closed by a }, or has a fault inside");
}

TEST(YamlReader, ACommaInBracesBeforeAQuoteIsWhatIsTold) {
  expect_fault("a: { b: nullif(c, ''), d: e }\n", "1:17 a comma inside { } or [ ] ends a value");
  expect_fault("a: { b: 'x' || c }\n", "1:9 " + kQuoteWhole);
}

TEST(YamlReader, ScalarsAreTextOnly) {
  EXPECT_EQ(read_fine("a: on\nb: 007\nc: 1e3\nd: yes\ne: 0x1F\n"),
            "{a: on, b: 007, c: 1e3, d: yes, e: 0x1F}");
}

TEST(YamlReader, NullIsOnlyTheUnquotedWord) {
  EXPECT_EQ(read_fine("a: null\nb: ~\nc: \"null\"\nd: '~'\ne: ''\nf: nullif(a, b)\n"),
            "{a: null, b: null, c: 'null', d: '~', e: '', f: nullif(a, b)}");
}

TEST(YamlReader, QuotedMarksQuotesAndBlocks) {
  EXPECT_EQ(read_fine("a: 'x'\nb: \"x\"\nc: |-\n  x\nd: >-\n  x\n  y\ne: x\nf: &z 'x'\n"),
            "{a: 'x', b: 'x', c: 'x', d: 'x y', e: x, f: 'x'}");
}

TEST(YamlReader, DocumentsAreReadInOrderAndEmptyOnesAreNone) {
  EXPECT_EQ(read_fine("---\na: 1\n---\nb: 2\n---\n"), "{a: 1} | {b: 2}");
  EXPECT_EQ(read_fine("a: 1\n...\n---\nb: 2\n"), "{a: 1} | {b: 2}");
  EXPECT_EQ(read_fine(""), "");
  EXPECT_EQ(read_fine("# nothing here\n\n"), "");
}

TEST(YamlReader, PlacesAreThoseOfTheValuesInCharacters) {
  Diagnostics diagnostics;
  const auto documents =
      read_yaml("größe: { ä: &x  name,\r\n   b: [c, \"d\"] }\r\n", "m.yaml", diagnostics);
  ASSERT_EQ(documents.size(), 1u);
  const YamlNode& map = documents[0].entries.at(0).second;
  EXPECT_EQ(documents[0].entries[0].first.place.text(), "m.yaml:1:1");
  EXPECT_EQ(map.place.text(), "m.yaml:1:8");
  EXPECT_EQ(map.entries.at(0).first.place.text(), "m.yaml:1:10");
  EXPECT_EQ(map.find("ä")->place.text(), "m.yaml:1:17");
  EXPECT_EQ(map.find("b")->items.at(1).place.text(), "m.yaml:2:11");
  EXPECT_EQ(map.find("c"), nullptr);
}

TEST(YamlReader, SqlWithQuotesColonsAndHashesInsideIsPlainText) {
  EXPECT_EQ(read_fine("a: name || ' x ' || it''s # comment\nb: \"'Hi ' || name\"\n"
                      "c: '\"Full Name\"'\nd: a::text\ne: name ||\n   'foo'\n"),
            "{a: name || ' x ' || it''s, b: ''Hi ' || name', c: '\"Full Name\"', d: a::text, "
            "e: name || 'foo'}");
}

TEST(YamlReader, DuplicateKeysAreRefusedWithTheLineOfTheFirst) {
  Diagnostics diagnostics;
  const auto documents = read_yaml("a: 1\nb: 2\n\"a\": 3\n", "m.yaml", diagnostics);
  EXPECT_EQ(diagnostics.text(),
            "m.yaml:3:1: error: the key 'a' is here twice\n  hint: the first stands in line 1\n");
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(shown(documents[0]), "{a: 1, b: 2}");
  expect_fault("x: {a: 1, a: 2}", "1:11 the key 'a' is here twice");
}

TEST(YamlReader, TagsAreRefused) {
  for (const std::string text : {"a: !x b", "a: !!str b", "a: ! b", "a: &y ! b", "a: !<x> b",
                                 "a: ! &y b", "a: !x {b: c}", "a: !x\n- b\n"}) {
    const auto faults = faults_of(text);
    ASSERT_EQ(faults.size(), 1u) << text;
    EXPECT_EQ(faults[0], "1:" + std::to_string(text.find('!') + 1) + " tags (!) are not taken");
  }
}

TEST(YamlReader, KeyWithoutValueIsRefused) {
  expect_fault("a:\nb: 1\n", "1:1 this key has no value");
  expect_fault("a: 1\nb:\n", "2:1 this key has no value");
  expect_fault("a:\nnullable: 1\n", "1:1 this key has no value");
  expect_fault("a: &x\nb: 1\n", "1:1 this key has no value");
  expect_fault("a: 1\nb\n", "2:1 this key has no value");
  expect_fault("a:\n\"null\": 1\n", "1:1 this key has no value");
}

TEST(YamlReader, CommaInsideBracesIsExplained) {
  Diagnostics diagnostics;
  read_yaml("p: { up: coalesce(a, 0), p: p }", "m.yaml", diagnostics);
  EXPECT_EQ(diagnostics.text(),
            "m.yaml:1:22: error: this key has no value\n"
            "  hint: a comma inside { } ends a value: quote it or use block style\n");
}

TEST(YamlReader, ItemsWithoutValueAndKeysThatAreNotTextAreRefused) {
  expect_fault("a:\n  -\n  - b\n", "2:3 an item without a value");
  expect_fault("[a, , b]", "1:3 an item without a value");
  expect_fault("? [a]\n: b\n", "1:3 a key must be a text");
  expect_fault("{a: 1}: b\n", "1:1 a key must be a text");
  expect_fault("null: b\n", "1:1 a key must be a text");
  expect_fault(": b\n", "1:1 a key is missing here");
  EXPECT_EQ(faults_of("a:\nnull: b\n"),
            (std::vector<std::string>{"1:1 this key has no value", "2:1 a key must be a text"}));
}

TEST(YamlReader, QuoteLeftOpenIsToldWhereItOpens) {
  expect_fault("a: \"x\nb: y\n", "1:4 this quote is not closed");
  expect_fault("a: 1\nb: 'x\nc: 'y'\n", "2:4 this quote is not closed before the next line begins");
  expect_fault("a: 'x\nb: '\nc: d\n", "1:4 this quote is not closed before the next line begins");
  expect_fault("a:\n  b: \"x\n  c: \"\n",
               "2:6 this quote is not closed before the next line begins");
  expect_fault("- \"x\n- \"y\n", "1:3 this quote is not closed before the next line begins");
  expect_fault("a: 'x\n---\nb: 1\n", "1:4 this quote is not closed");
  expect_fault("# it's \"\na: it's\nb: \"x\n---\n", "3:4 this quote is not closed");
  expect_fault("\"", "1:1 this quote is not closed");
}

TEST(YamlReader, QuotedTextMayGoOnInIndentedLines) {
  EXPECT_EQ(read_fine("a: \"x\n  y\n\n  z\"\nb:\n  - 'q\n    r'\n"), "{a: 'x y\nz', b: ['q r']}");
}

TEST(YamlReader, SqlThatStartsWithAQuoteMustBeQuotedWhole) {
  expect_fault("a: 'Hi ' || name\nb: c\n", "1:4 " + kQuoteWhole);
  expect_fault("a: 'Hi '|| name\nb: c\n", "1:4 " + kQuoteWhole);
  expect_fault("a:\n  - 'Hi ' + name\n", "2:5 " + kQuoteWhole);
  expect_fault("a: \"Full Name\" || 'x'\n", "1:4 " + kQuoteWhole);
  expect_fault("a: [ 'Hi ' || name, b ]\n", "1:6 " + kQuoteWhole);
  expect_fault("a: { x: 'Hi ' || name }\n", "1:9 " + kQuoteWhole);
  expect_fault("'a' || b", "1:1 " + kQuoteWhole);
  expect_fault("'a' b: c\n", "1:1 " + kQuoteWhole);
  expect_fault("a: 'x'\n  || y\n", "1:4 " + kQuoteWhole);
}

TEST(YamlReader, HashOperatorThatYamlCutsOffIsTold) {
  expect_fault("a: prefs #>> '{ui,theme}'\n",
               "1:10 ' #' begins a comment in YAML, so the SQL ends here");
}

TEST(YamlReader, HashOperatorInsideOfQuotesIsText) {
  Diagnostics diagnostics;
  std::vector<YamlNode> documents = read_yaml("a: 'prefs #>> 1'\n", "f.yaml", diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents[0].find("a")->scalar, "prefs #>> 1");
}

TEST(YamlReader, FaultsOfSyntaxAreToldInOurWords) {
  expect_fault("a: b\n\tc: d\n", "2:1 a tab in the indentation");
  expect_fault("a: b\n  c: d\n", "2:4 a key or a list cannot begin here");
  expect_fault("a: b: c\n", "1:5 a key or a list cannot begin here");
  expect_fault("a: || b\n", "1:5 | and > begin a block of lines, nothing may follow them here");
  expect_fault("a: @b\n", "1:4 a value can't start with this character");
  expect_fault("a: \"\\q\"\n", "1:7 not an escape that double quotes know");
  expect_fault("a: *b\n", "1:4 this alias (*) has no anchor (&) before it");
  expect_fault("a: {b: c\nd: e\n",
               "1:4 what begins here is not closed by a }, or has a fault inside");
  expect_fault("a: [b\n", "1:4 what begins here is not closed by a ], or has a fault inside");
  expect_fault("- a\nb: c\n", "2:1 this does not belong to what stands above it");
  expect_fault("b: |\n  x\n y: z\n", "3:2 this does not belong to what stands above it");
}

TEST(YamlReader, FaultOfSyntaxKeepsTheDocumentsBeforeIt) {
  Diagnostics diagnostics;
  const auto documents = read_yaml("a: 1\n---\nb: @\n---\nc: 3\n", "m.yaml", diagnostics);
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(shown(documents[0]), "{a: 1}");
  EXPECT_EQ(diagnostics.error_count(), 1);
}

TEST(YamlReader, OtherFaultsAreToldTogetherInTheOrderOfTheFile) {
  EXPECT_EQ(
      faults_of("a: !x {b: 1, b: 2}\nc:\nd: 1\n---\nd: 1\nd: 2\n"),
      (std::vector<std::string>{"1:4 tags (!) are not taken", "1:14 the key 'b' is here twice",
                                "2:1 this key has no value", "6:1 the key 'd' is here twice"}));
}

TEST(YamlReader, AliasesAreExpanded) {
  EXPECT_EQ(read_fine("a: &x {p: 1}\nb: *x\nc: [*x, &y z, *y]\n*y : k\n"),
            "{a: {p: 1}, b: {p: 1}, c: [{p: 1}, z, z], z: k}");
  expect_fault("a: &x 1\n---\nb: *x\n", "3:4 this alias (*) has no anchor (&) before it");
}

TEST(YamlReader, MergedKeysGiveWayToTheMapsOwn) {
  EXPECT_EQ(read_fine("a: &x {p: 1, q: 2}\nb:\n  q: own\n  <<: *x\n  r: 3\n"),
            "{a: {p: 1, q: 2}, b: {q: own, p: 1, r: 3}}");
  EXPECT_EQ(read_fine("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  p: own\n"),
            "{a: {p: 1, q: 2}, b: {q: 2, p: own}}");
}

TEST(YamlReader, FirstMapOfAMergedListWins) {
  EXPECT_EQ(read_fine("a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y], r: 3}\n"),
            "{a: {p: 1}, b: {p: 2, q: 2}, c: {p: 1, q: 2, r: 3}}");
}

TEST(YamlReader, MergesNestAndQuotedMergeKeysDoNot) {
  EXPECT_EQ(read_fine("a: &x {p: 1}\nb: &y {<<: *x, q: 2}\nc: {<<: *y}\nd: {\"<<\": *x}\n"),
            "{a: {p: 1}, b: {p: 1, q: 2}, c: {p: 1, q: 2}, d: {'<<': {p: 1}}}");
  expect_fault("a: {<<: 1}", "1:9 << takes a map or a list of maps");
}

TEST(YamlReader, AliasToItselfIsRefused) {
  expect_fault("a: &x\n  b: *x\n", "2:6 this alias stands inside of what it names");
  expect_fault("a: &x [b, [*x]]\n", "1:12 this alias stands inside of what it names");
  expect_fault("&x a: 1\nb: &y {<<: *y}\n", "2:12 this alias stands inside of what it names");
}

TEST(YamlReader, AliasBombsAreRefusedQuickly) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  std::string merges = "a0: &a0 {x: y}\n";
  for (int i = 1; i < 60; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string last = "*a" + std::to_string(i - 1);
    text += name + ": &" + name + " [" + last + ", " + last + "]\n";
    merges += name + ": &" + name + " {<<: [" + last + ", " + last + "]}\n";
  }
  EXPECT_EQ(faults_of(text).size(), 1u);
  EXPECT_EQ(faults_of(merges).size(), 1u);
  std::string large = "a: &a \"" + std::string(1 << 20, 'x') + "\"\nb: [";
  for (int i = 0; i < 1000; ++i)
    large += "*a,";
  EXPECT_EQ(faults_of(large + "]").size(), 1u);
}

TEST(YamlReader, AbsurdNestingIsRefused) {
  for (const std::string_view open : {"[", "{a: ", "- ", "? ", "{? "}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i)
      text += open;
    EXPECT_EQ(faults_of(text).size(), 1u) << open;
  }
  std::string chain = "a0: &a0 x\n";
  for (int i = 1; i < 200; ++i) {
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
             "]\n";
  }
  EXPECT_EQ(faults_of(chain).size(), 1u);
}

TEST(YamlReader, MoreThanAHundredThousandValuesAreRefused) {
  std::string text;
  for (int i = 0; i < 100'001; ++i)
    text += "- a\n";
  EXPECT_EQ(faults_of(text).size(), 1u);
}

TEST(YamlReader, HundredsOfFaultsOnOneLongLineAreToldQuickly) {
  const auto faults = faults_of("{ü: b" + std::string(40'000, ',') + "}");
  ASSERT_GE(faults.size(), 50u);
  ASSERT_LE(faults.size(), 101u);
  EXPECT_EQ(faults[0], "1:7 a key is missing here");
  EXPECT_EQ(faults.back(), "0:0 there may be more faults than these");
}

TEST(YamlReader, ColumnsOnALongLineAreFoundQuickly) {
  std::string list = "[" + std::string(1 << 20, ' ');
  for (int i = 0; i < 90'000; ++i)
    list += "ü,";
  Diagnostics diagnostics;
  const auto documents = read_yaml(list + "]", "m.yaml", diagnostics);
  ASSERT_EQ(documents.size(), 1u) << diagnostics.text();
  EXPECT_EQ(documents[0].items.back().place.column, 1 + 1 + (1 << 20) + 2 * 89'999);
}

TEST(YamlReader, UnreadableBytesAreToldAndNothingElse) {
  expect_fault("a: b\nc: ü\xFF\n", "2:5 this is not UTF-8");
  expect_fault(std::string_view("a: b\0", 5), "1:5 a control character has no place here");
  expect_fault(
      "\xFF\xFE"
      "a",
      "1:1 this is not UTF-8");
}

TEST(YamlReader, RandomTextNeverBreaksIt) {
  const std::vector<std::string> pieces = {"a",
                                           "b",
                                           ":",
                                           ": ",
                                           "\n",
                                           "\n  ",
                                           "\n- ",
                                           "- ",
                                           "? ",
                                           "[",
                                           "]",
                                           "{",
                                           "}",
                                           ", ",
                                           "'",
                                           "\"",
                                           "&x ",
                                           "*x",
                                           "!",
                                           "!t ",
                                           "|",
                                           ">",
                                           "|-\n",
                                           "#",
                                           " # c",
                                           "<<: ",
                                           "---",
                                           "\n---\n",
                                           "\n...\n",
                                           "%",
                                           "@",
                                           "null",
                                           "~",
                                           "ä",
                                           "\t",
                                           "\\",
                                           " ",
                                           "`",
                                           "%YAML 1.2\n",
                                           "%TAG ! x\n",
                                           "\xEF\xBB\xBF",
                                           "\\x41"};
  std::mt19937 random(20261123);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const size_t length = random() % 24;
    for (size_t i = 0; i < length; ++i)
      text += pieces[random() % pieces.size()];
    Diagnostics diagnostics;
    const auto documents = read_yaml(text, "m.yaml", diagnostics);
    for (const auto& fault : diagnostics.all()) {
      EXPECT_GT(fault.place.line, 0);
      EXPECT_GT(fault.place.column, 0);
    }
    for (const auto& document : documents)
      shown(document);
  }
}

}  // namespace
}  // namespace waltrack
