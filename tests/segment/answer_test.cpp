#include "segment/answer.hpp"

#include <gtest/gtest.h>

#include "support/fake_clock.hpp"

namespace waltrack {
namespace {

using std::chrono::milliseconds;
using Verdict = Outcome::Verdict;

Outcome judge_status(int status, std::string_view body = {}) {
  Answer answer;
  answer.status = status;
  answer.body = body;
  return judge(answer, kNoonUs);
}

std::optional<milliseconds> wait_asked(std::string_view retry_after, std::string_view reset = {}) {
  Answer answer;
  answer.status = 429;
  answer.retry_after = retry_after;
  answer.rate_limit_reset = reset;
  return judge(answer, kNoonUs).retry_after;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// The whole policy: each status that HTTP can bring, 100 to 599.
TEST(Answer, EveryStatusHasItsVerdict) {
  for (int status = 100; status < 600; ++status) {
    Verdict expected = Verdict::hold;
    if (status >= 200 && status < 300) expected = Verdict::accepted;
    if (status == 400 || status == 413) expected = Verdict::refused;
    if (status == 408 || status == 429 || status >= 500) expected = Verdict::retry;
    EXPECT_EQ(judge_status(status).verdict, expected) << status;
  }
}

TEST(Answer, ReasonNamesTheStatus) {
  EXPECT_EQ(judge_status(200).reason, "HTTP 200");
  EXPECT_EQ(judge_status(503, "<html>down</html>").reason, "HTTP 503");
  EXPECT_EQ(judge_status(401).reason, "HTTP 401");
  EXPECT_EQ(judge_status(401).answer, "401");
}

TEST(Answer, NoAnswerIsRetriedWithItsReason) {
  Answer answer;
  answer.failure = "could not connect to 127.0.0.1:1: connection refused";
  const Outcome outcome = judge(answer, kNoonUs);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_EQ(outcome.reason, "could not connect to 127.0.0.1:1: connection refused");
  EXPECT_FALSE(outcome.retry_after.has_value());
}

TEST(Answer, EveryHoldHasAHint) {
  for (const int status : {301, 400, 401, 402, 403, 404, 405, 410, 413, 415, 418, 422}) {
    EXPECT_FALSE(judge_status(status).hint.empty()) << status;
  }
  EXPECT_TRUE(contains(judge_status(401).hint, "write_key"));
  EXPECT_TRUE(contains(judge_status(401).hint, "region"));
  EXPECT_TRUE(contains(judge_status(307).hint, "final address"));
  EXPECT_TRUE(contains(judge_status(404).hint, "destination.url"));
}

TEST(Answer, RefusalQuotesTheStartOfTheBodyOnOneLine) {
  EXPECT_EQ(judge_status(400, "{\"message\":\n\t\"too \x1b[31mbig\"}\r\n").said,
            "{\"message\": \"too [31mbig\"}");
  const Outcome outcome = judge_status(413, std::string(5'000, 'x'));
  EXPECT_EQ(outcome.said, std::string(200, 'x') + "…");
  EXPECT_EQ(outcome.reason, "HTTP 413") << "what is logged repeats no event";
}

TEST(Answer, QuotedBodyIsCutBetweenCharacters) {
  std::string umlauts;
  for (int i = 0; i < 300; ++i)
    umlauts.append("ü");
  EXPECT_EQ(judge_status(400, umlauts).said, umlauts.substr(0, 400) + "…");
  EXPECT_EQ(judge_status(400,
                         "a\xC2\x9B"
                         "b")
                .said,
            "a b");
}

TEST(Answer, SuccessThatItsBodyDeniesIsARefusal) {
  EXPECT_EQ(judge_status(200, R"({"ok":false,"errors":["bad key"]})").verdict, Verdict::refused);
  EXPECT_EQ(judge_status(200, R"({ "success" : false })").verdict, Verdict::refused);
  EXPECT_EQ(judge_status(200, R"({"ok":false,"errors":["cut he)").verdict, Verdict::refused);
  EXPECT_TRUE(contains(judge_status(200, R"({"ok":false,"errors":["bad key"]})").said, "bad key"));
}

TEST(Answer, SuccessWithAnyOtherBodyIsAccepted) {
  for (const std::string_view body :
       {R"({"success": true})", "OK", "", R"({"ok":true,"retried":false})", "[false]", "false",
        R"({"ok":"false"})", "\xFF\xFE garbage false"}) {
    EXPECT_EQ(judge_status(200, body).verdict, Verdict::accepted) << body;
  }
}

TEST(Answer, RetryAfterTakesSecondsAndDates) {
  EXPECT_EQ(wait_asked("7"), milliseconds(7'000));
  EXPECT_EQ(wait_asked(" 7\r\n"), milliseconds(7'000));
  EXPECT_EQ(wait_asked("0"), milliseconds(0));
  EXPECT_EQ(wait_asked("Mon, 23 Nov 2026 12:01:30 GMT"), milliseconds(90'000));
  EXPECT_EQ(wait_asked("Monday, 23-Nov-26 12:01:30 GMT"), milliseconds(90'000));
}

TEST(Answer, RetryAfterIsNeverNegativeAndNeverAboveAnHour) {
  constexpr milliseconds kHour(3'600'000);
  EXPECT_EQ(wait_asked("-5"), milliseconds(0));
  EXPECT_EQ(wait_asked("Mon, 23 Nov 2020 12:00:00 GMT"), milliseconds(0));
  EXPECT_EQ(wait_asked("86400"), kHour);
  EXPECT_EQ(wait_asked("99999999999999999999999999"), kHour);
  EXPECT_EQ(wait_asked("-99999999999999999999999999"), milliseconds(0));
  EXPECT_EQ(wait_asked("Tue, 24 Nov 2026 12:00:00 GMT"), kHour);
}

TEST(Answer, RateLimitResetIsTheSecondChoice) {
  EXPECT_EQ(wait_asked("", "4"), milliseconds(4'000));
  EXPECT_EQ(wait_asked("soon", "4"), milliseconds(4'000));
  EXPECT_EQ(wait_asked("9", "4"), milliseconds(9'000));
  EXPECT_EQ(wait_asked("", std::to_string(kNoonUs / 1'000'000 + 12)), milliseconds(12'000));
  EXPECT_EQ(wait_asked("soon", "later"), std::nullopt);
  EXPECT_EQ(wait_asked(""), std::nullopt);
}

TEST(Answer, OnlyRetriesAskForAWait) {
  Answer answer;
  answer.retry_after = "5";
  answer.status = 200;
  EXPECT_FALSE(judge(answer, kNoonUs).retry_after.has_value());
  answer.status = 401;
  EXPECT_FALSE(judge(answer, kNoonUs).retry_after.has_value());
  answer.status = 503;
  EXPECT_EQ(judge(answer, kNoonUs).retry_after, milliseconds(5'000));
}

}  // namespace waltrack
