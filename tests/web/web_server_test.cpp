#include "web/web_server.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include "base/error.hpp"

namespace waltrack {
namespace {

RunFigures working() {
  RunFigures figures;
  figures.streaming = true;
  figures.delivery = "delivering";
  figures.rows = 42;
  return figures;
}

class WebServerTest : public testing::Test {
 protected:
  void serve(const std::string& token = {}) {
    server_ = std::make_unique<WebServer>(
        WebSettings{.host = "127.0.0.1", .port = 0, .token = token}, [this] { return figures_; });
  }
  httplib::Result get(const std::string& path, const std::string& token = {}) {
    httplib::Headers headers;
    if (!token.empty()) headers.emplace("Authorization", "Bearer " + token);
    return httplib::Client(server_->url()).Get(path, headers);
  }

  RunFigures figures_ = working();
  std::unique_ptr<WebServer> server_;
};

}  // namespace

TEST_F(WebServerTest, ServesHealthAndMetrics) {
  serve();
  EXPECT_EQ(get("/healthz")->status, 200);
  EXPECT_EQ(get("/healthz")->body, "live\n");
  EXPECT_EQ(get("/readyz")->body, "ready\n");
  const auto metrics = get("/metrics");
  EXPECT_EQ(metrics->status, 200);
  EXPECT_EQ(metrics->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(metrics->body.find("\nwaltrack_rows_total 42\n"), std::string::npos);
}

TEST_F(WebServerTest, WhatIsWrongIsA503WithItsReason) {
  serve();
  figures_.streaming = false;
  figures_.problem = "the server is away";
  EXPECT_EQ(get("/readyz")->status, 503);
  EXPECT_EQ(get("/readyz")->body, "not ready: not streaming\nthe server is away\n");
  EXPECT_EQ(get("/healthz")->status, 200);
  StageFigure& stage = figures_.stages.emplace_back();
  stage.name = "state";
  stage.stuck = true;
  EXPECT_EQ(get("/healthz")->status, 503);
  EXPECT_NE(get("/healthz")->body.find("state hangs"), std::string::npos);
}

TEST_F(WebServerTest, HeadIsAnsweredWithoutABody) {
  serve();
  const auto answer = httplib::Client(server_->url()).Head("/metrics");
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
  EXPECT_NE(answer->get_header_value("Content-Length"), "0");
}

TEST_F(WebServerTest, NothingElseIsThere) {
  serve();
  for (const char* path : {"/", "/metrics/", "/healthz/x", "/../etc/passwd", "/stats"})
    EXPECT_EQ(get(path)->status, 404) << path;
  EXPECT_EQ(get("/metrics?x=1")->status, 200);
}

TEST_F(WebServerTest, OnlyGetIsAnswered) {
  serve();
  httplib::Client client(server_->url());
  EXPECT_EQ(client.Post("/metrics", "{}", "application/json")->status, 405);
  EXPECT_EQ(client.Put("/healthz", "{}", "application/json")->status, 405);
  EXPECT_EQ(client.Delete("/readyz")->get_header_value("Allow"), "GET, HEAD");
}

TEST_F(WebServerTest, MetricsAreForWhoShowsTheToken) {
  serve("s3cret-token");
  for (const char* wrong : {"", "s3cret-tokem", "s3cret"}) {
    const auto answer = get("/metrics", wrong);
    EXPECT_EQ(answer->status, 401) << wrong;
    EXPECT_EQ(answer->get_header_value("WWW-Authenticate"), "Bearer");
    EXPECT_EQ(answer->body.find("waltrack_"), std::string::npos);
    EXPECT_EQ(answer->body.find("s3cret"), std::string::npos);
    EXPECT_EQ(get("/elsewhere", wrong)->status, 401) << wrong;
  }
  EXPECT_EQ(get("/metrics", "s3cret-token")->status, 200);
  EXPECT_EQ(get("/elsewhere", "s3cret-token")->status, 404);
}

TEST_F(WebServerTest, ProbesNeedNoTokenAndLearnNoReason) {
  serve("s3cret-token");
  figures_.streaming = false;
  figures_.problem = "postgres at 10.0.0.5:5432 refused";
  EXPECT_EQ(get("/healthz")->status, 200);
  EXPECT_EQ(get("/readyz")->status, 503);
  EXPECT_EQ(get("/readyz")->body, "not ready: not streaming\n");
  EXPECT_EQ(get("/readyz", "s3cret-token")->body,
            "not ready: not streaming\npostgres at 10.0.0.5:5432 refused\n");
}

TEST_F(WebServerTest, AnAddressInUseIsToldWithWhatToDo) {
  serve();
  const int port = std::stoi(server_->url().substr(server_->url().rfind(':') + 1));
  try {
    WebServer second({.host = "127.0.0.1", .port = port, .token = "s3cret-token"},
                     [] { return RunFigures(); });
    FAIL() << "two servers share a port";
  } catch (const Error& error) {
    EXPECT_NE(error.describe().find("could not listen"), std::string::npos) << error.describe();
    EXPECT_FALSE(error.hint().empty());
    EXPECT_EQ(error.describe().find("s3cret"), std::string::npos);
  }
}

TEST_F(WebServerTest, ItEndsAlthoughAClientStaysConnected) {
  serve();
  httplib::Client client(server_->url());
  client.set_keep_alive(true);
  ASSERT_EQ(client.Get("/healthz")->status, 200);
  // An idle connection would hold it for two minutes, longer than a test may take.
  server_.reset();
  EXPECT_FALSE(client.Get("/healthz"));
}

}  // namespace waltrack
