#include "receiver/failure_switch.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace waltrack {

using namespace std::chrono_literals;

TEST(FailureSwitch, ReadsEveryKey) {
  const FailureSwitch read = parse_failure_switch(
      R"({"answer": 503, "count": 3, "retry_after": 2, "take": true, "delay_ms": 40,
          "poison": "bad apple", "poison_answer": 413,
          "random": {"seed": 7, "answers": {"429": 0.1, "500": 0.2}, "reset": 0.05,
                     "stall": 0.01, "stall_ms": 900, "take": 0.25}})");
  EXPECT_EQ(read.answer, 503);
  EXPECT_EQ(read.count, 3);
  EXPECT_EQ(read.retry_after, 2);
  EXPECT_TRUE(read.take);
  EXPECT_EQ(read.delay, 40ms);
  EXPECT_EQ(read.poison, "bad apple");
  EXPECT_EQ(read.poison_answer, 413);
  ASSERT_TRUE(read.random);
  EXPECT_EQ(read.random->seed, 7U);
  EXPECT_EQ(read.random->answers, (std::map<int, double>{{429, 0.1}, {500, 0.2}}));
  EXPECT_EQ(read.random->reset, 0.05);
  EXPECT_EQ(read.random->stall, 0.01);
  EXPECT_EQ(read.random->stall_for, 900ms);
  EXPECT_EQ(read.random->take, 0.25);
}

TEST(FailureSwitch, NothingAskedForIsNoFailure) {
  const FailureSwitch read = parse_failure_switch("{}");
  EXPECT_EQ(read.answer, 200);
  EXPECT_FALSE(read.random);
  EXPECT_EQ(read.poison, "");
}

TEST(FailureSwitch, WhatItDoesNotKnowIsAUsageError) {
  for (const char* body : {
           R"([])",
           R"({"poison": ""})",
           R"({"poison": 5})",
           R"({"poison_answer": 200})",
           R"({"random": 5})",
           R"({"random": {"sed": 7}})",
           R"({"random": {"answers": [429]}})",
           R"({"random": {"answers": {"200": 0.1}}})",
           R"({"random": {"answers": {"4x9": 0.1}}})",
           R"({"random": {"answers": {"429": 1.1}}})",
           R"({"random": {"answers": {"429": 0.6, "500": 0.3}, "reset": 0.2}})",
           R"({"random": {"stall_ms": -1}})",
           R"({"random": {"take": "yes"}})",
       }) {
    try {
      parse_failure_switch(body);
      ADD_FAILURE() << body;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << body;
    }
  }
}

}  // namespace waltrack
