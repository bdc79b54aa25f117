#include "receiver/receiver.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <httplib.h>
#include <libdeflate.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "receiver/segment_rules.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

std::string gzip(const std::string& plain) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(1);
  std::string packed(libdeflate_gzip_compress_bound(compressor, plain.size()), '\0');
  packed.resize(libdeflate_gzip_compress(compressor, plain.data(), plain.size(), packed.data(),
                                         packed.size()));
  libdeflate_free_compressor(compressor);
  return packed;
}

std::string page(const std::string& message_id, const std::string& more = "") {
  return R"({"type":"page","userId":"u","messageId":")" + message_id + "\"" + more + "}";
}

std::string batch(const std::string& events) {
  return R"({"batch":[)" + events + "]}";
}

class Observer final : public ReceiverObserver {
 public:
  void events(std::span<const ReceivedEvent> events) override {
    for (const ReceivedEvent& event : events) {
      seen.push_back(std::string(fate_name(event.fate)) + " " + std::string(event.message_id));
    }
  }
  void rejected(int status, std::string_view) override { refused.push_back(status); }

  std::vector<std::string> seen;
  std::vector<int> refused;
};

class ReceiverTest : public testing::Test {
 protected:
  Receiver& start(const ReceiverSettings& settings = {}) {
    receiver_ = std::make_unique<Receiver>(settings, clock_, &observer_);
    client_ = std::make_unique<httplib::Client>("127.0.0.1", receiver_->port());
    client_->set_basic_auth("key", "");
    client_->set_keep_alive(true);
    client_->set_tcp_nodelay(true);
    return *receiver_;
  }

  int post(const std::string& body, const std::string& path = "/v1/batch") {
    const auto result = client_->Post(path, body, "application/json");
    return result ? result->status : -1;
  }

  const FakeClock clock_{kNoonUs};
  Observer observer_;
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<httplib::Client> client_;
};

}  // namespace

TEST_F(ReceiverTest, BatchIsTakenPlainAndCompressed) {
  const Receiver& receiver = start();
  EXPECT_EQ(receiver.batch_url(),
            "http://127.0.0.1:" + std::to_string(receiver.port()) + "/v1/batch");
  EXPECT_EQ(post(batch(page("a"))), 200);
  const std::string plain =
      batch(page("b", R"(,"properties":{"x":")" + std::string(5000, 'x') + "\"}"));
  const std::string packed = gzip(plain);
  const auto result =
      client_->Post("/v1/batch", {{"Content-Encoding", "gzip"}}, packed, "application/json");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(nlohmann::json::parse(result->body)["success"], true);
  EXPECT_EQ(observer_.seen, (std::vector<std::string>{"accepted a", "accepted b"}));
  const ReceiverStats stats = receiver.stats();
  EXPECT_EQ(stats.wire_bytes, batch(page("a")).size() + packed.size());
  EXPECT_EQ(stats.body_bytes, batch(page("a")).size() + plain.size());
}

TEST_F(ReceiverTest, EverySingleCallHasItsPath) {
  const Receiver& receiver = start();
  const std::string body = R"({"userId":"u","event":"E","groupId":"g","previousId":"p"})";
  for (const char* type : {"identify", "track", "page", "screen", "group", "alias"}) {
    EXPECT_EQ(post(body, std::string("/v1/") + type), 200);
    EXPECT_EQ(receiver.stats().by_type.at(type), 1U);
  }
  EXPECT_EQ(post(batch(page("a")), "/v1/import"), 200);
  EXPECT_EQ(post(body, "/v1/nonsense"), 404);
  EXPECT_EQ(post(batch(page("b")), "/batch"), 404);
  EXPECT_EQ(receiver.stats().accepted, 7U);
}

TEST_F(ReceiverTest, RequestWithoutAWriteKeyIsRefused) {
  const Receiver& receiver = start();
  client_->set_basic_auth("", "");
  EXPECT_EQ(post(batch(page("a"))), 401);
  httplib::Client nobody("127.0.0.1", receiver.port());
  EXPECT_EQ(nobody.Post("/v1/batch", batch(page("a")), "application/json")->status, 401);
  EXPECT_EQ(receiver.stats().rejected_requests, 2U);
  EXPECT_EQ(receiver.stats().events, 0U);
  EXPECT_EQ(observer_.refused, (std::vector<int>{401, 401}));
}

TEST_F(ReceiverTest, OnlyTheDemandedWriteKeyIsLetIn) {
  ReceiverSettings settings;
  settings.write_key = "secret";
  start(settings);
  EXPECT_EQ(post(batch(page("a"))), 401);
  client_->set_basic_auth("secret", "");
  EXPECT_EQ(post(batch(page("a"))), 200);
}

