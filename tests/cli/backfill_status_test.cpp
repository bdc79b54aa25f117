#include "cli/backfill_status.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace waltrack {
namespace {

constexpr int64_t kNowUs = 1'700'000'000'000'000;
constexpr int64_t kHourUs = int64_t{3'600} * 1'000'000;

BackfillProgress backfill(BackfillPhase phase, int64_t finished_at_us = 0) {
  BackfillProgress progress;
  progress.table.name = "users";
  progress.phase = phase;
  progress.finished_at_us = finished_at_us;
  return progress;
}

size_t lines_of(const BackfillProgress& progress) {
  StateStatus status;
  status.backfills = {progress};
  return backfill_lines(status, kNowUs).size();
}

TEST(BackfillStatus, WhatIsLongOverIsNotToldAnyMore) {
  EXPECT_EQ(lines_of(backfill(BackfillPhase::done, kNowUs - kHourUs)), 1u);
  EXPECT_EQ(lines_of(backfill(BackfillPhase::done, kNowUs - 25 * kHourUs)), 0u);
  EXPECT_EQ(lines_of(backfill(BackfillPhase::cancelled, kNowUs - 25 * kHourUs)), 0u);
}

TEST(BackfillStatus, WhatWaitsForAPersonIsToldForGood) {
  EXPECT_EQ(lines_of(backfill(BackfillPhase::failed, kNowUs - 1000 * kHourUs)), 1u);
  EXPECT_EQ(lines_of(backfill(BackfillPhase::paused)), 1u);
}

TEST(BackfillStatus, ARequestThatWaitsHasALine) {
  StateStatus status;
  state::PendingRequest& pending = status.backfill_requests.emplace_back();
  pending.request.table.name = "orders";
  pending.request.where = "a > 1";
  pending.requested_at_us = kNowUs - 5'000'000;
  EXPECT_EQ(
      backfill_lines(status, kNowUs),
      std::vector<std::string>{"public.orders: start asked 5 s ago, waits for a run; where a > 1"});
}

TEST(BackfillStatus, ProgramsGetAllFigures) {
  BackfillProgress progress = backfill(BackfillPhase::running);
  progress.reason = "r";
  progress.caveat = "c";
  progress.where = "w";
  progress.rows_per_s = 9;
  progress.initial = true;
  progress.started_at_us = kNowUs;
  progress.rows = 25;
  progress.row_estimate = 100;
  progress.bytes = 7;
  progress.rate = 5;
  progress.leaf = TableName{"public", "users_2"};
  progress.leaves_done = {{"public", "users_1"}};
  EXPECT_EQ(backfills_json({progress}).dump(),
            R"([{"table":"public.users","phase":"running","reason":"r","caveat":"c","where":"w",)"
            R"("rows_per_s":9,"initial":true,"started_at":"2023-11-14T22:13:20.000000Z",)"
            R"("finished_at":null,"rows":25,"row_estimate":100,"percent":null,"bytes":7,"rate":5,)"
            R"("seconds_left":null,"leaf":"public.users_2","leaves_done":["public.users_1"]}])");
  progress.reason.clear();
  progress.where.clear();
  EXPECT_EQ(backfills_json({progress})[0]["percent"], 25);
  EXPECT_EQ(backfills_json({progress})[0]["seconds_left"], 15);
}

TEST(BackfillStatus, WhatNobodyKnowsIsNull) {
  const auto json = backfills_json({backfill(BackfillPhase::running)})[0];
  for (const char* key : {"row_estimate", "percent", "seconds_left", "started_at", "leaf"})
    EXPECT_TRUE(json[key].is_null()) << key;
}

// Keys are rows' values.
TEST(BackfillStatus, NoKeyIsTold) {
  BackfillProgress progress = backfill(BackfillPhase::running);
  progress.cursor = RowKey{"hush"};
  progress.last = RowKey{"hush"};
  EXPECT_EQ(backfills_json({progress}).dump().find("hush"), std::string::npos);
}

TEST(BackfillStatus, ProgramsGetRequestsWithTheirNumbers) {
  state::PendingRequest pending;
  pending.request.number = 7;
  pending.request.action = BackfillRequest::Action::cancel;
  pending.request.table.name = "users";
  pending.requested_at_us = kNowUs;
  EXPECT_EQ(requests_json({pending}).dump(),
            R"([{"number":7,"action":"cancel","table":"public.users","where":"","rows_per_s":0,)"
            R"("requested_at":"2023-11-14T22:13:20.000000Z"}])");
}

}  // namespace
}  // namespace waltrack
