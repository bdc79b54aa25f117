#include "receiver/listen_address.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace waltrack {

TEST(ListenAddress, HostAndPortAreTakenApart) {
  EXPECT_EQ(ListenAddress::parse("127.0.0.1:8091").host, "127.0.0.1");
  EXPECT_EQ(ListenAddress::parse("127.0.0.1:8091").port, 8091);
  EXPECT_EQ(ListenAddress::parse("localhost:0").port, 0);
  EXPECT_EQ(ListenAddress::parse("[::1]:65535").host, "::1");
}

TEST(ListenAddress, AnythingElseIsAUsageErrorWithAnExample) {
  for (const char* text : {"", "8091", ":8091", "localhost", "localhost:", "localhost:x", "::1:80",
                           "localhost:65536", "localhost:-1", "localhost:80x"}) {
    try {
      ListenAddress::parse(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_NE(error.hint().find("127.0.0.1:8080"), std::string::npos);
    }
  }
}

}  // namespace waltrack
