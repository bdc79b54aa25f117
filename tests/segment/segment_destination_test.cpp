#include "segment/segment_destination.hpp"

#include <condition_variable>
#include <gtest/gtest.h>
#include <set>
#include <sys/socket.h>

#include "base/error.hpp"
#include "segment/http_server.hpp"
#include "support/fake_clock.hpp"
#include "support/self_signed.hpp"

namespace waltrack {
namespace {

using std::chrono::milliseconds;
using Verdict = Outcome::Verdict;

class SegmentDestinationTest : public testing::Test {
 protected:
  static SegmentSettings settings(const std::string& url, size_t lanes = 1) {
    SegmentSettings settings;
    settings.url = url;
    settings.write_key = "key-1";
    settings.lanes = lanes;
    return settings;
  }

  static std::vector<Outcome> collect(Destination& destination, size_t count) {
    std::vector<Outcome> outcomes;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (outcomes.size() < count && std::chrono::steady_clock::now() < deadline) {
      destination.wait(milliseconds(1'000), outcomes);
    }
    EXPECT_EQ(outcomes.size(), count);
    outcomes.resize(count);
    return outcomes;
  }

  static Outcome send_one(Destination& destination, std::string_view events = "{}") {
    destination.send(0, events);
    return collect(destination, 1).front();
  }

  Outcome outcome_of(const GivenAnswer& answer) {
    const HttpServer server([&](const SeenRequest&) { return answer; });
    SegmentDestination destination(settings(server.url()), clock_);
    return send_one(destination);
  }

  FakeClock clock_{kNoonUs};
};

void drain(int connection) {
  char buffer[4096];
  while (recv(connection, buffer, sizeof(buffer), 0) > 0) {
  }
}

void receive_some(int connection) {
  char buffer[65536];
  if (recv(connection, buffer, sizeof(buffer), 0) < 0) return;
}

void answer(int connection, std::string_view text) {
  receive_some(connection);
  send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace

TEST_F(SegmentDestinationTest, BatchArrivesExactlyAndAuthenticated) {
  const HttpServer server;
  SegmentDestination destination(settings(server.url()), clock_);
  const Outcome outcome = send_one(destination, R"({"a":"ü"},{"b":2})");
  EXPECT_EQ(outcome.verdict, Verdict::accepted);
  EXPECT_EQ(outcome.lane, 0U);

  ASSERT_EQ(server.requests().size(), 1U);
  const SeenRequest request = server.requests()[0];
  EXPECT_EQ(request.body,
            R"({"batch":[{"a":"ü"},{"b":2}],"sentAt":"2026-11-23T12:00:00.000000Z"})");
  EXPECT_EQ(request.authorization, "Basic a2V5LTE6");  // "key-1:"
  EXPECT_EQ(request.content_encoding, "gzip");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.user_agent, "waltrack/" WALTRACK_VERSION);
  EXPECT_EQ(request.version, "HTTP/1.1");
}

TEST_F(SegmentDestinationTest, AReceiverOnThisMachineIsNotAskedOfAProxy) {
  const HttpServer server;
  setenv("http_proxy", "http://127.0.0.1:1", 1);  // nobody listens there
  SegmentDestination destination(settings(server.url()), clock_);
  const Outcome outcome = send_one(destination);
  unsetenv("http_proxy");
  EXPECT_EQ(outcome.verdict, Verdict::accepted) << outcome.reason;
}

TEST_F(SegmentDestinationTest, EventsNeedNotOutliveSend) {
  const HttpServer server;
  SegmentDestination destination(settings(server.url()), clock_);
  {
    std::string events = R"({"kept":true})";
    destination.send(0, events);
    events.assign(events.size(), 'x');
  }
  collect(destination, 1);
  EXPECT_NE(server.requests().at(0).body.find(R"({"kept":true})"), std::string::npos);
}

TEST_F(SegmentDestinationTest, OneConnectionCarriesManyBatches) {
  const HttpServer server;
  SegmentDestination destination(settings(server.url()), clock_);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(send_one(destination).verdict, Verdict::accepted);
  std::set<int> connections;
  for (const SeenRequest& request : server.requests())
    connections.insert(request.remote_port);
  EXPECT_EQ(server.requests().size(), 50U);
  EXPECT_EQ(connections.size(), 1U);
}

TEST_F(SegmentDestinationTest, SlowLaneHoldsUpNoOther) {
  std::mutex m;
  std::condition_variable released;
  bool release = false;
  const HttpServer server([&](const SeenRequest& request) {
    std::unique_lock lock(m);
    if (request.body.find("slow") != std::string::npos)
      released.wait(lock, [&] { return release; });
    return GivenAnswer{};
  });
  SegmentDestination destination(settings(server.url(), 2), clock_);
  destination.send(0, R"({"slow":1})");
  for (int i = 0; i < 5; ++i) {
    destination.send(1, R"({"fast":1})");
    EXPECT_EQ(collect(destination, 1).front().lane, 1U);
  }
  {
    const std::lock_guard lock(m);
    release = true;
  }
  released.notify_all();
  EXPECT_EQ(collect(destination, 1).front().lane, 0U);
}

TEST_F(SegmentDestinationTest, EveryAttemptHasItsOwnSentAt) {
  const HttpServer server;
  SegmentDestination destination(settings(server.url()), clock_);
  send_one(destination);
  clock_.advance(std::chrono::seconds(2));
  send_one(destination);
  EXPECT_EQ(server.requests().at(0).body,
            R"({"batch":[{}],"sentAt":"2026-11-23T12:00:00.000000Z"})");
  EXPECT_EQ(server.requests().at(1).body,
            R"({"batch":[{}],"sentAt":"2026-11-23T12:00:02.000000Z"})");
}

TEST_F(SegmentDestinationTest, TooManyRequestsIsRetriedWhenTold) {
  Outcome outcome = outcome_of({429, "", {{"Retry-After", "3"}}});
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_EQ(outcome.retry_after, milliseconds(3'000));
  outcome = outcome_of({429, "", {{"retry-after", "Mon, 23 Nov 2026 12:00:05 GMT"}}});
  EXPECT_EQ(outcome.retry_after, milliseconds(5'000));
  outcome = outcome_of({429, "", {{"X-RateLimit-Reset", "8"}}});
  EXPECT_EQ(outcome.retry_after, milliseconds(8'000));
}

TEST_F(SegmentDestinationTest, RetryAfterOfOneAnswerDoesNotStickToTheNext) {
  int count = 0;
  const HttpServer server([&](const SeenRequest&) {
    return ++count == 1 ? GivenAnswer{429, "", {{"Retry-After", "3"}}} : GivenAnswer{503, "", {}};
  });
  SegmentDestination destination(settings(server.url()), clock_);
  EXPECT_TRUE(send_one(destination).retry_after.has_value());
  EXPECT_FALSE(send_one(destination).retry_after.has_value());
}

TEST_F(SegmentDestinationTest, ServerFaultIsRetriedAndRefusalHeld) {
  EXPECT_EQ(outcome_of({500, "oops", {}}).verdict, Verdict::retry);
  const Outcome refused = outcome_of({401, "", {}});
  EXPECT_EQ(refused.verdict, Verdict::hold);
  EXPECT_EQ(refused.reason, "HTTP 401");
  EXPECT_FALSE(refused.hint.empty());
}

TEST_F(SegmentDestinationTest, WriteKeyThatAnAnswerRepeatsIsLeftOut) {
  const Outcome outcome = outcome_of({403, "no such key: key-1!", {}});
  EXPECT_EQ(outcome.said, "no such key: ***!");
}

TEST_F(SegmentDestinationTest, RedirectIsNotFollowed) {
  const HttpServer target;
  const HttpServer server([&](const SeenRequest&) {
    return GivenAnswer{307, "", {{"Location", target.url()}}};
  });
  SegmentDestination destination(settings(server.url()), clock_);
  const Outcome outcome = send_one(destination);
  EXPECT_EQ(outcome.verdict, Verdict::hold);
  EXPECT_EQ(outcome.reason, "HTTP 307");
  EXPECT_TRUE(target.requests().empty());
}

TEST_F(SegmentDestinationTest, ClosedPortIsNamedInTheReason) {
  const std::string address = "127.0.0.1:" + std::to_string(closed_port());
  SegmentDestination destination(settings("http://" + address + "/v1/batch"), clock_);
  const Outcome outcome = send_one(destination);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_EQ(outcome.reason, "could not connect to " + address + ": connection refused");
}

TEST_F(SegmentDestinationTest, ConnectionThatBreaksIsRetried) {
  const RawServer resetting([](int connection) {
    receive_some(connection);
    const linger at_once{1, 0};  // close() sends a reset
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  });
  SegmentDestination to_resetting(settings(resetting.url()), clock_);
  Outcome outcome = send_one(to_resetting);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_NE(outcome.reason.find("connection reset by peer"), std::string::npos) << outcome.reason;

  const RawServer silent([](int connection) { receive_some(connection); });
  SegmentDestination to_silent(settings(silent.url()), clock_);
  outcome = send_one(to_silent);
  EXPECT_EQ(outcome.verdict, Verdict::retry);

  const RawServer cut([](int connection) {
    answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  SegmentDestination to_cut(settings(cut.url()), clock_);
  outcome = send_one(to_cut);
  EXPECT_EQ(outcome.verdict, Verdict::retry) << outcome.reason;
}

TEST_F(SegmentDestinationTest, AnswerThatIsNoHttpIsRetriedAndSaidSo) {
  const RawServer server([](int connection) { answer(connection, "SSH-2.0-OpenSSH_9.2\r\n"); });
  SegmentDestination destination(settings(server.url()), clock_);
  const Outcome outcome = send_one(destination);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_NE(outcome.reason.find("does not answer in HTTP"), std::string::npos) << outcome.reason;
}

TEST_F(SegmentDestinationTest, ServerThatNeverAnswersEndsInATimeout) {
  const RawServer server([](int connection) { drain(connection); });
  SegmentSettings impatient = settings(server.url());
  impatient.total_timeout = milliseconds(200);
  SegmentDestination destination(impatient, clock_);
  const Outcome outcome = send_one(destination);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_NE(outcome.reason.find("did not answer in time"), std::string::npos) << outcome.reason;
}

// Each byte is a sign of life, and yet it never ends.
TEST_F(SegmentDestinationTest, AnAnswerThatTricklesEndsInATimeout) {
  const RawServer server([](int connection) {
    receive_some(connection);
    const std::string start = "HTTP/1.1 200 OK\r\nX-Slow: ";
    if (send(connection, start.data(), start.size(), MSG_NOSIGNAL) < 0) return;
    while (send(connection, "x", 1, MSG_NOSIGNAL) == 1)
      std::this_thread::sleep_for(milliseconds(10));
  });
  SegmentSettings impatient = settings(server.url());
  impatient.total_timeout = milliseconds(300);
  SegmentDestination destination(impatient, clock_);
  const Outcome outcome = send_one(destination);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_NE(outcome.reason.find("did not answer in time"), std::string::npos) << outcome.reason;
}

TEST_F(SegmentDestinationTest, ANameWithoutAnAddressIsRetriedAndNamed) {
  SegmentDestination destination(settings("http://receiver.invalid/v1/batch"), clock_);
  const Outcome outcome = send_one(destination);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_NE(outcome.reason.find("could not find the address of receiver.invalid:80"),
            std::string::npos)
      << outcome.reason;
}

TEST_F(SegmentDestinationTest, StalledConnectionIsGivenUpBeforeTheTotalTime) {
  const RawServer server([](int connection) { drain(connection); });
  SegmentSettings impatient = settings(server.url());
  impatient.stall_timeout = std::chrono::seconds(1);
  SegmentDestination destination(impatient, clock_);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(send_one(destination).verdict, Verdict::retry);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

TEST_F(SegmentDestinationTest, LaneWorksAgainAfterAFailure) {
  int count = 0;
  const RawServer server([&](int connection) {
    if (++count == 1) {
      receive_some(connection);
      return;
    }
    answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    drain(connection);
  });
  SegmentDestination destination(settings(server.url()), clock_);
  EXPECT_EQ(send_one(destination).verdict, Verdict::retry);
  EXPECT_EQ(send_one(destination).verdict, Verdict::accepted);
}

TEST_F(SegmentDestinationTest, HugeAnswerIsReadButNotKept) {
  const Outcome outcome = outcome_of({400, std::string(3'000'000, 'x'), {}});
  EXPECT_EQ(outcome.said, std::string(200, 'x') + "…");
  EXPECT_EQ(outcome_of({200, std::string(3'000'000, 'x'), {}}).verdict, Verdict::accepted);
}

TEST_F(SegmentDestinationTest, WakeEndsAWait) {
  const HttpServer server;
  SegmentDestination destination(settings(server.url()), clock_);
  std::vector<Outcome> outcomes;
  const auto begin = std::chrono::steady_clock::now();
  std::thread waker([&] { destination.wake(); });
  destination.wait(std::chrono::minutes(10), outcomes);
  waker.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(SegmentDestinationTest, WaitWithNothingInFlightEndsInTime) {
  const HttpServer server;
  SegmentDestination destination(settings(server.url()), clock_);
  std::vector<Outcome> outcomes;
  const auto begin = std::chrono::steady_clock::now();
  destination.wait(milliseconds(50), outcomes);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(50));
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(SegmentDestinationTest, InFlightBatchDoesNotHoldUpTheEnd) {
  const RawServer server([](int connection) { drain(connection); });
  SegmentDestination destination(settings(server.url()), clock_);
  destination.send(0, "{}");
  std::vector<Outcome> outcomes;
  destination.wait(milliseconds(20), outcomes);
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(SegmentDestinationTest, SecondBatchInABusyLaneIsABug) {
  const RawServer server([](int connection) { drain(connection); });
  SegmentDestination destination(settings(server.url()), clock_);
  destination.send(0, "{}");
  EXPECT_THROW(destination.send(0, "{}"), std::logic_error);
}

TEST_F(SegmentDestinationTest, AddressThatIsNoneIsAUsageErrorWithoutTheAddress) {
  for (const char* url :
       {"", "api.segment.io:x/v1", "ftp://user:pw@host/", "http://", "/v1/batch"}) {
    try {
      const SegmentDestination destination(settings(url), clock_);
      FAIL() << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_EQ(error.where(), "destination.url");
      EXPECT_EQ(error.describe().find("pw"), std::string::npos);
    }
  }
}

TEST_F(SegmentDestinationTest, CertificateThatNobodyVouchesForIsRefused) {
  const SelfSigned certificate;
  const HttpServer::Tls tls{certificate.certificate_file(), certificate.key_file()};
  const HttpServer server({}, &tls);
  SegmentDestination destination(settings(server.url()), clock_);
  const Outcome outcome = send_one(destination);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_NE(outcome.reason.find("the certificate of 127.0.0.1:"), std::string::npos)
      << outcome.reason;
  EXPECT_NE(outcome.reason.find("self-signed"), std::string::npos) << outcome.reason;
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(SegmentDestinationTest, CertificateOfAGivenAuthorityIsAcceptedForItsOwnNameOnly) {
  const SelfSigned certificate;
  const HttpServer::Tls tls{certificate.certificate_file(), certificate.key_file()};
  const HttpServer server({}, &tls);
  SegmentSettings trusting = settings(server.url());
  trusting.ca_file = certificate.certificate_file();
  {
    SegmentDestination destination(trusting, clock_);
    const Outcome outcome = send_one(destination);
    EXPECT_EQ(outcome.verdict, Verdict::accepted) << outcome.reason;
  }
  trusting.url = "https://localhost:" + std::to_string(server.port()) + "/v1/batch";
  SegmentDestination by_other_name(trusting, clock_);
  const Outcome outcome = send_one(by_other_name);
  EXPECT_EQ(outcome.verdict, Verdict::retry);
  EXPECT_NE(outcome.reason.find("is not to be trusted"), std::string::npos) << outcome.reason;
}

}  // namespace waltrack
