#include "postgres/pgoutput_decoder.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "postgres/decoded_text.hpp"
#include "postgres/fake_catalog.hpp"
#include "postgres/pgoutput_message.hpp"

namespace waltrack {
namespace {

using Lines = std::vector<std::string>;
using M = PgoutputMessage;

constexpr uint32_t kUsers = 16384;

// id int (key), bio text, n int.
std::string users_relation(char identity = 'd', uint32_t oid = kUsers, const char* name = "users") {
  const int others = identity == 'f' ? 1 : 0;
  return M('R')
      .u32(oid)
      .name("public")
      .name(name)
      .letter(identity)
      .u16(3)
      .u8(1)
      .name("id")
      .u32(23)
      .u32(0xffffffff)
      .u8(others)
      .name("bio")
      .u32(25)
      .u32(0xffffffff)
      .u8(others)
      .name("n")
      .u32(23)
      .u32(0xffffffff);
}

class PgoutputDecoderTest : public testing::Test {
 protected:
  void SetUp() override { decoded(decoder, M::begin(0x100, 848'759'912'421'002, 750)); }

  // What the message gives inside of a transaction.
  std::string inside(const std::string& message, uint64_t lsn = 0x50) {
    std::string text;
    for (const std::string& line : decoded(decoder, message, Lsn{lsn})) {
      text += (text.empty() ? "" : "\n") + line;
    }
    return text;
  }

  static std::string message(int flags, uint64_t lsn, std::string_view prefix,
                             std::string_view content) {
    const std::string head = M('M').u8(flags).u64(lsn).name(prefix).u32(content.size());
    return head + std::string(content);
  }

