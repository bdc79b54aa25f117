#include "postgres/wal2json_decoder.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "postgres/decoded_text.hpp"
#include "postgres/fake_catalog.hpp"

namespace waltrack {
namespace {

using Lines = std::vector<std::string>;

// The messages are what wal2json 2.5 on Postgres 15 sent.
constexpr const char* kBegin =
    R"({"action":"B","xid":750,"timestamp":"2026-11-23 14:38:32.421002+00","lsn":"0/197EBE8","nextlsn":"0/197EC18"})";
constexpr const char* kCommit =
    R"({"action":"C","xid":750,"timestamp":"2026-11-23 14:38:32.421002+00","lsn":"0/197EBE8","nextlsn":"0/197EC18"})";

constexpr const char* kInsertToast =
    R"({"action":"I","xid":758,"timestamp":"2026-11-23 14:38:32.422797+00","lsn":"0/197FEA8","schema":"public","table":"toast","columns":[{"name":"id","typeoid":23,"value":1},{"name":"big","typeoid":25,"value":"xxx"},{"name":"n","typeoid":23,"value":1}]})";
constexpr const char* kUpdateToast =
    R"({"action":"U","xid":759,"timestamp":"2026-11-23 14:38:32.422933+00","lsn":"0/1980020","schema":"public","table":"toast","columns":[{"name":"id","typeoid":23,"value":1},{"name":"n","typeoid":23,"value":2}],"identity":[{"name":"id","typeoid":23,"value":1}]})";
constexpr const char* kDeleteToast =
    R"({"action":"D","xid":761,"timestamp":"2026-11-23 14:38:32.42315+00","lsn":"0/19801C0","schema":"public","table":"toast","identity":[{"name":"id","typeoid":23,"value":2}]})";

class Wal2jsonDecoderTest : public testing::Test {
 protected:
  // What the message gives inside of a transaction.
  std::string inside(const std::string& message) {
    if (!open) decoded(decoder, kBegin);
    open = true;
    const Lines lines = decoded(decoder, message);
    return lines.empty() ? "" : lines.front();
  }
  uint32_t table_id(const std::string& message) {
    inside(message);
    decoder.feed(message, Lsn{1});
    StreamItem item;
    return decoder.next(item) && item.change.table != nullptr ? item.change.table->id : 999;
  }

  FakeCatalog catalog;
  const std::vector<std::string> prefixes{"pre"};
  Wal2jsonDecoder decoder{catalog, prefixes};
  bool open = false;
};

TEST_F(Wal2jsonDecoderTest, ATransactionIsBeginChangesCommit) {
  const Lines lines = decoded(
      decoder,
      {{Lsn{1}, kBegin},
       {Lsn{2},
        R"({"action":"I","xid":750,"timestamp":"2026-11-23 14:38:32.421002+00","lsn":"0/197E958","schema":"public","table":"comp","columns":[{"name":"x","typeoid":23,"value":1},{"name":"y","typeoid":25,"value":null},{"name":"z","typeoid":25,"value":"z"}]})"},
       {Lsn{3}, kCommit}});
  EXPECT_EQ(lines, (Lines{"begin xid=750 time=1795444712421002 commit=0/197EBE8",
                          "insert public.comp xid=750 at=0/197E958 #0 new(x='1' y=null z='z')",
                          "commit xid=750 time=1795444712421002 commit=0/197EBE8 end=0/197EC18"}));
}

TEST_F(Wal2jsonDecoderTest, ValuesAreTheTextOfTheirTypes) {
  EXPECT_EQ(
      inside(
          R"({"action":"I","xid":750,"timestamp":"2026-11-23 14:38:32.421002+00","lsn":"0/197E958","schema":"public","table":"types","columns":[{"name":"id","typeoid":20,"value":9223372036854775807},{"name":"n","typeoid":1700,"value":12345678901234567890.1234567890},{"name":"f8","typeoid":701,"value":1e+300},{"name":"b","typeoid":16,"value":true},{"name":"t","typeoid":25,"value":"a\nb\"c\\d\te\u0001é😀"},{"name":"c","typeoid":1042,"value":"c    "},{"name":"by","typeoid":17,"value":"deadbeef"},{"name":"j","typeoid":114,"value":"{\"a\": [1, 2]}"},{"name":"at","typeoid":1009,"value":"{\"a b\",NULL,\"q\\\"x\"}"},{"name":"tz","typeoid":1184,"value":"2025-12-31 22:00:00.123+00"},{"name":"m","typeoid":16386,"value":"o'k\"q"},{"name":"dom","typeoid":16392,"value":"7"},{"name":"mo","typeoid":790,"value":"$1.23"},{"name":"bi","typeoid":1560,"value":"1010"},{"name":"gen","typeoid":23,"value":10}]})"),
      "insert public.types xid=750 at=0/197E958 #0 new(id='9223372036854775807' "
      "n='12345678901234567890.1234567890' f8='1e+300' b='t' t='a\nb\"c\\d\te\x01é😀' c='c    ' "
      "by='deadbeef' j='{\"a\": [1, 2]}' at='{\"a b\",NULL,\"q\\\"x\"}' "
      "tz='2025-12-31 22:00:00.123+00' m='o'k\"q' dom='7' mo='$1.23' bi='1010' gen='10')");
}

