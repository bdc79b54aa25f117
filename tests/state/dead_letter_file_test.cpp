#include "state/dead_letter_file.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cstdint>
#include <string>
#include <vector>

#include "state/state_fixture.hpp"
#include "state/state_status.hpp"

namespace waltrack {
namespace {

class DeadLetterFileTest : public StateTest {
 protected:
  DeadLetterFile open(state::Access access = state::Access::write) {
    return DeadLetterFile(path(), access, clock_);
  }
  static DeadLetter refused(uint64_t lsn, uint32_t ordinal = 0) {
    DeadLetter one = letter(lsn, ordinal);
    one.reason = "refused";
    one.detail = "HTTP 400";
    one.answer = "no thanks";
    one.row_key = R"({"id":"7"})";
    return one;
  }
  static DeadLetter of(const std::string& table, const std::string& rule, uint64_t lsn) {
    DeadLetter one = letter(lsn);
    one.position.table = table;
    one.position.rule = rule;
    return one;
  }
  static std::vector<int64_t> numbers(const std::vector<state::StoredDeadLetter>& letters) {
    std::vector<int64_t> all;
    for (const state::StoredDeadLetter& one : letters)
      all.push_back(one.number);
    return all;
  }
  std::vector<int64_t> found(const state::DeadLetterFilter& filter) {
    return numbers(open(state::Access::read).newest(filter, 100));
  }

  using Numbers = std::vector<int64_t>;
};

}  // namespace

TEST_F(DeadLetterFileTest, TellsAllOfALetterWhileARunHasTheFile) {
  StateFile run(path(), clock_);
  run.save(at(10), std::vector{refused(1)}, {});
  clock_.now_us += 7;
  run.save(at(11), std::vector{refused(1)}, {});
  const auto stored = open(state::Access::read).find(1);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->letter.answer, "no thanks");
  EXPECT_EQ(stored->letter.row_key, R"({"id":"7"})");
  EXPECT_EQ(stored->letter.payload, R"({"type":"track"})");
  EXPECT_EQ(stored->attempts, 2);
  EXPECT_EQ(stored->stored_at_us, clock_.now_us - 7);
  EXPECT_EQ(stored->last_at_us, clock_.now_us);
  EXPECT_FALSE(open().find(2));
}

TEST_F(DeadLetterFileTest, WithoutPayloadOnlyReferencesAreStored) {
  StateFile run(path(), clock_, {.keep_payload = false});
  run.save(at(10), std::vector{refused(1)}, {});
  run.save(at(11), std::vector{refused(1)}, {});
  const auto stored = open().find(1);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->letter.payload, "");
  EXPECT_EQ(stored->letter.answer, "");
  EXPECT_EQ(stored->letter.detail, "HTTP 400");
  EXPECT_EQ(stored->letter.row_key, R"({"id":"7"})");
  EXPECT_EQ(stored->letter.message_id, letter(1).message_id);
}

TEST_F(DeadLetterFileTest, RoomIsWhatIsLeftOfTheMaximum) {
  StateFile run(path(), clock_, {.max = 3});
  EXPECT_EQ(run.dead_letter_room(), 3u);
  EXPECT_EQ(run.dead_letter_max(), 3u);
  run.save(at(10), std::vector{letter(1), letter(2), letter(3)}, {});
  EXPECT_EQ(run.dead_letter_room(), 0u);
  EXPECT_TRUE(run.has_dead_letter(letter(2).position));
  EXPECT_FALSE(run.has_dead_letter(letter(4).position));
  open().remove(Numbers{1, 3});
  EXPECT_EQ(run.dead_letter_room(), 2u);
}

TEST_F(DeadLetterFileTest, EveryFilterTakesItsOwn) {
  StateFile run(path(), clock_);
  run.save(at(10), std::vector{of("public.users", "track/Signed Up", 1)}, {});
  clock_.now_us += 10;
  run.save(at(11), std::vector{of("public.orders", "track/Order Placed", 2)}, {});
  clock_.now_us += 10;
  run.save(at(12), std::vector{of("sales.orders", "identify", 3)}, {});
  DeadLetter refused_one = refused(4);
  run.save(at(13), std::vector{refused_one}, {});

  EXPECT_EQ(found({}), (Numbers{4, 3, 2, 1}));
  EXPECT_EQ(found({.numbers = {1, 3, 99}}), (Numbers{3, 1}));
  EXPECT_EQ(found({.table = "orders"}), (Numbers{3, 2}));
  EXPECT_EQ(found({.table = "sales.orders"}), (Numbers{3}));
  EXPECT_EQ(found({.table = "rders"}), Numbers{});
  EXPECT_EQ(found({.rule = "Order Placed"}), (Numbers{2}));
  EXPECT_EQ(found({.rule = "track/Order Placed"}), (Numbers{2}));
  EXPECT_EQ(found({.rule = "identify"}), (Numbers{3}));
  EXPECT_EQ(found({.reason = "refused"}), (Numbers{4}));
  EXPECT_EQ(found({.since_us = clock_.now_us - 10}), (Numbers{4, 3, 2}));
  EXPECT_EQ(found({.before_us = clock_.now_us - 10}), (Numbers{1}));
  EXPECT_EQ(found({.below = 3}), (Numbers{2, 1}));
  EXPECT_EQ(found({.table = "orders", .since_us = clock_.now_us}), (Numbers{3}));
  EXPECT_EQ(open().count({.table = "orders"}), 2u);
  EXPECT_EQ(open().remove(open().in_order({.table = "orders"})), 2u);
  EXPECT_EQ(found({}), (Numbers{4, 1}));
}