TEST_F(ReceiverTest, WhatSegmentRefusesIsRefusedAndNothingOfItTaken) {
  const Receiver& receiver = start();
  EXPECT_EQ(post("{"), 400);
  EXPECT_EQ(post(std::string(kMostRequestBytes + 1, ' ')), 400);
  EXPECT_EQ(post(std::string(20 * kMostRequestBytes, ' ')), 400);
  EXPECT_EQ(post(batch(page("a") + "," +
                       page("b", R"(,"x":")" + std::string(kMostEventBytes, 'x') + "\""))),
            400);
  const auto garbled =
      client_->Post("/v1/batch", {{"Content-Encoding", "gzip"}}, "no gzip", "application/json");
  ASSERT_TRUE(garbled);
  EXPECT_EQ(garbled->status, 400);
  EXPECT_EQ(receiver.stats().rejected_requests, 5U);
  EXPECT_EQ(post(batch(page("a"))), 200);
  EXPECT_EQ(observer_.seen, std::vector<std::string>{"accepted a"});
}

TEST_F(ReceiverTest, WhatSegmentLosesIsAnsweredWellAndCounted) {
  const Receiver& receiver = start();
  EXPECT_EQ(post(batch(page("a") + R"(,{"type":"track","userId":"u"},{"type":"page"})")), 200);
  const ReceiverStats stats = receiver.stats();
  EXPECT_EQ(stats.events, 3U);
  EXPECT_EQ(stats.accepted, 1U);
  EXPECT_EQ(stats.dropped, 2U);
  EXPECT_EQ(stats.dropped_reasons.at("no_event_name"), 1U);
  EXPECT_EQ(stats.dropped_reasons.at("no_user"), 1U);
}

TEST_F(ReceiverTest, RepeatedMessageIdsAreToldFromConflictingOnes) {
  const Receiver& receiver = start();
  EXPECT_EQ(post(batch(page("a") + "," + page("a"))), 200);
  EXPECT_EQ(post(batch(page("a", R"(,"sentAt":"2026-11-23T12:00:00Z")"))), 200);
  EXPECT_EQ(post(batch(page("a", R"(,"properties":{"other":1})"))), 200);
  EXPECT_EQ(observer_.seen, (std::vector<std::string>{"accepted a", "duplicate a", "duplicate a",
                                                      "conflicting a"}));
  const ReceiverStats stats = receiver.stats();
  EXPECT_EQ(stats.accepted, 1U);
  EXPECT_EQ(stats.duplicates, 2U);
  EXPECT_EQ(stats.conflicting, 1U);
  EXPECT_EQ(stats.events, 4U);
}

TEST_F(ReceiverTest, EventsWithoutAMessageIdAreAllTaken) {
  const Receiver& receiver = start();
  const std::string event = R"({"type":"page","userId":"u"})";
  EXPECT_EQ(post(batch(event + "," + event)), 200);
  EXPECT_EQ(receiver.stats().accepted, 2U);
}

TEST_F(ReceiverTest, FirstSeenEventsStandInTheFileAsTheyCame) {
  const TempDir folder;
  ReceiverSettings settings;
  settings.ndjson = folder / "events.ndjson";
  start(settings);
  EXPECT_EQ(post(batch(page("a", R"(, "n": 1.50)") + "," + page("b") + "," +
                       page("a", R"(, "n": 1.50)") + R"(,{"type":"page"})")),
            200);
  EXPECT_EQ(read_file(settings.ndjson), page("a", R"(, "n": 1.50)") + "\n" + page("b") + "\n");
  EXPECT_EQ(post("{\"batch\":[{\n\"type\":\"page\",\r\n\"userId\": \"u v\"\n}]}"), 200);
  EXPECT_EQ(read_file(settings.ndjson), page("a", R"(, "n": 1.50)") + "\n" + page("b") + "\n" +
                                            R"({"type":"page","userId":"u v"})" + "\n");
}

TEST_F(ReceiverTest, DuplicatesAreKnownOverARestart) {
  const TempDir folder;
  ReceiverSettings settings;
  settings.ndjson = folder / "events.ndjson";
  start(settings);
  EXPECT_EQ(post(batch(page("a") + "," + page("b"))), 200);
  client_.reset();
  receiver_.reset();
  observer_.seen.clear();

  const Receiver& receiver = start(settings);
  EXPECT_EQ(receiver.stats().known, 2U);
  EXPECT_EQ(post(batch(page("a") + "," + page("b", R"(,"x":1)") + "," + page("c"))), 200);
  EXPECT_EQ(observer_.seen,
            (std::vector<std::string>{"duplicate a", "conflicting b", "accepted c"}));
  EXPECT_EQ(read_file(settings.ndjson), page("a") + "\n" + page("b") + "\n" + page("c") + "\n");
}

