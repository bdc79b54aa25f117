#include "receiver/request_reader.hpp"

#include <gtest/gtest.h>

#include "receiver/segment_rules.hpp"
#include "support/fake_clock.hpp"

namespace waltrack {
namespace {

class RequestReaderTest : public testing::Test {
 protected:
  std::string read(std::string body, std::string_view single_type = {}) {
    body_ = std::move(body);
    return reader_.read(body_, single_type, kNoonUs, events_);
  }

  // The fate of a batch's one event: "" or the reason to drop it.
  std::string reason_of(const std::string& event) {
    EXPECT_EQ(read("{\"batch\":[" + event + "]}"), "");
    EXPECT_EQ(events_.size(), 1U);
    return std::string(events_.at(0).drop_reason);
  }

  uint64_t content_of(const std::string& event) {
    EXPECT_EQ(read("{\"batch\":[" + event + "]}"), "");
    return events_.at(0).content;
  }

  RequestReader reader_;
  std::string body_;
  std::vector<ReceivedEvent> events_;
};

std::string filled_event(size_t bytes) {
  const std::string before = R"({"type":"track","userId":"u","event":"E","properties":{"p":")";
  const std::string after = R"("}})";
  return before + std::string(bytes - before.size() - after.size(), 'x') + after;
}

}  // namespace

TEST_F(RequestReaderTest, EventIsReadFieldByFieldAndKeptAsItCame) {
  const std::string event =
      R"({"type":"track","messageId":"m-1","userId":"u \"1\"","anonymousId":"a","event":"Größe",)"
      R"("timestamp":"2026-11-23T11:59:00Z","properties":{"total": 1.50},"context":{"x":[1]}})";
  ASSERT_EQ(read("{ \"batch\" : [ " + event + " ] , \"sentAt\":\"2026-11-23T12:00:00Z\"}"), "");
  ASSERT_EQ(events_.size(), 1U);
  const ReceivedEvent& read = events_[0];
  EXPECT_EQ(read.fate, Fate::accepted);
  EXPECT_EQ(read.json, event);
  EXPECT_EQ(read.type, "track");
  EXPECT_EQ(read.message_id, "m-1");
  EXPECT_EQ(read.user_id, "u \"1\"");
  EXPECT_EQ(read.anonymous_id, "a");
  EXPECT_EQ(read.event, "Größe");
  EXPECT_EQ(read.payload, R"({"total": 1.50})");
  EXPECT_EQ(read.time_us, kNoonUs - 60'000'000);
}

TEST_F(RequestReaderTest, PayloadIsTraitsOrPropertiesAsTheTypeHasIt) {
  const std::string rest = R"(,"userId":"u","groupId":"g","traits":{"t":1},"properties":{"p":1}})";
  ASSERT_EQ(read(R"({"batch":[{"type":"identify")" + rest + R"(,{"type":"group")" + rest +
                 R"(,{"type":"page")" + rest + "]}"),
            "");
  EXPECT_EQ(events_.at(0).payload, R"({"t":1})");
  EXPECT_EQ(events_.at(1).payload, R"({"t":1})");
  EXPECT_EQ(events_.at(2).payload, R"({"p":1})");
}

TEST_F(RequestReaderTest, SentAtOfTheEventGoesBeforeTheBatchs) {
  ASSERT_EQ(read(R"({"sentAt":"2026-11-23T12:00:00Z","batch":[)"
                 R"({"type":"page","userId":"u","timestamp":"2026-11-23T12:00:00Z",)"
                 R"("sentAt":"2026-11-23T12:00:05Z"}]})"),
            "");
  EXPECT_EQ(events_.at(0).time_us, kNoonUs - 5'000'000);
}

TEST_F(RequestReaderTest, SingleCallHasTheTypeOfItsPath) {
  ASSERT_EQ(read(R"({"userId":"u","event":"Signed Up","type":"page"})", "track"), "");
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(events_[0].type, "track");
  EXPECT_EQ(events_[0].fate, Fate::accepted);
}

TEST_F(RequestReaderTest, WhatSegmentLosesIsDroppedWithItsReason) {
  EXPECT_EQ(reason_of(R"({"type":"track","userId":"u","event":"E"})"), "");
  EXPECT_EQ(reason_of(R"({"type":"identify","anonymousId":"a"})"), "");
  EXPECT_EQ(reason_of(R"({"type":"group","userId":"u","groupId":"g"})"), "");
  EXPECT_EQ(reason_of(R"({"type":"alias","userId":"u","previousId":"p"})"), "");
  EXPECT_EQ(reason_of(R"({"type":"screen","userId":"u"})"), "");

  EXPECT_EQ(reason_of(R"({"type":"identify"})"), "no_user");
  EXPECT_EQ(reason_of(R"({"type":"identify","userId":""})"), "no_user");
  EXPECT_EQ(reason_of(R"({"type":"identify","userId":17})"), "no_user");
  EXPECT_EQ(reason_of(R"({"type":"track","userId":"u"})"), "no_event_name");
  EXPECT_EQ(reason_of(R"({"type":"track","userId":"u","event":null})"), "no_event_name");
  EXPECT_EQ(reason_of(R"({"type":"group","userId":"u"})"), "no_group_id");
  EXPECT_EQ(reason_of(R"({"type":"alias","userId":"u"})"), "no_previous_id");
  EXPECT_EQ(reason_of(R"({"userId":"u"})"), "unknown_type");
  EXPECT_EQ(reason_of(R"({"type":"Track","userId":"u","event":"E"})"), "unknown_type");
  EXPECT_EQ(reason_of("17"), "not_an_object");
  EXPECT_EQ(reason_of("[{}]"), "not_an_object");
  for (const std::string& event : {reason_of(R"({"type":"x"})"), reason_of("1")}) {
    EXPECT_FALSE(explain_drop(event).empty());
  }
}