  FakeCatalog catalog;
  const std::vector<std::string> prefixes{"shop.checkout"};
  PgoutputDecoder decoder{catalog, prefixes};
};

TEST_F(PgoutputDecoderTest, ATransactionIsBeginChangesCommit) {
  PgoutputDecoder fresh(catalog);
  const Lines lines =
      decoded(fresh, {{Lsn{0x40}, M::begin(0x100, 848'759'912'421'002, 750)},
                      {Lsn{0x40}, users_relation()},
                      {Lsn{0x40}, M('I').u32(kUsers).letter('N').tuple({"t1", "n", "t42"})},
                      {Lsn{0x40}, M('I').u32(kUsers).letter('N').tuple({"t2", "t", "t43"})},
                      {Lsn{0x48}, M('I').u32(kUsers).letter('N').tuple({"t3", "n", "n"})},
                      {Lsn{0x130}, M::commit(0x100, 0x130)}});
  EXPECT_EQ(lines, (Lines{"begin xid=750 time=1795444712421002 commit=0/100",
                          "insert public.users xid=750 at=0/40 #0 new(id='1' bio=null n='42')",
                          "insert public.users xid=750 at=0/40 #1 new(id='2' bio='' n='43')",
                          "insert public.users xid=750 at=0/48 #0 new(id='3' bio=null n=null)",
                          "commit xid=750 time=1795444712421002 commit=0/100 end=0/130"}));
}

TEST_F(PgoutputDecoderTest, ARelationBecomesATable) {
  inside(users_relation());
  decoder.feed(M('I').u32(kUsers).letter('N').tuple({"n", "n", "n"}), Lsn{1});
  StreamItem item;
  ASSERT_TRUE(decoder.next(item));
  const Table& table = *item.change.table;
  EXPECT_EQ(table.full_name(), "public.users");
  EXPECT_EQ(table.replica_identity, ReplicaIdentity::key);
  EXPECT_TRUE(table.columns.at(0).key);
  EXPECT_FALSE(table.columns.at(1).key);
  EXPECT_EQ(table.columns.at(0).type.oid, 23U);
  EXPECT_EQ(table.columns.at(0).type.kind, ValueKind::int4);
}

TEST_F(PgoutputDecoderTest, ARelationToldAgainKeepsItsTable) {
  const auto table_id = [&] {
    decoder.feed(M('I').u32(kUsers).letter('N').tuple({"n", "n", "n"}), Lsn{1});
    StreamItem item;
    EXPECT_TRUE(decoder.next(item));
    return item.change.table->id;
  };
  inside(users_relation());
  const uint32_t first = table_id();
  inside(users_relation());
  EXPECT_EQ(table_id(), first);
  inside(users_relation('f'));
  EXPECT_NE(table_id(), first);
  inside(users_relation());
  EXPECT_EQ(table_id(), first);
}

TEST_F(PgoutputDecoderTest, AnUpdateWithoutOldRowHasTheKeyOfTheNewOne) {
  inside(users_relation());
  EXPECT_EQ(inside(M('U').u32(kUsers).letter('N').tuple({"t1", "u", "t2"})),
            "update public.users xid=750 at=0/50 #0 new(id='1' bio=? n='2') old(id='1' bio=? n=?)");
}

TEST_F(PgoutputDecoderTest, AKeyRowKnowsNothingBesideTheKey) {
  inside(users_relation());
  EXPECT_EQ(
      inside(M('U')
                 .u32(kUsers)
                 .letter('K')
                 .tuple({"t1", "n", "n"})
                 .letter('N')
                 .tuple({"t2", "u", "n"})),
      "update public.users xid=750 at=0/50 #0 new(id='2' bio=? n=null) old(id='1' bio=? n=?)");
  EXPECT_EQ(inside(M('D').u32(kUsers).letter('K').tuple({"t2", "n", "n"})),
            "delete public.users xid=750 at=0/50 #1 old(id='2' bio=? n=?)");
}

TEST_F(PgoutputDecoderTest, AFullOldRowGivesUnchangedToast) {
  inside(users_relation('f'));
  EXPECT_EQ(inside(M('U')
                       .u32(kUsers)
                       .letter('O')
                       .tuple({"t1", "tlong", "n"})
                       .letter('N')
                       .tuple({"t1", "u", "t2"})),
            "update public.users xid=750 at=0/50 #0 new(id='1' bio='long' n='2') "
            "old(id='1' bio='long' n=null)");
  EXPECT_EQ(inside(M('D').u32(kUsers).letter('O').tuple({"t1", "n", "t2"})),
            "delete public.users xid=750 at=0/50 #1 old(id='1' bio=null n='2')");
}

TEST_F(PgoutputDecoderTest, ByteaIsBareHex) {
  inside(M('R')
             .u32(1)
             .name("public")
             .name("files")
             .letter('d')
             .u16(2)
             .u8(0)
             .name("data")
             .u32(17)
             .u32(0)
             .u8(0)
             .name("path")
             .u32(25)
             .u32(0));
  EXPECT_EQ(inside(M('I').u32(1).letter('N').tuple({"t\\xdeadbeef", "t\\xdead"})),
            "insert public.files xid=750 at=0/50 #0 new(data='deadbeef' path='\\xdead')");
}

TEST_F(PgoutputDecoderTest, PartitionsAreTheirRootAndShareItsCount) {
  catalog.roots["public.users_a"] = {"public", "users"};
  catalog.roots["public.users_b"] = {"public", "users"};
  inside(users_relation('d', 1, "users_a"));
  inside(users_relation('d', 2, "users_b"));
  EXPECT_EQ(inside(M('I').u32(1).letter('N').tuple({"t1", "n", "n"})),
            "insert public.users xid=750 at=0/50 #0 new(id='1' bio=null n=null)");
  EXPECT_EQ(inside(M('I').u32(2).letter('N').tuple({"t2", "n", "n"})),
            "insert public.users xid=750 at=0/50 #1 new(id='2' bio=null n=null)");
  EXPECT_EQ(catalog.root_questions, 2);
}

TEST_F(PgoutputDecoderTest, ADetachedPartitionIsATableOfItsOwn) {
  catalog.roots["public.users_a"] = {"public", "users"};
  catalog.present_roots["public.users_a"] = {"public", "users_a"};
  inside(users_relation('d', 1, "users_a"));
  EXPECT_EQ(inside(M('I').u32(1).letter('N').tuple({"t1", "n", "n"})),
            "insert public.users_a xid=750 at=0/50 #0 new(id='1' bio=null n=null)");
}

TEST_F(PgoutputDecoderTest, ATruncateIsOneItemPerTableAndNoneForAPartition) {
  catalog.roots["public.users_a"] = {"public", "users"};
  inside(users_relation('d', 1, "users"));
  inside(users_relation('d', 2, "users_a"));
  inside(users_relation('d', 3, "orders"));
  EXPECT_EQ(inside(M('T').u32(4).u8(3).u32(1).u32(3).u32(2).u32(1)),
            "truncate public.users xid=750 at=0/50 #0\ntruncate public.orders xid=750 at=0/50 #0");
  EXPECT_EQ(inside(M('T').u32(1).u8(3).u32(2)), "");
}

TEST_F(PgoutputDecoderTest, OriginsAndTypesAreSkipped) {
  EXPECT_EQ(inside(M('O').u64(1).name("origin")), "");
  EXPECT_EQ(inside(M('Y').u32(16386).name("public").name("mood")), "");
}

TEST_F(PgoutputDecoderTest, AMessageOfTheTransactionIsAChange) {
  EXPECT_EQ(inside(message(1, 0x78, "shop.checkout", "{}")),
            "message message:shop.checkout xid=750 at=0/78 #0 new(content='{}')");
  EXPECT_EQ(inside(message(1, 0x80, "shop.checkout", "")),
            "message message:shop.checkout xid=750 at=0/80 #0 new(content='')");
}

TEST_F(PgoutputDecoderTest, AMessageOfNoTransactionIsOneOfItsOwn) {
  inside(M::commit(0x100, 0x130));
  EXPECT_EQ(decoded(decoder, message(0, 0x168, "shop.checkout", "hi")),
            (Lines{"begin xid=0 time=0 commit=0/167",
                   "message message:shop.checkout xid=0 at=0/168 #0 new(content='hi')",
                   "commit xid=0 time=0 commit=0/167 end=0/168"}));
  EXPECT_EQ(decoded(decoder, M::begin(0x168, 0, 751)).size(), 1U) << "right behind it";
}

TEST_F(PgoutputDecoderTest, OfMessagesOfOtherPrefixesOnlyThePositionIsTold) {
  EXPECT_EQ(inside(message(1, 0x78, "shop", "hi")), "");
  inside(M::commit(0x100, 0x130));
  EXPECT_EQ(
      decoded(decoder, message(0, 0x168, "", "hi")),
      (Lines{"begin xid=0 time=0 commit=0/167", "commit xid=0 time=0 commit=0/167 end=0/168"}));
}

TEST_F(PgoutputDecoderTest, AContentThatIsNotTextIsMended) {
  using namespace std::string_view_literals;
  EXPECT_EQ(inside(message(1, 0x78, "shop.checkout", "a\xff\0z"sv)),
            "message message:shop.checkout xid=750 at=0/78 #0 new(content='a\uFFFD\uFFFDz')");
}

TEST_F(PgoutputDecoderTest, ACatalogTableHasItsSchema) {
  inside(M('R').u32(9).name("").name("t").letter('n').u16(0));
  EXPECT_EQ(inside(M('I').u32(9).letter('N').tuple({})),
            "insert pg_catalog.t xid=750 at=0/50 #0 new()");
}

TEST_F(PgoutputDecoderTest, MalformedMessagesAreErrorsThatNameTheLsn) {
  inside(users_relation());
  const auto row = [] { return M('I').u32(kUsers).letter('N'); };
  for (const std::string& message :
       std::vector<std::string>{"",
                                "X",
                                M('I'),
                                M('I').u32(77).letter('N').tuple({}),
                                M('I').u32(kUsers),
                                M('I').u32(kUsers).letter('O').tuple({}),
                                row(),
                                row().tuple({}),
                                row().tuple({"t1", "t2"}),
                                row().tuple({"t1", "t2", "t3", "t4"}),
                                row().tuple({"t1", "t2", "b"}),
                                row().tuple({"t1", "t2", "?"}),
                                row().tuple({"t1", "t2", "t3"}).u8(0),
                                row().u16(3).letter('n').letter('n').letter('t').u32(0xffffffff),
                                row().u16(3).letter('n').letter('n').letter('t').u32(2).letter('x'),
                                row().u16(3).letter('n'),
                                M('U').u32(kUsers).letter('N'),
                                M('U').u32(kUsers).letter('K').tuple({"t1", "n", "n"}),
                                M('U')
                                    .u32(kUsers)
                                    .letter('K')
                                    .tuple({"t1", "n", "n"})
                                    .letter('K')
                                    .tuple({"n", "n", "n"}),
                                M('U').u32(kUsers).letter('Z').tuple({"n", "n", "n"}),
                                M('D').u32(kUsers).letter('N').tuple({"n", "n", "n"}),
                                M('D').u32(kUsers),
                                M('T').u32(0xffffffff).u8(0),
                                M('T').u32(1).u8(0).u32(77),
                                M('M').u8(1).u64(7).name("shop.checkout").u32(2).letter('h'),
                                M('M').u8(1).u64(7).name("shop.checkout"),
                                M('M').u8(1).u64(7).letter('s'),
                                message(1, 7, "other", "hi") + "!",
                                message(0, 7, "shop.checkout", "inside of a transaction"),
                                M('B').u64(1),
                                M::begin(0x100, 0, 751),
                                M::commit(0x101, 0x130),
                                M('C').u8(0).u64(0x100),
                                M('R').u32(1).name("s").name("t").letter('q').u16(0),
                                M('R').u32(1).name("s").name("t").letter('d').u16(0xffff),
                                M('R').u32(1).name("s").letter('x')}) {
    const std::string error = decode_error(decoder, message, Lsn{0x16B374D848});
    EXPECT_NE(error.find("pgoutput at 16/B374D848: unreadable message"), std::string::npos)
        << "first letter " << message.substr(0, 1) << ", " << message.size() << " bytes: " << error;
    StreamItem item;
    EXPECT_FALSE(decoder.next(item));
  }
}

TEST_F(PgoutputDecoderTest, AChangeOutsideOfATransactionIsAnError) {
  inside(users_relation());
  inside(M::commit(0x100, 0x130));
  EXPECT_NE(decode_error(decoder, M('I').u32(kUsers).letter('N').tuple({"n", "n", "n"})), "");
  EXPECT_NE(decode_error(decoder, M::commit(0x100, 0x130)), "");
}

TEST_F(PgoutputDecoderTest, ACommitTimeOutOfRangeIsAnError) {
  inside(M::commit(0x100, 0x130));
  EXPECT_NE(decode_error(decoder, M::begin(0x200, INT64_MAX, 1)), "");
}

}  // namespace
}  // namespace waltrack