TEST_F(Wal2jsonDecoderTest, NumbersAsStringsGiveTheSameText) {
  EXPECT_EQ(
      inside(
          R"({"action":"I","xid":750,"lsn":"0/197E958","schema":"public","table":"types","columns":[{"name":"id","typeoid":20,"value":"2"},{"name":"n","typeoid":1700,"value":"NaN"},{"name":"f","typeoid":701,"value":"-Infinity"}]})"),
      "insert public.types xid=750 at=0/197E958 #0 new(id='2' n='NaN' f='-Infinity')");
}

TEST_F(Wal2jsonDecoderTest, OddNamesComeUnescaped) {
  EXPECT_EQ(
      inside(
          R"({"action":"U","xid":756,"timestamp":"2026-11-23 14:38:32.422437+00","lsn":"0/197F050","schema":"public","table":"Odd \"Näme","columns":[{"name":"Id","typeoid":23,"value":2},{"name":"a b","typeoid":25,"value":"x"},{"name":"quo\"te","typeoid":25,"value":"y"},{"name":"naïve😀","typeoid":25,"value":"z"}],"identity":[{"name":"Id","typeoid":23,"value":1}]})"),
      "update public.Odd \"Näme xid=750 at=0/197F050 #0 new(Id='2' a b='x' quo\"te='y' naïve😀='z') "
      "old(Id='1' a b=? quo\"te=? naïve😀=?)");
}

TEST_F(Wal2jsonDecoderTest, UnchangedToastIsUnavailable) {
  inside(kInsertToast);
  EXPECT_EQ(inside(kUpdateToast),
            "update public.toast xid=750 at=0/1980020 #0 new(id='1' big=? n='2') "
            "old(id='1' big=? n=?)");
  EXPECT_EQ(inside(kDeleteToast),
            "delete public.toast xid=750 at=0/19801C0 #0 old(id='2' big=? n=?)");
}

TEST_F(Wal2jsonDecoderTest, UnchangedToastIsTakenFromAFullIdentity) {
  const std::string update =
      R"({"action":"U","xid":763,"timestamp":"2026-11-23 14:38:32.423523+00","lsn":"0/1981120","schema":"public","table":"toastfull","columns":[{"name":"id","typeoid":23,"value":1},{"name":"n","typeoid":23,"value":2},{"name":"z","typeoid":23,"value":null}],"identity":[{"name":"id","typeoid":23,"value":1},{"name":"n","typeoid":23,"value":1},{"name":"big","typeoid":25,"value":"yyy"},{"name":"z","typeoid":23,"value":null}]})";
  const std::string place = "update public.toastfull xid=750 at=0/1981120 ";
  const std::string rows = " new(id='1' n='2' big='yyy' z=null) old(id='1' n='1' big='yyy' z=null)";
  EXPECT_EQ(inside(update), place + "#0" + rows) << "as the first that is seen of the table";
  EXPECT_EQ(inside(update), place + "#1" + rows) << "with the layout known";
}