TEST_F(DeadLetterFileTest, OrderIsThatOfCommitsAndRows) {
  StateFile run(path(), clock_);
  const auto place = [](Lsn commit, MessageKind kind, Lsn lsn, uint32_t ordinal) {
    DeadLetter one = letter(1);
    one.position.commit_lsn = commit;
    one.position.kind = kind;
    one.position.lsn = lsn;
    one.position.ordinal = ordinal;
    return one;
  };
  constexpr MessageKind kRow = MessageKind::row;
  run.save(at(10),
           std::vector{
               place(Lsn{0x2000}, kRow, Lsn{0x1900}, 0),
               place({}, MessageKind::backfill, Lsn{5}, 3),  // came after the first
               place(Lsn{0x10000}, kRow, Lsn{0x1800}, 0), place(Lsn{0x3000}, kRow, Lsn{0x2900}, 2),
               place(Lsn{0x3000}, kRow, Lsn{0x2900}, 1), place(Lsn{0x1000}, kRow, Lsn{0x900}, 0)},
           {});
  EXPECT_EQ(open().in_order({}), (Numbers{6, 1, 2, 5, 4, 3}));
  EXPECT_EQ(open().in_order({.numbers = {3, 5}}), (Numbers{5, 3}));
}

TEST_F(DeadLetterFileTest, ARefusalIsCountedAndItsAnswerStands) {
  StateFile run(path(), clock_);
  run.save(at(10), std::vector{refused(1)}, {});
  clock_.now_us += 9;
  open().count_refusal(1, "HTTP 413", "too large");
  const auto stored = open().find(1);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->attempts, 2);
  EXPECT_EQ(stored->letter.detail, "HTTP 413");
  EXPECT_EQ(stored->letter.answer, "too large");
  EXPECT_EQ(stored->letter.payload, R"({"type":"track"})");
  EXPECT_EQ(stored->last_at_us, clock_.now_us);
}

TEST_F(DeadLetterFileTest, AFileOfAnEarlierVersionIsReadAndThenCompleted) {
  { StateFile(path(), clock_).save(at(10), std::vector{refused(1)}, {}); }
  {
    SQLite::Database database(path(), SQLite::OPEN_READWRITE);
    for (const char* column : {"answer", "row_key", "last_at_us"})
      database.exec(std::string("alter table dead_letters drop column ") + column);
  }
  auto stored = open(state::Access::read).find(1);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->letter.answer, "");
  EXPECT_EQ(stored->last_at_us, 0);
  EXPECT_EQ(read_state_status(path()).newest_dead_letters.size(), 1u);
  EXPECT_EQ(open(state::Access::write).count({}), 1u);
  StateFile(path(), clock_).save(at(11), std::vector{refused(1), refused(2)}, {});
  stored = open(state::Access::read).find(1);
  EXPECT_EQ(stored->letter.answer, "no thanks");
  EXPECT_EQ(stored->last_at_us, clock_.now_us);
}

TEST_F(DeadLetterFileTest, ThousandsGoInPieces) {
  StateFile run(path(), clock_);
  std::vector<DeadLetter> many;
  for (uint64_t i = 0; i < 1201; ++i)
    many.push_back(letter(i + 1));
  run.save(at(10), many, {});
  EXPECT_EQ(open().remove(open().in_order({})), 1201u);
  EXPECT_EQ(run.dead_letter_count(), 0);
}

TEST_F(DeadLetterFileTest, IsNeverMade) {
  EXPECT_NE(std::string(error_of([&] { open(); }).what()).find("there is no state file"),
            std::string::npos);
}

TEST_F(DeadLetterFileTest, WithoutSpaceTheErrorSaysThatItMayPass) {
  const SQLite::Exception full("disk full", 13);  // SQLITE_FULL
  EXPECT_TRUE(state::state_error(full, 0, path(), "store the checkpoint").is_transient());
  const SQLite::Exception corrupt("damaged", 11);
  EXPECT_FALSE(state::state_error(corrupt, 0, path(), "store the checkpoint").is_transient());
}

}  // namespace waltrack
