#include "cli/dead_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace waltrack {
namespace {

state::StoredDeadLetter refused() {
  state::StoredDeadLetter stored;
  stored.number = 12;
  stored.stored_at_us = 1'700'000'000'000'000;
  stored.last_at_us = 1'700'000'060'000'000;
  stored.attempts = 2;
  DeadLetter& letter = stored.letter;
  letter.position = {Lsn{0x200}, MessageKind::row, Lsn{0x100}, "public.orders", 0, "track/Paid"};
  letter.op = "update";
  letter.reason = "refused";
  letter.detail = "HTTP 400";
  letter.answer = "no\x1b[31m thanks";
  letter.row_key = R"({"id":"5","Part":"o'k"})";
  letter.message_id = "0123";
  letter.payload = R"({"type":"track","messageId":"0123","properties":{"a":1}})";
  return stored;
}

state::StoredDeadLetter without_event() {
  state::StoredDeadLetter stored = refused();
  stored.number = 7;
  stored.letter.payload.clear();
  stored.letter.answer.clear();
  stored.letter.reason = "no_user";
  stored.letter.detail = "neither of the two";
  return stored;
}

}  // namespace

TEST(DeadText, TheListIsAligned) {
  EXPECT_EQ(dead_list_text(
                {dead_list_titles(), dead_list_row(refused()), dead_list_row(without_event())}, {}),
            "number  when (UTC)           table          op      rule        reason   detail"
            "              row key\n"
            "12      2023-11-14 22:13:20  public.orders  update  track/Paid  refused  HTTP 400"
            "            id=5, Part=o'k\n"
            "7       2023-11-14 22:13:20  public.orders  update  track/Paid  no_user  neither of "
            "the two  id=5, Part=o'k\n");
}

TEST(DeadText, TheListIsCutToTheTerminal) {
  EXPECT_EQ(dead_list_text({dead_list_row(refused())}, {.color = false, .width = 10}),
            "12  2023-…\n");
}

TEST(DeadText, OneIsShownWhole) {
  const std::string text = dead_letter_text(refused());
  EXPECT_NE(text.find("#12 public.orders update, track/Paid\n"), std::string::npos) << text;
  EXPECT_NE(text.find("answer      no"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "it moves no cursor";
  EXPECT_NE(text.find("2, the last one 2023-11-14T22:14:20"), std::string::npos) << text;
  EXPECT_NE(text.find("      \"properties\": {\n        \"a\": 1\n"), std::string::npos) << text;
}

TEST(DeadText, WithoutAnEventItSaysHowToMakeOne) {
  const std::string command =
      R"(waltrack backfill public.orders --where "\"id\" = '5' and \"Part\" = 'o''k'")";
  EXPECT_EQ(backfill_command(without_event()), command);
  EXPECT_NE(dead_letter_text(without_event()).find(command), std::string::npos);
  state::StoredDeadLetter keyless = without_event();
  keyless.letter.row_key.clear();
  EXPECT_EQ(backfill_command(keyless), "waltrack backfill public.orders --where …");
}

TEST(DeadText, ProgramsGetNullForWhatIsNotKnown) {
  const nlohmann::ordered_json full = dead_letter_json(refused());
  EXPECT_EQ(full.at("event").at("properties").at("a"), 1);
  EXPECT_EQ(full.at("row_key").at("id"), "5");
  EXPECT_EQ(full.at("lsn"), "0/100");
  state::StoredDeadLetter backfilled = without_event();
  backfilled.letter.position.kind = MessageKind::backfill;
  const nlohmann::ordered_json json = dead_letter_json(backfilled);
  EXPECT_TRUE(json.at("event").is_null());
  EXPECT_TRUE(json.at("answer").is_null());
  EXPECT_TRUE(json.at("commit_lsn").is_null());
  EXPECT_TRUE(json.at("committed_at").is_null());
}

}  // namespace waltrack
