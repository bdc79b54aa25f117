#include "web/metrics_text.hpp"

#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace waltrack {
namespace {

RuleCount rule(std::string table, std::string id) {
  RuleCount rule;
  rule.table = std::move(table);
  rule.rule = std::move(id);
  rule.seen = 6;
  rule.matched = 2;
  rule.skipped = {1, 2, 0};
  rule.sent = 1;
  rule.dead = 1;
  return rule;
}

RunFigures full() {
  RunFigures figures;
  figures.taken_at_us = 100'000'000;
  figures.started_at_us = 40'500'000;
  figures.version = "1.2.3";
  figures.streaming = true;
  figures.rows = 12;
  figures.checkpoint = Lsn{0x10};
  figures.checkpoint_at_us = 90'000'000;
  figures.lag_bytes = 512;
  figures.lag_s = 1.5;
  figures.retained_wal_bytes = 16'777'216;
  figures.slot_headroom_bytes = 0;
  figures.dead_letter_room = 99;
  figures.requests = {{"accepted", "200", 3}, {"retry", "timeout", 1}};
  figures.request_times.counts = {1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  figures.request_times.sum_s = 45.25;
  figures.rules = {rule("public.orders", "track/Order Completed"),
                   rule("public.\"odd\\\n", "identify")};
  figures.backfills = {{"public.orders", "running", 77}};
  StageFigure& capture = figures.stages.emplace_back();
  capture.name = "capture";
  capture.stuck = true;
  StageFigure& delivery = figures.stages.emplace_back();
  delivery.name = "delivery";
  delivery.no_progress_from_us = 25'000'000;
  return figures;
}

// The samples by name and labels. Fails on whatever the text format does not allow.
std::map<std::string, std::string> parse(const std::string& text) {
  static const std::regex kComment(R"(# (HELP|TYPE) ([a-z_]+) (.+))");
  static const std::regex kSample(
      R"re(([a-z_]+)(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? (\S+))re");
  std::map<std::string, std::string> samples;
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
  std::set<std::string> closed;  // families that another one came after
  std::string current;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, kComment)) {
      const std::string name = match[2];
      const bool help = match[1] == "HELP";
      if (name != current) closed.insert(current);
      current = name;
      EXPECT_FALSE(closed.contains(name)) << line;
      EXPECT_TRUE(help ? helped.insert(name).second : types.emplace(name, match[3]).second) << line;
      continue;
    }
    EXPECT_TRUE(std::regex_match(line, match, kSample)) << line;
    std::string family = match[1];
    if (types[current] == "histogram") {
      family = std::regex_replace(family, std::regex("_(bucket|sum|count)$"), "");
    }
    EXPECT_EQ(family, current) << line;
    EXPECT_TRUE(helped.contains(family) && types.contains(family)) << line;
    EXPECT_TRUE(samples.emplace(line.substr(0, line.rfind(' ')), match[5]).second) << line;
  }
  for (const auto& [name, type] : types) {
    EXPECT_TRUE(name.starts_with("waltrack_")) << name;
    EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
  }
  return samples;
}

}  // namespace

TEST(MetricsText, IsInTheFormatAndHasEachFigure) {
  const auto samples = parse(metrics_text(full()));
  EXPECT_EQ(samples.at(R"(waltrack_info{version="1.2.3"})"), "1");
  EXPECT_EQ(samples.at("waltrack_start_time_seconds"), "40.5");
  EXPECT_EQ(samples.at("waltrack_streaming"), "1");
  EXPECT_EQ(samples.at("waltrack_rows_total"), "12");
  EXPECT_EQ(samples.at("waltrack_lag_bytes"), "512");
  EXPECT_EQ(samples.at("waltrack_lag_seconds"), "1.5");
  EXPECT_EQ(samples.at("waltrack_retained_wal_bytes"), "16777216");
  EXPECT_EQ(samples.at("waltrack_slot_headroom_bytes"), "0");
  EXPECT_EQ(samples.at("waltrack_dead_letter_room"), "99");
  EXPECT_EQ(samples.at(R"(waltrack_requests_total{result="retry",answer="timeout"})"), "1");
  EXPECT_EQ(samples.at(R"(waltrack_stage_stuck{stage="capture"})"), "1");
  EXPECT_EQ(samples.at(R"(waltrack_stage_stuck{stage="delivery"})"), "0");
  EXPECT_EQ(samples.at(R"(waltrack_stage_no_progress_seconds{stage="delivery"})"), "75");
  EXPECT_EQ(samples.at(R"(waltrack_backfill_rows{table="public.orders",phase="running"})"), "77");
}

TEST(MetricsText, ARuleHasItsFiveCounts) {
  const auto samples = parse(metrics_text(full()));
  const std::string labels = R"(table="public.orders",rule="track/Order Completed")";
  EXPECT_EQ(samples.at("waltrack_rule_seen_total{" + labels + "}"), "6");
  EXPECT_EQ(samples.at("waltrack_rule_matched_total{" + labels + "}"), "2");
  EXPECT_EQ(samples.at("waltrack_rule_skipped_total{" + labels + R"(,reason="other_change"})"),
            "1");
  EXPECT_EQ(samples.at("waltrack_rule_skipped_total{" + labels + R"(,reason="when"})"), "2");
  EXPECT_EQ(samples.at("waltrack_rule_skipped_total{" + labels + R"(,reason="same_output"})"), "0");
  EXPECT_EQ(samples.at("waltrack_rule_sent_total{" + labels + "}"), "1");
  EXPECT_EQ(samples.at("waltrack_rule_dead_total{" + labels + "}"), "1");
}

TEST(MetricsText, OddNamesAreEscaped) {
  const auto samples = parse(metrics_text(full()));
  EXPECT_EQ(samples.at(R"(waltrack_rule_seen_total{table="public.\"odd\\\n",rule="identify"})"),
            "6");
}

TEST(MetricsText, TheHistogramCountsUpToEachBound) {
  const auto samples = parse(metrics_text(full()));
  const auto below = [&](const char* bound) {
    return samples.at("waltrack_request_duration_seconds_bucket{le=\"" + std::string(bound) +
                      "\"}");
  };
  EXPECT_EQ(below("0.005"), "1");
  EXPECT_EQ(below("0.01"), "3");
  EXPECT_EQ(below("30"), "3");
  EXPECT_EQ(below("+Inf"), "4");
  EXPECT_EQ(samples.at("waltrack_request_duration_seconds_count"), "4");
  EXPECT_EQ(samples.at("waltrack_request_duration_seconds_sum"), "45.25");
}

TEST(MetricsText, WhatIsNotKnownIsLeftOut) {
  const auto samples = parse(metrics_text(RunFigures()));
  EXPECT_EQ(samples.at("waltrack_streaming"), "0");
  for (const char* name :
       {"waltrack_lag_bytes", "waltrack_retained_wal_bytes", "waltrack_slot_headroom_bytes",
        "waltrack_checkpoint_time_seconds", "waltrack_dead_letter_room"}) {
    EXPECT_FALSE(samples.contains(name)) << name;
  }
}

}  // namespace waltrack
