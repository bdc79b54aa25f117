#include "state/backfill_json.hpp"

#include "state/backfill_fixture.hpp"

namespace waltrack::state {
namespace {

TEST(BackfillJson, ProgressComesBackWhole) {
  const BackfillProgress progress = whole_progress();
  EXPECT_EQ(read_backfill(progress.table, backfill_text(progress)), progress);
}

TEST(BackfillJson, ProgressThatHasJustBegunComesBackWhole) {
  const BackfillProgress progress;
  EXPECT_EQ(read_backfill(progress.table, backfill_text(progress)), progress);
}

TEST(BackfillJson, EveryByteOfAKeyComesBack) {
  BackfillProgress progress;
  progress.cursor.emplace();
  for (int byte = 0; byte < 256; ++byte)
    progress.cursor->text.push_back(static_cast<char>(byte));
  EXPECT_EQ(read_backfill(progress.table, backfill_text(progress)).cursor, progress.cursor);
}

TEST(BackfillJson, EveryPhaseComesBack) {
  for (const BackfillPhase phase :
       {BackfillPhase::running, BackfillPhase::paused, BackfillPhase::done, BackfillPhase::failed,
        BackfillPhase::cancelled}) {
    BackfillProgress progress;
    progress.phase = phase;
    EXPECT_EQ(read_backfill(progress.table, backfill_text(progress)).phase, phase);
  }
}

TEST(BackfillJson, AReasonThatIsNoUtf8IsStored) {
  BackfillProgress progress;
  progress.reason = "\xff!";
  EXPECT_TRUE(read_backfill(progress.table, backfill_text(progress)).reason.ends_with("!"));
}

TEST(BackfillJson, TextOfAnotherVersionIsReadAsFarAsItGoes) {
  const TableName table{"public", "users"};
  const BackfillProgress progress = read_backfill(
      table, R"({"phase":"running","rows":7,"more":[],"bytes":"x","leaves_done":[1],"leaf":2})");
  EXPECT_EQ(progress.phase, BackfillPhase::running);
  EXPECT_EQ(progress.rows, 7u);
  EXPECT_EQ(progress.bytes, 0u);
  EXPECT_EQ(progress.row_estimate, -1);
  EXPECT_TRUE(progress.leaves_done.empty());
  EXPECT_FALSE(progress.leaf);
}

TEST(BackfillJson, APhaseThatNobodyKnowsIsToldAsFailedWithAReason) {
  for (const char* text : {R"({"phase":"musing","rows":7})", "no JSON", "[]", ""}) {
    const BackfillProgress progress = read_backfill({"public", "users"}, text);
    EXPECT_EQ(progress.phase, BackfillPhase::failed);
    EXPECT_FALSE(progress.reason.empty());
    EXPECT_EQ(progress.table.name, "users");
  }
}

TEST(BackfillJson, ASkippedKeyCostsNoText) {
  EXPECT_EQ(key_mark_text({}), "");
  EXPECT_EQ(read_key_mark(""), KeyMark{});
}

TEST(BackfillJson, AStragglerComesBackWhole) {
  KeyMark mark;
  mark.kind = KeyMark::Kind::straggler;
  EXPECT_EQ(read_key_mark(key_mark_text(mark)), mark);
  mark.undecided = {key(std::string("1\0\xfe", 3)), key("2"), key("")};
  EXPECT_EQ(read_key_mark(key_mark_text(mark)), mark);
  mark.undecided = {key(""), std::nullopt, std::nullopt};
  EXPECT_EQ(read_key_mark(key_mark_text(mark)), mark);
  mark.kind = KeyMark::Kind::skip;
  EXPECT_EQ(read_key_mark(key_mark_text(mark)), mark);
}

}  // namespace
}  // namespace waltrack::state
