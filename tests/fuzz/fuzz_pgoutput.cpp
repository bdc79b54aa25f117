// Feeds a pgoutput decoder messages, each behind its length in two bytes, big-endian; the last may
// be shorter than its length says. The seeds are what Postgres 15 sent with proto_version 1 and
// messages on, a topic a file.

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/decode_all.hpp"
#include "postgres/fake_catalog.hpp"
#include "postgres/pgoutput_decoder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  waltrack::FakeCatalog catalog;
  catalog.roots["public.part_a"] = catalog.roots["public.part_b"] = {"public", "part"};
  const std::string prefixes[] = {"pre"};
  waltrack::PgoutputDecoder decoder(catalog, prefixes);
  while (rest.size() >= 2) {
    const size_t length =
        static_cast<unsigned char>(rest[0]) * 256U + static_cast<unsigned char>(rest[1]);
    const std::string_view message = rest.substr(2, length);
    waltrack::decode_one(decoder, message, waltrack::Lsn{1});
    rest.remove_prefix(2 + message.size());
  }
  return 0;
}