TEST_F(ReceiverTest, StatsAndHealthAreServed) {
  start();
  EXPECT_EQ(post(R"({"userId":"u","event":"Signed Up"})", "/v1/track"), 200);
  const auto health = client_->Get("/healthz");
  ASSERT_TRUE(health);
  EXPECT_EQ(health->status, 200);
  const auto stats = client_->Get("/stats");
  ASSERT_TRUE(stats);
  const nlohmann::json json = nlohmann::json::parse(stats->body);
  EXPECT_EQ(json["accepted"], 1);
  EXPECT_EQ(json["by_event"]["Signed Up"], 1);
}

TEST_F(ReceiverTest, FailuresComeAsAskedFor) {
  ReceiverSettings settings;
  settings.control = true;
  const Receiver& receiver = start(settings);
  EXPECT_EQ(post(R"({"answer":429,"count":2,"retry_after":3})", "/control"), 200);
  const auto first = client_->Post("/v1/batch", batch(page("a")), "application/json");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 429);
  EXPECT_EQ(first->get_header_value("Retry-After"), "3");
  EXPECT_EQ(post(batch(page("a"))), 429);
  EXPECT_EQ(post(batch(page("a"))), 200);
  EXPECT_EQ(receiver.stats().failed_requests, 2U);
  EXPECT_EQ(observer_.seen, std::vector<std::string>{"accepted a"});

  EXPECT_EQ(post(R"({"answer":503})", "/control"), 200);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(post(batch(page("b"))), 503);
  EXPECT_EQ(post("{}", "/control"), 200);
  EXPECT_EQ(post(batch(page("b"))), 200);
}

TEST_F(ReceiverTest, AnswerMayBelieTheEventsThatWereTaken) {
  ReceiverSettings settings;
  settings.control = true;
  start(settings);
  EXPECT_EQ(post(R"({"answer":500,"count":1,"take":true})", "/control"), 200);
  EXPECT_EQ(post(batch(page("a"))), 500);
  EXPECT_EQ(post(batch(page("a"))), 200);
  EXPECT_EQ(observer_.seen, (std::vector<std::string>{"accepted a", "duplicate a"}));
}

TEST_F(ReceiverTest, AResetComesInsteadOfTheAnswer) {
  ReceiverSettings settings;
  settings.control = true;
  const Receiver& receiver = start(settings);
  EXPECT_EQ(post(R"({"random":{"reset":1,"take":1}})", "/control"), 200);
  EXPECT_EQ(post(batch(page("a"))), -1);
  EXPECT_EQ(post(R"({"random":{"reset":1,"take":0}})", "/control"), 200);
  EXPECT_EQ(post(batch(page("b"))), -1);
  EXPECT_EQ(post("{}", "/control"), 200);
  EXPECT_EQ(post(batch(page("a") + "," + page("b"))), 200);
  EXPECT_EQ(observer_.seen, (std::vector<std::string>{"accepted a", "duplicate a", "accepted b"}));
  EXPECT_EQ(receiver.stats().failed_requests, 2U);
}

TEST_F(ReceiverTest, NothingOfAPoisonedBatchIsTaken) {
  ReceiverSettings settings;
  settings.control = true;
  start(settings);
  EXPECT_EQ(post(R"({"poison":"bad apple"})", "/control"), 200);
  const std::string apple = page("b", R"(,"properties":{"fruit":"bad apple"})");
  EXPECT_EQ(post(batch(page("a") + "," + apple + "," + page("c"))), 400);
  EXPECT_EQ(post(batch(page("a"))), 200);
  EXPECT_EQ(post(batch(apple)), 400);
  EXPECT_EQ(post("{}", "/control"), 200);
  EXPECT_EQ(post(batch(apple)), 200);
  EXPECT_EQ(observer_.seen, (std::vector<std::string>{"accepted a", "accepted b"}));
}

TEST_F(ReceiverTest, EveryRequestIsCountedOnceByItsAnswer) {
  ReceiverSettings settings;
  settings.control = true;
  const Receiver& receiver = start(settings);
  EXPECT_EQ(post(batch(page("a"))), 200);
  EXPECT_EQ(post("{"), 400);
  client_->set_basic_auth("", "");
  EXPECT_EQ(post(batch(page("a"))), 401);
  client_->set_basic_auth("key", "");
  EXPECT_EQ(post(R"({"answer":500,"count":2,"take":true})", "/control"), 200);
  EXPECT_EQ(post(batch(page("b"))), 500);
  EXPECT_EQ(post(batch(page("b"))), 500);
  EXPECT_EQ(post(R"({"random":{"reset":1}})", "/control"), 200);
  EXPECT_EQ(post(batch(page("c"))), -1);
  const ReceiverStats stats = receiver.stats();
  EXPECT_EQ(stats.by_answer,
            (ReceiverStats::Counts{{"200", 1}, {"400", 1}, {"401", 1}, {"500", 2}, {"reset", 1}}));
  EXPECT_EQ(stats.requests, 6U);
  EXPECT_EQ(stats.rejected_requests, 2U);
  EXPECT_EQ(stats.failed_requests, 3U);
}