TEST_F(Wal2jsonDecoderTest, AFullIdentityTellsNullFromUnavailable) {
  EXPECT_EQ(
      inside(
          R"({"action":"U","xid":768,"timestamp":"2026-11-23 14:38:32.424126+00","lsn":"0/19839E8","schema":"public","table":"fullt","columns":[{"name":"id","typeoid":23,"value":12},{"name":"a","typeoid":25,"value":null},{"name":"b","typeoid":23,"value":3},{"name":"c","typeoid":16,"value":false}],"identity":[{"name":"id","typeoid":23,"value":2},{"name":"a","typeoid":25,"value":"x"},{"name":"b","typeoid":23,"value":3},{"name":"c","typeoid":16,"value":null}]})"),
      "update public.fullt xid=750 at=0/19839E8 #0 new(id='12' a=null b='3' c='f') "
      "old(id='2' a='x' b='3' c=null)");
}

TEST_F(Wal2jsonDecoderTest, AnIndexAsIdentityGivesItsColumns) {
  EXPECT_EQ(
      inside(
          R"({"action":"U","xid":772,"timestamp":"2026-11-23 14:38:32.424755+00","lsn":"0/1983D10","schema":"public","table":"idx","columns":[{"name":"a","typeoid":23,"value":1},{"name":"b","typeoid":25,"value":"kk"},{"name":"c","typeoid":23,"value":3}],"identity":[{"name":"b","typeoid":25,"value":"k"}]})"),
      "update public.idx xid=750 at=0/1983D10 #0 new(a='1' b='kk' c='3') old(a=? b='k' c=?)");
}

TEST_F(Wal2jsonDecoderTest, ALayoutLearntFromADeleteGrows) {
  EXPECT_EQ(inside(kDeleteToast), "delete public.toast xid=750 at=0/19801C0 #0 old(id='2')");
  EXPECT_EQ(inside(kUpdateToast),
            "update public.toast xid=750 at=0/1980020 #0 new(id='1' n='2') old(id='1' n=?)");
  const uint32_t small = table_id(kUpdateToast);
  EXPECT_EQ(inside(kInsertToast),
            "insert public.toast xid=750 at=0/197FEA8 #0 new(id='1' big='xxx' n='1')");
  EXPECT_NE(table_id(kInsertToast), small);
  EXPECT_EQ(table_id(kUpdateToast), table_id(kInsertToast));
}

TEST_F(Wal2jsonDecoderTest, ALayoutIsThatOfTheCatalogWhereTheRowFitsIt) {
  Column id;
  id.name = "id";
  id.type = catalog.type(23);
  Column big;
  big.name = "big";
  big.type = catalog.type(25);
  Column n = id;
  n.name = "n";
  catalog.columns["public.toast"] = {id, big, n};
  EXPECT_EQ(inside(kDeleteToast),
            "delete public.toast xid=750 at=0/19801C0 #0 old(id='2' big=? n=?)");
  EXPECT_EQ(inside(kUpdateToast),
            "update public.toast xid=750 at=0/1980020 #0 new(id='1' big=? n='2') old(id='1' big=? "
            "n=?)");
  EXPECT_EQ(table_id(kUpdateToast), table_id(kInsertToast));
  EXPECT_EQ(catalog.column_questions, 1);
}

TEST_F(Wal2jsonDecoderTest, ALayoutFromARowAloneIsNotWhole) {
  const auto whole = [&](const std::string& message) {
    StreamItem item;
    decoder.feed(message, Lsn{1});
    return decoder.next(item) && item.change.table->whole;
  };
  inside(kDeleteToast);
  EXPECT_FALSE(whole(kDeleteToast));
  EXPECT_FALSE(whole(kUpdateToast));
  EXPECT_TRUE(whole(kInsertToast));
  EXPECT_TRUE(whole(kUpdateToast));
}

TEST_F(Wal2jsonDecoderTest, AddedAndDroppedColumnsMakeAnotherTable) {
  const std::string comp = R"({"action":"I","xid":1,"lsn":"0/5","schema":"public","table":"comp",)"
                           R"("columns":[{"name":"x","typeoid":23,"value":1},)";
  const uint32_t two = table_id(comp + R"({"name":"y","typeoid":25,"value":"y"}]})");
  const uint32_t three = table_id(
      comp + R"({"name":"y","typeoid":25,"value":"y"},{"name":"w","typeoid":23,"value":9}]})");
  EXPECT_NE(two, three);
  const std::string update =
      R"({"action":"U","xid":787,"timestamp":"2026-11-23 14:38:32.429117+00","lsn":"0/1988CD8","schema":"public","table":"comp","columns":[{"name":"x","typeoid":23,"value":1},{"name":"y","typeoid":25,"value":"z"}],"identity":[{"name":"x","typeoid":23,"value":1}]})";
  EXPECT_EQ(table_id(update), two) << "w is gone: an int is never left out";
}

