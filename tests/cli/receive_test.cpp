#include "cli/receive.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>

#include "base/error.hpp"
#include "base/wakeup.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

// The command on a thread of its own, its output on a pipe.
class RunningReceive {
 public:
  explicit RunningReceive(ReceiveOptions options) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    read_ = fdopen(ends[0], "r");
    write_ = fdopen(ends[1], "w");
    options.listen = "127.0.0.1:0";
    thread_ =
        std::thread([this, options] { exit_code_ = run_receive(options, stop_.fd(), write_); });
  }
  ~RunningReceive() {
    finish();
    std::fclose(read_);
    std::fclose(write_);
  }

  std::string line() {
    char* text = nullptr;
    size_t size = 0;
    const ssize_t length = getline(&text, &size, read_);
    std::string line(text, length > 0 ? static_cast<size_t>(length) - 1 : 0);
    std::free(text);
    return line;
  }

  int finish() {
    stop_.wake();
    if (thread_.joinable()) thread_.join();
    return exit_code_;
  }

 private:
  Wakeup stop_;
  std::FILE* read_ = nullptr;
  std::FILE* write_ = nullptr;
  int exit_code_ = -1;
  std::thread thread_;
};

int post(const std::string& url, const std::string& body) {
  httplib::Client client(url);
  client.set_basic_auth("key", "");
  const auto result = client.Post("/v1/batch", body, "application/json");
  return result ? result->status : -1;
}

constexpr const char* kBatch =
    R"({"batch":[{"type":"track","userId":"u-1","event":"Signed Up","messageId":"m"}]})";

}  // namespace

TEST(Receive, SaysWhereItListensShowsEventsAndSumsUp) {
  const TempDir folder;
  ReceiveOptions options;
  options.ndjson = folder / "events.ndjson";
  RunningReceive receive(options);
  const std::string listening = receive.line();
  const std::string begin = "listening on ";
  ASSERT_EQ(listening.substr(0, begin.size()), begin);
  EXPECT_EQ(post(listening.substr(begin.size()), kBatch), 200);
  EXPECT_NE(receive.line().find("track     u-1                   Signed Up"), std::string::npos);
  EXPECT_EQ(receive.finish(), 0);
  EXPECT_EQ(receive.line().substr(0, 34), "1 event in 1 request: 1 accepted, ");
  EXPECT_NE(read_file(options.ndjson).find("Signed Up"), std::string::npos);
}

TEST(Receive, QuietPrintsNoEvents) {
  ReceiveOptions options;
  options.quiet = true;
  RunningReceive receive(options);
  const std::string url = receive.line().substr(13);
  EXPECT_EQ(post(url, kBatch), 200);
  receive.finish();
  EXPECT_EQ(receive.line().substr(0, 7), "1 event");
}

TEST(Receive, JsonOutputIsAnObjectALine) {
  ReceiveOptions options;
  options.json = true;
  RunningReceive receive(options);
  const std::string url = nlohmann::json::parse(receive.line())["listening"];
  EXPECT_EQ(post(url, kBatch), 200);
  const nlohmann::json event = nlohmann::json::parse(receive.line());
  EXPECT_EQ(event["fate"], "accepted");
  EXPECT_EQ(event["event"]["event"], "Signed Up");
  receive.finish();
  EXPECT_EQ(nlohmann::json::parse(receive.line())["stats"]["accepted"], 1);
}

TEST(Receive, WrongOptionsAreErrorsWithAHint) {
  const Wakeup stop;
  ReceiveOptions options;
  options.listen = "nowhere";
  EXPECT_THROW(run_receive(options, stop.fd(), stdout), Error);
  options.listen = "127.0.0.1:0";
  options.ndjson = "/no/such/folder/events.ndjson";
  try {
    run_receive(options, stop.fd(), stdout);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_EQ(error.where(), options.ndjson);
    EXPECT_FALSE(error.hint().empty());
  }
}

}  // namespace waltrack
