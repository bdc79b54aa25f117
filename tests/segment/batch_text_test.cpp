#include "segment/batch_text.hpp"

#include <array>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <random>

#include "segment/limits.hpp"
#include "support/fake_clock.hpp"

namespace waltrack {
namespace {

std::string gunzip(const std::string& packed) {
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  std::string plain(2 * kBatchBytes, '\0');
  size_t length = 0;
  const libdeflate_result result = libdeflate_gzip_decompress(
      decompressor, packed.data(), packed.size(), plain.data(), plain.size(), &length);
  libdeflate_free_decompressor(decompressor);
  EXPECT_EQ(result, LIBDEFLATE_SUCCESS);
  plain.resize(length);
  return plain;
}

}  // namespace

TEST(BatchText, BodyIsTheEventsInTheirEnvelopeWithTheTimeOfSending) {
  BatchText text;
  std::string body;
  text.encode(R"({"type":"track"},{"type":"page"})", kNoonUs, body);
  EXPECT_EQ(
      gunzip(body),
      R"({"batch":[{"type":"track"},{"type":"page"}],"sentAt":"2026-11-23T12:00:00.000000Z"})");
}

TEST(BatchText, NothingOfABatchIsLeftInTheNext) {
  BatchText text;
  std::string body;
  text.encode(std::string(10'000, ' '), kNoonUs, body);
  text.encode("{}", kNoonUs, body);
  EXPECT_EQ(gunzip(body), R"({"batch":[{}],"sentAt":"2026-11-23T12:00:00.000000Z"})");
}

TEST(BatchText, EnvelopeIsAsLongAsTheLimitsSay) {
  BatchText text;
  std::string body;
  text.encode(std::string(kBatchBytes - kEnvelopeBytes, ' '), kNoonUs, body);
  EXPECT_EQ(gunzip(body).size(), kBatchBytes);
}

// What a call before left where locals lie. The compiler must not leave it out.
[[gnu::noinline]] void leave_on_the_stack(uint16_t number) {
  std::array<uint16_t, 200'000> room;
  room.fill(number);
  asm volatile("" : : "r"(room.data()) : "memory");
}

TEST(BatchText, TheSameEventsTakeTheSameBytesWhateverWasThereBefore) {
  BatchText text;
  std::string events = R"({"type":"track","event":"Order Placed"})";
  for (int i = 0; i < 3000; ++i)
    events += R"(,{"type":"track","properties":{"id":)" + std::to_string(i * 7919) + "}}";
  std::string first;
  text.encode(events, kNoonUs, first);
  for (const uint16_t number : {0, 1, 5, 15, 100}) {
    std::string body;
    leave_on_the_stack(number);
    text.encode(events, kNoonUs, body);
    EXPECT_EQ(body, first) << number;
  }
}

// Bytes that can't be made smaller, of all lengths around those where gzip begins another block.
TEST(BatchText, WhatCannotBeMadeSmallerFitsToo) {
  BatchText text;
  std::string body;
  std::mt19937_64 random(1);
  std::string noise(kBatchBytes - kEnvelopeBytes, '\0');
  for (char& byte : noise)
    byte = static_cast<char>(random());
  for (const size_t length : {size_t{0}, size_t{1}, size_t{65'400}, size_t{65'535}, size_t{65'536},
                              size_t{200'000}, noise.size()}) {
    text.encode(std::string_view(noise).substr(0, length), kNoonUs, body);
    const std::string plain = gunzip(body);
    EXPECT_EQ(plain.size(), length + kEnvelopeBytes);
    EXPECT_NE(plain.find(noise.substr(0, length)), std::string::npos);
  }
}

}  // namespace waltrack