TEST_F(Wal2jsonDecoderTest, RowsOfAMultiInsertAreCountedPerTable) {
  const auto row = [](const char* table) {
    return std::string(R"({"action":"I","xid":1,"lsn":"0/50","schema":"public","table":")") +
           table + R"(","columns":[]})";
  };
  EXPECT_EQ(inside(row("a")), "insert public.a xid=750 at=0/50 #0 new()");
  EXPECT_EQ(inside(row("a")), "insert public.a xid=750 at=0/50 #1 new()");
  EXPECT_EQ(inside(row("b")), "insert public.b xid=750 at=0/50 #0 new()");
  EXPECT_EQ(inside(row("a")), "insert public.a xid=750 at=0/50 #2 new()");
}

TEST_F(Wal2jsonDecoderTest, PartitionsAreTheirRoot) {
  catalog.roots["public.part_a"] = {"public", "part"};
  catalog.roots["public.part_b"] = {"public", "part"};
  EXPECT_EQ(
      inside(
          R"({"action":"I","xid":779,"timestamp":"2026-11-23 14:38:32.425742+00","lsn":"0/1984240","schema":"public","table":"part_a","columns":[{"name":"id","typeoid":23,"value":1},{"name":"v","typeoid":25,"value":"a"}]})"),
      "insert public.part xid=750 at=0/1984240 #0 new(id='1' v='a')");
  const char* other =
      R"({"action":"I","xid":779,"timestamp":"2026-11-23 14:38:32.425742+00","lsn":"0/1984320","schema":"public","table":"part_b","columns":[{"name":"id","typeoid":23,"value":101},{"name":"v","typeoid":25,"value":"b"}]})";
  EXPECT_EQ(inside(other), "insert public.part xid=750 at=0/1984320 #0 new(id='101' v='b')");
  inside(other);
  EXPECT_EQ(catalog.root_questions, 2) << "once per partition, not per row";
}

TEST_F(Wal2jsonDecoderTest, ATruncateIsOneItemPerTableAndNoneForAPartition) {
  catalog.roots["public.part_a"] = {"public", "part"};
  catalog.roots["public.part_b"] = {"public", "part"};
  const auto truncate = [](const char* table, const char* lsn) {
    return std::string(
               R"({"action":"T","xid":781,"timestamp":"2026-11-23 14:38:32.426757+00","lsn":")") +
           lsn + R"(","schema":"public","table":")" + table + "\"}";
  };
  EXPECT_EQ(inside(truncate("part", "0/1985F68")), "truncate public.part xid=750 at=0/1985F68 #0");
  EXPECT_EQ(inside(truncate("part_a", "0/1985F68")), "");
  EXPECT_EQ(inside(truncate("part_b", "0/1985F68")), "");
  EXPECT_EQ(inside(truncate("toast", "0/1985F68")),
            "truncate public.toast xid=750 at=0/1985F68 #0");
  EXPECT_EQ(inside(truncate("part", "0/1985FFF")), "truncate public.part xid=750 at=0/1985FFF #0");
  EXPECT_EQ(inside(truncate("part_a", "0/1986FFF")), "");
}

constexpr const char* kOwnMessage =
    R"({"action":"M","xid":null,"timestamp":null,"lsn":"0/1988FD0","transactional":false,"prefix":"pre","content":"nt"})";

TEST_F(Wal2jsonDecoderTest, AMessageOfTheTransactionIsAChange) {
  EXPECT_EQ(
      inside(
          R"({"action":"M","xid":792,"timestamp":"2026-11-23 14:38:32.429923+00","lsn":"0/1988F98","transactional":true,"prefix":"pre","content":"co\"n"})"),
      "message message:pre xid=750 at=0/1988F98 #0 new(content='co\"n')");
  EXPECT_EQ(
      inside(
          R"({"action":"M","xid":792,"timestamp":"2026-11-23 14:38:32.429923+00","lsn":"0/1988FD0","transactional":true,"prefix":"pre","content":""})"),
      "message message:pre xid=750 at=0/1988FD0 #0 new(content='')");
}