TEST_F(ReceiverTest, ControlIsOfferedOnlyWhenAskedForAndRefusesWhatItDoesNotKnow) {
  start();
  EXPECT_EQ(post("{}", "/control"), 404);
  client_.reset();
  ReceiverSettings settings;
  settings.control = true;
  start(settings);
  for (const char* body : {"", "[]", R"({"anwser":503})", R"({"answer":"503"})", R"({"answer":99})",
                           R"({"count":-1})", R"({"delay_ms":1e99})", R"({"take":1})"}) {
    EXPECT_EQ(post(body, "/control"), 400) << body;
  }
  EXPECT_EQ(post(batch(page("a"))), 200);
}

TEST_F(ReceiverTest, StopDoesNotWaitForConnectionsThatStayOpen) {
  Receiver& receiver = start();
  EXPECT_EQ(post(batch(page("a"))), 200);
  const auto begin = std::chrono::steady_clock::now();
  receiver.stop();
  receiver.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
  EXPECT_EQ(receiver.stats().accepted, 1U);
}

TEST_F(ReceiverTest, StopDoesNotWaitForADelayAndStillAnswers) {
  Receiver& receiver = start();
  FailureSwitch slow;
  slow.delay = std::chrono::minutes(10);
  receiver.set_failure(slow);
  client_->set_read_timeout(30);
  int status = 0;
  std::thread sender([&] { status = post(batch(page("a"))); });
  EXPECT_TRUE(wait_until([&] { return receiver.stats().accepted == 1; }));
  receiver.stop();
  sender.join();
  EXPECT_EQ(status, 200);
}

TEST_F(ReceiverTest, ManyConnectionsAreServedAtOnce) {
  const Receiver& receiver = start();
  constexpr int kConnections = 100;
  constexpr int kRequests = 5;
  std::vector<std::thread> senders;
  std::atomic<int> taken = 0;
  for (int i = 0; i < kConnections; ++i) {
    senders.emplace_back([&, i] {
      httplib::Client client("127.0.0.1", receiver.port());
      client.set_basic_auth("key", "");
      client.set_keep_alive(true);
      client.set_read_timeout(60);
      for (int k = 0; k < kRequests; ++k) {
        const std::string id = std::to_string(i) + "-" + std::to_string(k);
        const auto result =
            client.Post("/v1/batch", batch(page(id) + "," + page("shared")), "application/json");
        if (result && result->status == 200) ++taken;
      }
    });
  }
  for (std::thread& sender : senders)
    sender.join();
  EXPECT_EQ(taken, kConnections * kRequests);
  EXPECT_EQ(receiver.stats().accepted, kConnections * kRequests + 1U);
  EXPECT_EQ(receiver.stats().duplicates, kConnections * kRequests - 1U);
}

TEST_F(ReceiverTest, SecondReceiverOnAPortIsRefusedWithTheReason) {
  ReceiverSettings settings;
  settings.port = start().port();
  try {
    const Receiver second(settings, clock_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_EQ(error.where(), "127.0.0.1:" + std::to_string(settings.port));
    EXPECT_NE(std::string(error.what()).find("in use"), std::string::npos) << error.what();
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST_F(ReceiverTest, PortIsFreeAgainAfterStop) {
  ReceiverSettings settings;
  settings.port = start().port();
  EXPECT_EQ(post(batch(page("a"))), 200);
  receiver_->stop();
  start(settings);
  EXPECT_EQ(post(batch(page("b"))), 200);
}

TEST_F(ReceiverTest, HostThatIsNotOursIsRefused) {
  ReceiverSettings settings;
  settings.host = "192.0.2.1";  // RFC 5737: nobody's
  EXPECT_THROW(Receiver(settings, clock_), Error);
  settings.host = "no.such.host.invalid";
  EXPECT_THROW(Receiver(settings, clock_), Error);
}

TEST_F(ReceiverTest, EventsThatTheDiskDidNotTakeAreNewWhenTheyComeAgain) {
  const TempDir folder;
  ReceiverSettings settings;
  settings.ndjson = folder / "events.ndjson";
  const Receiver& receiver = start(settings);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit none{0, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &none);
  const int while_full = post(batch(page("a")));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(while_full, 500);
  EXPECT_EQ(receiver.stats().events, 0U);
  EXPECT_EQ(post(batch(page("a"))), 200);
  EXPECT_EQ(observer_.seen, std::vector<std::string>{"accepted a"});
}

}  // namespace waltrack
