#include <gtest/gtest.h>
#include <string>

#include "postgres/decoded_text.hpp"
#include "postgres/fake_catalog.hpp"
#include "postgres/pgoutput_decoder.hpp"
#include "postgres/pgoutput_message.hpp"
#include "postgres/wal2json_decoder.hpp"
#include "support/allocation_count.hpp"

namespace waltrack {
namespace {

using M = PgoutputMessage;

// The allocations of decoding the messages again and again, once they have been seen.
size_t steady_allocations(Decoder& decoder, const std::vector<StreamMessage>& messages) {
  decoded(decoder, messages);
  StreamItem item;
  const size_t before = allocation_count();
  for (int i = 0; i < 1000; ++i) {
    for (const auto& [lsn, message] : messages) {
      decoder.feed(message, lsn);
      while (decoder.next(item)) {
      }
    }
  }
  return allocation_count() - before;
}

TEST(DecoderAllocation, TheCounterCounts) {
  const size_t before = allocation_count();
  const auto text = std::make_unique<std::string>(1000, 'x');
  EXPECT_EQ(allocation_count() - before, 2U) << text->size();
}

TEST(DecoderAllocation, Wal2jsonRowsAllocateNothing) {
  const std::string place = R"("lsn":"0/50","schema":"public","table":)";
  const std::string users =
      place +
      R"("users","columns":[{"name":"id","typeoid":20,"value":7},{"name":"email","typeoid":25,"value":"ann@example.com"},{"name":"note","typeoid":25,"value":"said \"hi\"\n😀"},{"name":"active","typeoid":16,"value":true}])";
  const std::string orders =
      place +
      R"("orders with a long name","columns":[{"name":"id","typeoid":20,"value":9},{"name":"total","typeoid":1700,"value":19.90}])";
  FakeCatalog catalog;
  const std::string prefixes[] = {"shop"};
  Wal2jsonDecoder decoder(catalog, prefixes);
  EXPECT_EQ(
      steady_allocations(
          decoder,
          {{Lsn{1},
            R"({"action":"B","xid":1,"timestamp":"2026-11-23 14:38:32.42211+00","lsn":"0/60"})"},
           {Lsn{1}, R"({"action":"I",)" + users + "}"},
           {Lsn{1}, R"({"action":"I",)" + orders + "}"},
           {Lsn{1},
            R"({"action":"U",)" + users + R"(,"identity":[{"name":"id","typeoid":20,"value":7}]})"},
           {Lsn{1}, R"({"action":"D",)" + place +
                        R"("users","identity":[{"name":"id","typeoid":20,"value":7}]})"},
           {Lsn{1}, R"({"action":"M","transactional":true,"prefix":"shop","lsn":"0/58",)"
                    R"("content":"{\"a\": \"text that is a little longer\"}"})"},
           {Lsn{1}, R"({"action":"T",)" + place + "\"users\"}"},
           {Lsn{1}, R"({"action":"C","lsn":"0/60","nextlsn":"0/70"})"}}),
      0U);
}

TEST(DecoderAllocation, PgoutputRowsAllocateNothing) {
  FakeCatalog catalog;
  const std::string prefixes[] = {"shop"};
  PgoutputDecoder decoder(catalog, prefixes);
  decoded(decoder, M('R')
                       .u32(1)
                       .name("public")
                       .name("users")
                       .letter('d')
                       .u16(2)
                       .u8(1)
                       .name("id")
                       .u32(20)
                       .u32(0)
                       .u8(0)
                       .name("email")
                       .u32(25)
                       .u32(0));
  EXPECT_EQ(steady_allocations(
                decoder, {{Lsn{1}, M::begin(0x60, 0, 1)},
                          {Lsn{1}, M('I').u32(1).letter('N').tuple({"t7", "tann@example.com"})},
                          {Lsn{1}, M('U').u32(1).letter('N').tuple({"t7", "u"})},
                          {Lsn{1}, M('U')
                                       .u32(1)
                                       .letter('K')
                                       .tuple({"t7", "n"})
                                       .letter('N')
                                       .tuple({"t8", "tann.long.address@mail.example.com"})},
                          {Lsn{1}, M('D').u32(1).letter('K').tuple({"t8", "n"})},
                          {Lsn{1}, M('T').u32(1).u8(0).u32(1)},
                          {Lsn{1}, M('M').u8(1).u64(0x58).name("shop").u32(1).letter('x')},
                          {Lsn{1}, M::commit(0x60, 0x70)}}),
            0U);
}

}  // namespace
}  // namespace waltrack