TEST_F(Wal2jsonDecoderTest, AMessageOfNoTransactionIsOneOfItsOwn) {
  EXPECT_EQ(decoded(decoder, kOwnMessage),
            (Lines{"begin xid=0 time=0 commit=0/1988FCF",
                   "message message:pre xid=0 at=0/1988FD0 #0 new(content='nt')",
                   "commit xid=0 time=0 commit=0/1988FCF end=0/1988FD0"}));
  EXPECT_NE(inside(kInsertToast), "") << "a transaction may follow";
  EXPECT_NE(decode_error(decoder, kOwnMessage), "") << "but never one inside of the other";
}

TEST_F(Wal2jsonDecoderTest, OfMessagesOfOtherPrefixesOnlyThePositionIsTold) {
  Wal2jsonDecoder other(catalog);
  EXPECT_EQ(decoded(other, kOwnMessage),
            (Lines{"begin xid=0 time=0 commit=0/1988FCF",
                   "commit xid=0 time=0 commit=0/1988FCF end=0/1988FD0"}));
  EXPECT_EQ(inside(R"({"action":"M","lsn":"0/5","transactional":true,"prefix":"","content":"x"})"),
            "");
}

TEST_F(Wal2jsonDecoderTest, AContentThatIsNotTextIsMended) {
  EXPECT_EQ(inside("{\"action\":\"M\",\"lsn\":\"0/5\",\"transactional\":true,\"prefix\":\"pre\","
                   "\"content\":\"a\xff\xc3\\\"z\"}"),
            "message message:pre xid=750 at=0/5 #0 new(content='a\uFFFD\uFFFD\"z')");
}

TEST_F(Wal2jsonDecoderTest, ErrorsNamePluginAndLsnAndNoValues) {
  const std::string error =
      decode_error(decoder,
                   R"({"action":"I","lsn":"0/5","schema":"s","table":"t","columns":[)"
                   R"({"name":"a","value":{"hidden":"hunter2"}}]})",
                   Lsn{0x16B374D848});
  EXPECT_NE(error.find("wal2json at 16/B374D848"), std::string::npos) << error;
  EXPECT_NE(error.find("neither text, number, bool nor null"), std::string::npos) << error;
  EXPECT_EQ(error.find("hunter2"), std::string::npos) << error;
  StreamItem item;
  EXPECT_FALSE(decoder.next(item));
}

TEST_F(Wal2jsonDecoderTest, MessagesThatLackWhatTheOptionsGiveAreErrors) {
  EXPECT_NE(decode_error(decoder, kInsertToast), "") << "outside of a transaction";
  EXPECT_NE(decode_error(decoder, kCommit), "") << "without a begin";
  for (const char* message :
       {R"({"action":"X"})", R"({"lsn":"0/1"})",
        R"({"action":"B","timestamp":"2026-11-23 14:38:32+00","lsn":"0/1"})",
        R"({"action":"B","xid":1,"timestamp":"23.11.2026","lsn":"0/1"})",
        R"({"action":"B","xid":1,"timestamp":"2026-11-23 14:38:32+00"})",
        R"({"action":"I","lsn":"0/1","table":"t","columns":[]})",
        R"({"action":"I","schema":"s","table":"t","columns":[]})",
        R"({"action":"I","lsn":"0/1","schema":"s","table":"t"})",
        R"({"action":"U","lsn":"0/1","schema":"s","table":"t","columns":[]})",
        R"({"action":"D","lsn":"0/1","schema":"s","table":"t"})",
        R"({"action":"M","lsn":"0/1","prefix":"pre","content":""})",
        R"({"action":"M","lsn":"0/1","transactional":true,"content":""})",
        R"({"action":"M","lsn":"0/1","transactional":true,"prefix":"pre"})",
        R"({"action":"M","transactional":true,"prefix":"pre","content":""})",
        R"({"action":"M","transactional":1,"prefix":"pre","content":""})",
        R"({"action":"M","transactional":true,"prefix":null,"content":""})"}) {
    FakeCatalog other_catalog;
    Wal2jsonDecoder other(other_catalog, prefixes);
    if (std::string_view(message).find("\"B\"") == std::string_view::npos) decoded(other, kBegin);
    EXPECT_NE(decode_error(other, message), "") << message;
  }
}

}  // namespace
}  // namespace waltrack