TEST_F(RequestReaderTest, MessageIdMayHaveNinetyNineCharacters) {
  std::string id;
  for (int i = 0; i < 99; ++i)
    id.append("ü");
  EXPECT_EQ(reason_of(R"({"type":"page","userId":"u","messageId":")" + id + "\"}"), "");
  EXPECT_EQ(reason_of(R"({"type":"page","userId":"u","messageId":")" + id + "x\"}"),
            "message_id_too_long");
}

TEST_F(RequestReaderTest, EventsPastTheTwoThousandFiveHundredthAreLost) {
  std::string body = R"({"batch":[)";
  for (int i = 0; i < 2'502; ++i) {
    if (i > 0) body.push_back(',');
    body.append(R"({"type":"page","userId":"u"})");
  }
  ASSERT_EQ(read(body + "]}"), "");
  ASSERT_EQ(events_.size(), 2'502U);
  EXPECT_EQ(events_[2'499].fate, Fate::accepted);
  EXPECT_EQ(events_[2'500].drop_reason, "surplus");
  EXPECT_EQ(events_[2'501].drop_reason, "surplus");
}

TEST_F(RequestReaderTest, EventOverItsLimitRefusesTheWhole) {
  EXPECT_EQ(read("{\"batch\":[" + filled_event(kMostEventBytes) + "]}"), "");
  EXPECT_NE(read("{\"batch\":[{}," + filled_event(kMostEventBytes + 1) + "]}").find("event 2"),
            std::string::npos);
  EXPECT_NE(read(filled_event(kMostEventBytes + 1), "track"), "");
}

TEST_F(RequestReaderTest, BodyOverItsLimitIsRefused) {
  const std::string least = R"({"batch":[]})";
  EXPECT_EQ(read(least + std::string(kMostRequestBytes - least.size(), ' ')), "");
  EXPECT_NE(read(least + std::string(kMostRequestBytes - least.size() + 1, ' ')), "");
}

TEST_F(RequestReaderTest, BrokenJsonAnywhereRefusesTheWhole) {
  for (const char* body :
       {"", " ", "{", "[]", "null", "\"x\"", "{}", R"({"batch":{}})", R"({"batch":[{]})",
        R"({"batch":[]} x)", R"({"batch":[{"type":"page","userId":"u","properties":{"a":,}}]})",
        R"({"batch":[{"type":"page","userId":"u","properties":{"a":01}}]})",
        R"({"batch":[{"type":"page","userId":"u","properties":{"a":tru}}]})",
        R"({"batch":[{"type":"page","userId":"u","properties":{"a":"\x"}}]})",
        "{\"batch\":[{\"type\":\"page\",\"userId\":\"\xFF\"}]}",
        "{\"batch\":[{\"type\":\"page\",\"userId\":\"a\nb\"}]}", R"({"batch":[],})"}) {
    EXPECT_NE(read(body), "") << body;
  }
}

TEST_F(RequestReaderTest, IntegersOfAnyLengthAreJson) {
  std::string event = R"({"type":"track","userId":"u","event":"E","properties":)"
                      R"({"n":123456789012345678901234567890,"m":-18446744073709551616}})";
  ASSERT_EQ(read("{\"batch\":[" + event + "]}"), "");
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(events_[0].fate, Fate::accepted);
  EXPECT_EQ(events_[0].json, event);
  ReceivedEvent stored;
  EXPECT_TRUE(reader_.read_stored(event, stored));
  for (const char* broken : {"01", "1e999", "123456789012345678901234567890x"}) {
    EXPECT_NE(read("{\"batch\":[{\"properties\":{\"n\":" + std::string(broken) + "}}]}"), "")
        << broken;
  }
}

TEST_F(RequestReaderTest, ContentIsTheSameWhateverTheOrderAndTheTimeOfSending) {
  const uint64_t content =
      content_of(R"({"type":"page","userId":"u","properties":{"a":1},"sentAt":"2026"})");
  EXPECT_EQ(content_of(R"({"properties":{"a":1},"userId":"u","type":"page","receivedAt":"x"})"),
            content);
  EXPECT_NE(content_of(R"({"type":"page","userId":"u","properties":{"a":2}})"), content);
  EXPECT_NE(content_of(R"({"type":"page","userId":"u","properties":{"b":1}})"), content);
  EXPECT_NE(content_of(R"({"type":"u","userId":"page","properties":{"a":1}})"), content);
}

TEST_F(RequestReaderTest, StoredEventIsReadBackWithTheSameContent) {
  const std::string event = R"({"type":"page","userId":"u","messageId":"m"})";
  const uint64_t content = content_of(event);
  std::string line = event;
  ReceivedEvent stored;
  ASSERT_TRUE(reader_.read_stored(line, stored));
  EXPECT_EQ(stored.message_id, "m");
  EXPECT_EQ(stored.content, content);
  for (std::string torn : {R"({"type":"pa)", "[]", "17"}) {
    EXPECT_FALSE(reader_.read_stored(torn, stored)) << torn;
  }
}

}  // namespace waltrack
