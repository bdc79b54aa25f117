#include "receiver/receiver_stats.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace waltrack {

TEST(ReceiverStats, JsonHasEveryCount) {
  ReceiverStats stats;
  stats.requests = 2;
  stats.events = 3;
  stats.accepted = 1;
  count(stats.by_type, "track");
  count(stats.by_event, "Order \"X\"");
  count(stats.by_event, "Order \"X\"");
  const nlohmann::json json = nlohmann::json::parse(stats.json());
  EXPECT_EQ(json["requests"], 2);
  EXPECT_EQ(json["events"], 3);
  EXPECT_EQ(json["accepted"], 1);
  EXPECT_EQ(json["by_type"]["track"], 1);
  EXPECT_EQ(json["by_event"]["Order \"X\""], 2);
  for (const char* key :
       {"duplicates", "conflicting", "dropped", "rejected_requests", "failed_requests",
        "wire_bytes", "body_bytes", "known", "by_answer", "dropped_reasons"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
}

TEST(ReceiverStats, NamesWithoutEndEndInOneCount) {
  ReceiverStats::Counts counts;
  for (int i = 0; i < 5'000; ++i)
    count(counts, "Event " + std::to_string(i));
  count(counts, "Event 0");
  EXPECT_EQ(counts.size(), 1'001U);
  EXPECT_EQ(counts.at("(other)"), 4'000U);
  EXPECT_EQ(counts.at("Event 0"), 2U);
}

TEST(ReceiverStats, SummaryIsOneLine) {
  ReceiverStats stats;
  stats.requests = 1;
  stats.events = 4;
  stats.accepted = 2;
  stats.duplicates = 1;
  stats.dropped = 1;
  EXPECT_EQ(stats.summary(),
            "4 events in 1 request: 2 accepted, 1 duplicate, 0 conflicting, 1 that Segment would "
            "drop; 0 requests refused");
}

}  // namespace waltrack
