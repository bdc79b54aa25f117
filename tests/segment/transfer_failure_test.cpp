#include "segment/transfer_failure.hpp"

#include <cerrno>
#include <curl/curl.h>
#include <gtest/gtest.h>

namespace waltrack {
namespace {

constexpr std::string_view kPeer = "api.segment.io:443";

}  // namespace

TEST(TransferFailure, SystemErrorIsNamedInWords) {
  EXPECT_EQ(describe({CURLE_COULDNT_CONNECT, ECONNREFUSED,
                      "Failed to connect to api.segment.io port 443 after 0 ms", false},
                     kPeer),
            "could not connect to api.segment.io:443: connection refused");
  EXPECT_EQ(describe({CURLE_RECV_ERROR, ECONNRESET, "Recv failure", true}, kPeer),
            "the connection to api.segment.io:443 broke: connection reset by peer");
}

TEST(TransferFailure, ProxyThatCannotBeReachedIsNamed) {
  EXPECT_EQ(describe({CURLE_COULDNT_CONNECT, ECONNREFUSED,
                      "Failed to connect to proxy.corp port 3128 after 0 ms", false},
                     kPeer),
            "could not connect to api.segment.io:443: failed to connect to proxy.corp port 3128 "
            "after 0 ms");
}

TEST(TransferFailure, LibraryWordsServeWhereTheSystemSaysNothing) {
  EXPECT_EQ(describe({CURLE_PEER_FAILED_VERIFICATION, 0,
                      "SSL certificate problem: self-signed certificate", true},
                     kPeer),
            "the certificate of api.segment.io:443 is not to be trusted: SSL certificate problem: "
            "self-signed certificate");
  EXPECT_EQ(describe({CURLE_COULDNT_RESOLVE_HOST, 0, "", false}, kPeer),
            "could not find the address of api.segment.io:443: couldn't resolve host name");
}

TEST(TransferFailure, TimeoutSaysWhetherTheConnectionStood) {
  EXPECT_EQ(describe({CURLE_OPERATION_TIMEDOUT, 0, "Connection timed out", false}, kPeer),
            "connecting to api.segment.io:443 took too long");
  EXPECT_EQ(
      describe({CURLE_OPERATION_TIMEDOUT, 0, "Operation timed out after 60001 milliseconds", true},
               kPeer),
      "api.segment.io:443 did not answer in time: operation timed out after 60001 "
      "milliseconds");
}

TEST(TransferFailure, OneWordOfFewCountsIt) {
  EXPECT_EQ(failure_word(CURLE_COULDNT_RESOLVE_HOST), "dns");
  EXPECT_EQ(failure_word(CURLE_COULDNT_CONNECT), "connect");
  EXPECT_EQ(failure_word(CURLE_PEER_FAILED_VERIFICATION), "tls");
  EXPECT_EQ(failure_word(CURLE_OPERATION_TIMEDOUT), "timeout");
  EXPECT_EQ(failure_word(CURLE_GOT_NOTHING), "broken");
  EXPECT_EQ(failure_word(CURLE_OUT_OF_MEMORY), "other");
}

}  // namespace waltrack
