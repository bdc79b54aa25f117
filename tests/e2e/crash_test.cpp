#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"

namespace waltrack {

TEST(CrashInside, ALargeTransactionGoesOnWhereItWasDelivered) {
  constexpr int kRows = 30'000;
  PostgresServer server;
  Notes notes(server);
  TestReceiver receiver;
  receiver.control(R"({"delay_ms": 300})");
  RunSettings settings;
  settings.mappings = Notes::kMapping;
  settings.lanes = 2;
  TestRun run(server, receiver, settings);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());

  notes.write(kRows);
  const Lsn end = current_wal(server);
  ASSERT_TRUE(receiver.wait_for_known(kRows / 2));
  const Lsn before = run.confirmed();
  run.kill();
  const uint64_t delivered = receiver.known();
  ASSERT_LT(delivered, static_cast<uint64_t>(kRows)) << "the kill came too late to mean anything";
  EXPECT_TRUE(run.status().at("checkpoint").contains("within"));
  EXPECT_EQ(run.confirmed(), before) << "nothing inside a transaction can be confirmed";

  receiver.control(R"({"delay_ms": 0})");
  run.start();
  EXPECT_TRUE(receiver.wait_for_known(kRows));
  EXPECT_TRUE(run.wait_until_confirmed(end));
  EXPECT_EQ(count_of(run.log(), "resuming inside a transaction"), 1u);
  EXPECT_EQ(run.stop().code, 0);
  const nlohmann::json stats = receiver.stats();
  EXPECT_EQ(stats.at("conflicting"), 0);
  // What was in flight in two lanes comes again, not the transaction.
  EXPECT_LE(stats.at("duplicates"), 12'000);
  EXPECT_EQ(notes.expected().difference(lists_of(receiver.events())), "");
}

}  // namespace waltrack
