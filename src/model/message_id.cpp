#include "model/message_id.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>
#include <xxhash.h>

namespace waltrack {
namespace {

// Little-endian whatever the machine: ids must not depend on where waltrack runs.
void put_u64(unsigned char* at, uint64_t value) {
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof value);
}

// Length-prefixed, so that ("ab", "c") and ("a", "bc") differ.
void put_text(std::string& out, std::string_view text) {
  unsigned char length[8];
  put_u64(length, text.size());
  out.append(reinterpret_cast<const char*>(length), sizeof length);
  out.append(text);
}

void append_hex(std::string& out, uint64_t value) {
  // Two digits for each byte.
  static const std::array<char, 512> kPairs = [] {
    constexpr char kHex[] = "0123456789abcdef";
    std::array<char, 512> pairs{};
    for (size_t byte = 0; byte < 256; ++byte) {
      pairs[2 * byte] = kHex[byte >> 4];
      pairs[2 * byte + 1] = kHex[byte & 15];
    }
    return pairs;
  }();
  char digits[16];
  for (int i = 14; i >= 0; i -= 2) {
    std::memcpy(&digits[i], &kPairs[2 * (value & 0xFF)], 2);
    value >>= 8;
  }
  out.append(digits, sizeof digits);
}

}  // namespace

MessageIdentity::MessageIdentity(uint64_t system_identifier, std::string database,
                                 std::string destination_id)
    : system_identifier_(system_identifier),
      database_(std::move(database)),
      destination_id_(std::move(destination_id)) {}

RuleKey MessageIdentity::rule_key(std::string_view table, std::string_view rule) const {
  std::string input;
  unsigned char number[8];
  put_u64(number, system_identifier_);
  input.append(reinterpret_cast<const char*>(number), sizeof number);
  put_text(input, database_);
  put_text(input, destination_id_);
  put_text(input, table);
  put_text(input, rule);
  const XXH128_hash_t hash = XXH3_128bits(input.data(), input.size());
  return {hash.low64, hash.high64};
}

void append_message_id(std::string& out, const RuleKey& rule, MessageKind kind,
                       int64_t commit_time_us, Lsn lsn, uint32_t ordinal) {
  std::array<unsigned char, 40> input;
  put_u64(&input[0], rule.low);
  put_u64(&input[8], rule.high);
  put_u64(&input[16], static_cast<uint64_t>(commit_time_us));
  put_u64(&input[24], lsn.value);
  put_u64(&input[32], (static_cast<uint64_t>(kind) << 32) | ordinal);
  const XXH128_hash_t hash = XXH3_128bits(input.data(), input.size());
  append_hex(out, hash.high64);
  append_hex(out, hash.low64);
}

std::string_view message_id_of(std::string_view event) {
  constexpr std::string_view kKey = R"("messageId":")";
  const size_t key = event.find(kKey);
  if (key == std::string_view::npos) return {};
  event.remove_prefix(key + kKey.size());
  return event.substr(0, event.find('"'));
}

std::string salted_message_id(std::string_view id, std::string_view salt) {
  std::string input;
  put_text(input, id);
  put_text(input, salt);
  const XXH128_hash_t hash = XXH3_128bits(input.data(), input.size());
  std::string salted;
  append_hex(salted, hash.high64);
  append_hex(salted, hash.low64);
  return salted;
}

KeyDigest key_digest(std::string_view key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {Lsn{hash.low64}, static_cast<uint32_t>(hash.high64)};
}

void append_backfill_message_id(std::string& out, const RuleKey& rule, std::string_view key,
                                std::string_view content) {
  std::array<unsigned char, 56> input;
  const XXH128_hash_t of_key = XXH3_128bits(key.data(), key.size());
  const XXH128_hash_t of_content = XXH3_128bits(content.data(), content.size());
  put_u64(&input[0], rule.low);
  put_u64(&input[8], rule.high);
  put_u64(&input[16], of_key.low64);
  put_u64(&input[24], of_key.high64);
  put_u64(&input[32], of_content.low64);
  put_u64(&input[40], of_content.high64);
  put_u64(&input[48], static_cast<uint64_t>(MessageKind::backfill) << 32);
  const XXH128_hash_t hash = XXH3_128bits(input.data(), input.size());
  append_hex(out, hash.high64);
  append_hex(out, hash.low64);
}

}  // namespace waltrack
