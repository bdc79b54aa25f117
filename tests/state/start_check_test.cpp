#include "state/start_check.hpp"

#include <gtest/gtest.h>
#include <ostream>

#include "base/error.hpp"

namespace waltrack {
namespace {

// One way to start. The plain case is a restart: a checkpoint at 1000, the slot at 900, the
// server's log at 2000; each row changes something of it.
struct Start {
  std::string name;
  std::optional<SourceIdentity> identity =
      SourceIdentity{77, "shop", "waltrack", "wal2json", {1, false}};
  std::optional<Checkpoint> checkpoint = Checkpoint{Lsn{1000}, std::nullopt};
  ServerFacts server = {77, "shop", Lsn{2000}, TimelineHistory(1), false};
  std::optional<SlotFacts> slot = SlotFacts{"waltrack", "wal2json", Lsn{900}, false};

  StartDecision decide() const {
    return decide_start(identity, checkpoint, server, slot ? slot->name : "waltrack", slot,
                        "/var/lib/waltrack.db");
  }
};

Start with(std::string name, void (*change)(Start&)) {
  Start start;
  start.name = std::move(name);
  change(start);
  return start;
}

// Of a server that was promoted there, from timeline 1.
TimelineHistory second(uint64_t promoted_at) {
  return TimelineHistory::parse(2, "1\t" + Lsn{promoted_at}.text() + "\tpromoted\n").value();
}

void forget(Start& start) {
  start.identity.reset();
  start.checkpoint.reset();
}

struct Accepted {
  Start start;
  uint64_t lsn;
  std::string warning;  // a part of it; empty = there is none
};
std::ostream& operator<<(std::ostream& out, const Accepted& row) {
  return out << row.start.name;
}

class StartAccepted : public testing::TestWithParam<Accepted> {};

TEST_P(StartAccepted, BeginsThereAndWarnsOfThat) {
  const StartDecision decision = GetParam().start.decide();
  EXPECT_EQ(decision.start.lsn.value, GetParam().lsn);
  if (GetParam().warning.empty()) {
    EXPECT_TRUE(decision.warnings.empty());
  } else {
    ASSERT_EQ(decision.warnings.size(), 1u);
    EXPECT_NE(decision.warnings[0].find(GetParam().warning), std::string::npos)
        << decision.warnings[0];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, StartAccepted,
    testing::Values(
        Accepted{with("Restart", [](Start&) {}), 1000, ""},
        Accepted{with("SlotAtCheckpoint", [](Start& s) { s.slot->confirmed = Lsn{1000}; }), 1000,
                 ""},
        Accepted{with("SlotWentBackInACrash", [](Start& s) { s.slot->confirmed = Lsn{1}; }), 1000,
                 ""},
        Accepted{with("ServerAtCheckpoint", [](Start& s) { s.server.wal_position = Lsn{1000}; }),
                 1000, ""},
        Accepted{with("FirstStartSlotMade",
                      [](Start& s) {
                        forget(s);
                        s.slot->just_created = true;
                      }),
                 900, ""},
        Accepted{with("FirstStartSlotNotYetMade",
                      [](Start& s) {
                        forget(s);
                        s.slot.reset();
                      }),
                 0, ""},
        Accepted{with("StateLostSlotKept", forget), 900, "going on from its confirmed position"},
        Accepted{with("SlotRenamed", [](Start& s) { s.slot->name = "other"; }), 1000,
                 "pg_drop_replication_slot('waltrack')"},
        Accepted{with("PluginChanged", [](Start& s) { s.slot->plugin = "pgoutput"; }), 1000,
                 "from wal2json to pgoutput"},
        Accepted{
            with("PromotedBehindTheCheckpoint", [](Start& s) { s.server.history = second(1500); }),
            1000, ""},
        Accepted{with("PromotedWhileItWasRead",
                      [](Start& s) {
                        s.identity->origin.standby = true;
                        s.server.history = second(800);  // the slot was confirmed behind it
                      }),
                 1000, ""},
        Accepted{with("PromotedWithoutTheLastOfWhatWasRead",
                      [](Start& s) {
                        s.server.history = second(950);
                        s.server.wal_position = Lsn{960};
                        s.checkpoint->within.emplace().commit_lsn = Lsn{1100};
                      }),
                 950, "up to 0/44C on timeline 1, but this server left it at 0/3B6 for timeline 2"},
        Accepted{with("TimelineOfAnOlderStateFile",
                      [](Start& s) {
                        s.identity->origin.timeline = 0;
                        s.server.history = second(950);
                      }),
                 1000, ""}),
    [](const auto& info) { return info.param.start.name; });

struct Refused {
  Start start;
  std::string cause;   // a part of it
  std::string remedy;  // a part of it
};
std::ostream& operator<<(std::ostream& out, const Refused& row) {
  return out << row.start.name;
}

class StartRefused : public testing::TestWithParam<Refused> {};

TEST_P(StartRefused, SaysCauseAndRemedy) {
  try {
    GetParam().start.decide();
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_EQ(error.where(), "/var/lib/waltrack.db");
    EXPECT_NE(std::string(error.what()).find(GetParam().cause), std::string::npos) << error.what();
    EXPECT_NE(error.hint().find(GetParam().remedy), std::string::npos) << error.hint();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, StartRefused,
    testing::Values(
        Refused{with("OtherServer", [](Start& s) { s.server.system_identifier = 78; }),
                "system identifier 77, this one is 78", "correct source.url"},
        Refused{with("OtherServerWithoutCheckpoint",
                     [](Start& s) {
                       s.server.system_identifier = 78;
                       s.checkpoint.reset();
                     }),
                "another server", "mv /var/lib/waltrack.db"},
        Refused{with("OtherDatabase", [](Start& s) { s.server.database = "stock"; }),
                "belongs to \"shop\", source.url names \"stock\"", "`state:`"},
        Refused{with("SlotConfirmedByAnother", [](Start& s) { s.slot->confirmed = Lsn{1001}; }),
                "WAL between 0/3E8 and 0/3E9 was already confirmed", "goes on from 0/3E9"},
        Refused{
            with("ServerRestoredFromABackup", [](Start& s) { s.server.wal_position = Lsn{999}; }),
            "the server's log ends at 0/3E7, before the checkpoint 0/3E8", "restore"},
        Refused{with("ServerRestoredBeforeATransactionInProgress",
                     [](Start& s) { s.checkpoint->within.emplace().commit_lsn = Lsn{3000}; }),
                "before the checkpoint 0/BB8", "begin anew"},
        Refused{with("PrimaryOfBeforeAFailover", [](Start& s) { s.identity->origin.timeline = 2; }),
                "on timeline 1, the checkpoint is of the later timeline 2", "promoted server"},
        Refused{with("TimelineOfAnotherHistory",
                     [](Start& s) {
                       s.identity->origin.timeline = 2;
                       s.server.history = TimelineHistory::parse(3, "1 0/1 x").value();
                     }),
                "timeline 3 does not come from timeline 2", "follows the one that was read"},
        Refused{with("SlotMadeAfterAFailover", [](Start& s) { s.server.history = second(800); }),
                "diverged at 0/320, before the checkpoint 0/3E8, and slot \"waltrack\" was made or "
                "confirmed behind that, at 0/384",
                "waltrack drop"},
        Refused{with("SlotGone", [](Start& s) { s.slot.reset(); }), "does not exist",
                "accept the gap"},
        Refused{with("SlotMadeAnew", [](Start& s) { s.slot->just_created = true; }),
                "made just now", "accept the gap"}),
    [](const auto& info) { return info.param.start.name; });

TEST(StartCheck, AStandbyThatLagsIsWorthWaitingFor) {
  for (const bool older_timeline : {false, true}) {
    Start start;
    start.server.standby = true;
    if (older_timeline) {
      start.identity->origin.timeline = 2;
    } else {
      start.server.wal_position = Lsn{999};
    }
    try {
      start.decide();
      FAIL() << "it was accepted";
    } catch (const Error& error) {
      EXPECT_TRUE(error.is_transient()) << error.describe();
    }
  }
}

TEST(StartCheck, KeepsThePlaceInsideATransaction) {
  Start start;
  start.checkpoint->within =
      EventPosition{Lsn{1500}, MessageKind::row, Lsn{1200}, "public.users", 3, "identify"};
  EXPECT_EQ(start.decide().start, *start.checkpoint);
}

}  // namespace
}  // namespace waltrack
