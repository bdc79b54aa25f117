#include "postgres/conninfo.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(ParseConninfo, WhatLibpqCantReadOrTakesApartElsewhereIsRefused) {
  for (const char* text :
       {"postgresql://tracker:100%secret@db/shop", "host=db secret", "postgres://u:pa@secret@h/db",
        "postgres://u:sec/ret@h/db", "postgres://u:p@se/cret@h/db"}) {
    EXPECT_FALSE(parse_conninfo(text)) << text;
    EXPECT_TRUE(holds_password(text)) << text;
  }
}

TEST(ParseConninfo, UrlsAndPairsAreTheSame) {
  const auto url = parse_conninfo("postgresql://tracker:s%40fe@db.example.com:5433/shop");
  EXPECT_EQ(url, parse_conninfo("host=db.example.com port=5433 user=tracker password=s@fe "
                                "dbname=shop"));
  EXPECT_TRUE(parse_conninfo("postgres://u@h/db?application_name=a@b"));
}

TEST(HoldsPassword, TellsWhereverItStands) {
  EXPECT_TRUE(holds_password("postgresql:///shop?password=secret&user=tracker"));
  EXPECT_TRUE(holds_password("host=db sslpassword=keyword"));
  EXPECT_FALSE(holds_password("postgres://tracker@db/shop?passfile=/run/pgpass"));
}

TEST(OnePerHost, EachHasItsHostAndPortAndTheRest) {
  const auto hosts = one_per_host(parse_conninfo("postgres://u@a:1,b:2/shop").value());
  ASSERT_EQ(hosts.size(), 2u);
  EXPECT_EQ(conninfo_text(hosts[0]), "dbname=shop host=a port=1 user=u");
  EXPECT_EQ(conninfo_text(hosts[1]), "dbname=shop host=b port=2 user=u");
  EXPECT_EQ(one_per_host(parse_conninfo("host=a,b port=5").value())[1].at("port"), "5");
  EXPECT_EQ(one_per_host(parse_conninfo("dbname=shop").value()).size(), 1u);
}

TEST(ConninfoText, IsReadAgainAsItWas) {
  const Conninfo odd = {{"password", "it's a \\ b"}, {"user", "o'h"}};
  EXPECT_EQ(parse_conninfo(conninfo_text(odd)), odd);
}

}  // namespace waltrack
