#include "postgres/replication_stream.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <string>
#include <sys/socket.h>

#include "base/wakeup.hpp"
#include "support/postgres_server.hpp"
#include "support/self_signed.hpp"
#include "support/tcp_proxy.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

// A slot's stream that nothing but rows wakes.
class ReplicationStreamTest : public testing::Test {
 protected:
  ReplicationStreamTest()
      : server_([] {
          PostgresOptions options;
          options.settings = {{"wal_sender_timeout", "0"}, {"autovacuum", "off"}};
          return options;
        }()) {
    server_.exec("CREATE TABLE notes (note text)");
    server_.exec("ALTER TABLE notes ALTER note SET STORAGE EXTERNAL");  // as large as it looks
    server_.exec("SELECT pg_create_logical_replication_slot('s', 'test_decoding')");
  }

  ReplicationStream open(const std::string& sslmode) {
    ReplicationStream stream(
        PgConnection::open(server_.conninfo() + " sslmode=" + sslmode, PgMode::replication), "s",
        {}, {{"include-xids", "0"}});
    const int bytes = 64 * 1024;  // fewer than pile up
    EXPECT_EQ(setsockopt(PQsocket(stream.connection().raw()), SOL_SOCKET, SO_RCVBUF, &bytes,
                         sizeof bytes),
              0);
    // The server sends keepalives after each commit to one that has not written all of it.
    EXPECT_TRUE(stream.send_status(Lsn{uint64_t{1} << 62}, {}, false));
    return stream;
  }

  void insert(int rows, int bytes) {
    server_.exec("INSERT INTO notes SELECT repeat('x', " + std::to_string(bytes) +
                 ") FROM generate_series(1, " + std::to_string(rows) + ")");
  }

  // A wait that sees nothing of what is there already lasts longer than all of it may.
  void expect_commit(ReplicationStream& stream) {
    const auto end = std::chrono::steady_clock::now() + 50s;
    for (;;) {
      ReplicationMessage message;
      if (!stream.read(message)) {
        stream.wait(wakeup_.fd(), 60s, true);
        ASSERT_LT(std::chrono::steady_clock::now(), end);
      } else if (message.payload.starts_with("COMMIT")) {
        return;
      }
    }
  }

  void expect_rows_of_all_sizes(ReplicationStream& stream) {
    for (int row = 0; row < 60; ++row) {
      insert(3, 1 + row * 1500);
      expect_commit(stream);
    }
  }

  // More than the sockets hold.
  void expect_rows_that_piled_up(ReplicationStream& stream) {
    for (int more = 0; more < 3; ++more) {
      insert(12'000, 1000 + more);
      ASSERT_TRUE(wait_until(
          [&] {
            return server_.value(
                       "SELECT count(*) FROM pg_stat_activity WHERE wait_event = "
                       "'WalSenderWriteData'") == "1";
          },
          20s));
      expect_commit(stream);
    }
  }

  SelfSigned self_signed_;
  PostgresServer server_;
  Wakeup wakeup_;
};

}  // namespace

TEST_F(ReplicationStreamTest, RowsOfAllSizesArriveAsSoonAsTheyAreThere) {
  ReplicationStream stream = open("disable");
  expect_rows_that_piled_up(stream);  // first: large rows make libpq's buffer large
  expect_rows_of_all_sizes(stream);
}

TEST_F(ReplicationStreamTest, SoTheyDoThroughTls) {
  server_.offer_tls(self_signed_);
  ReplicationStream stream = open("require");
  expect_rows_that_piled_up(stream);  // first: large rows make libpq's buffer large
  expect_rows_of_all_sizes(stream);
}

// OpenSSL has a part of a record then, and nothing more to give.
TEST_F(ReplicationStreamTest, WhileARecordIsNotWholeItWaits) {
  server_.offer_tls(self_signed_);
  TcpProxy proxy(server_.port());
  ReplicationStream stream = open("require port=" + std::to_string(proxy.port()));
  insert(1, 10);
  expect_commit(stream);
  proxy.set({.bytes_per_s = 10'000});  // some 200 at once
  insert(1, 8000);
  int waits = 0;
  for (ReplicationMessage message; !message.payload.starts_with("COMMIT");) {
    if (stream.read(message)) continue;
    ++waits;
    stream.wait(wakeup_.fd(), 60s, true);
  }
  EXPECT_GT(waits, 5);
}

TEST_F(ReplicationStreamTest, WhyTheStreamEndsIsToldBehindAllThatCameThroughTls) {
  server_.offer_tls(self_signed_);
  ReplicationStream stream = open("require");
  insert(200, 100);
  expect_commit(stream);
  insert(200, 100);
  bool committed = false;
  server_.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
  try {
    for (ReplicationMessage message;;) {
      if (!stream.read(message)) {
        stream.wait(wakeup_.fd(), 60s, true);
      } else if (message.payload.starts_with("COMMIT")) {
        committed = true;
      }
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::transient);
    EXPECT_NE(std::string(error.what()).find("terminating connection due to administrator command"),
              std::string::npos)
        << error.what();
  }
  EXPECT_TRUE(committed);
}

}  // namespace waltrack
