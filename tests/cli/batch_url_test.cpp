#include "cli/batch_url.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

TEST(BatchUrl, HttpsToAnyHostIsFine) {
  for (const std::string_view url :
       {"https://api.segment.io/v1/batch", "https://host", "https://host:8443/x?y=z",
        "https://[2001:db8::1]:443/v1/batch"}) {
    const auto check = check_batch_url(url);
    EXPECT_EQ(check.fault, "") << url;
    EXPECT_FALSE(check.sends_key_in_clear) << url;
  }
}

TEST(BatchUrl, PlainHttpIsFineOnlyOnThisMachine) {
  for (const std::string_view url : {"http://127.0.0.1:8088/v1/batch", "http://localhost/v1/batch",
                                     "http://[::1]:9/v1/batch", "http://x.localhost"}) {
    EXPECT_EQ(check_batch_url(url).fault, "") << url;
    EXPECT_FALSE(check_batch_url(url).sends_key_in_clear) << url;
  }
  for (const std::string_view url :
       {"http://10.0.0.1/v1/batch", "http://127.evil.example/v1", "http://localhost.example/"}) {
    EXPECT_EQ(check_batch_url(url).fault, "") << url;
    EXPECT_TRUE(check_batch_url(url).sends_key_in_clear) << url;
  }
}

TEST(BatchUrl, WhatCannotBeCalledIsAFault) {
  for (const std::string_view url :
       {"", "host/v1/batch", "ftp://host", "https://", "https:///v1", "https://:80/x",
        "https://h:0/", "https://h:99999/", "https://h:x/", "https://h:/", "https://user:pass@h/",
        "https://h/#x", "https://h /x", "https://h/\n", "https://[::1/x", "https://h\xC3\xA4/"}) {
    EXPECT_NE(check_batch_url(url).fault, "") << url;
  }
}

}  // namespace
}  // namespace waltrack
