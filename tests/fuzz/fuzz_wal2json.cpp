// Feeds a wal2json decoder one message a line. The seeds are what wal2json 2.5 on Postgres 15 sent
// with the options that the stream uses, a topic a file.

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/decode_all.hpp"
#include "postgres/fake_catalog.hpp"
#include "postgres/wal2json_decoder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  waltrack::FakeCatalog catalog;
  catalog.roots["public.part_a"] = catalog.roots["public.part_b"] = {"public", "part"};
  const std::string prefixes[] = {"pre"};
  waltrack::Wal2jsonDecoder decoder(catalog, prefixes);
  while (!rest.empty()) {
    const std::string_view message = rest.substr(0, rest.find('\n'));
    waltrack::decode_one(decoder, message, waltrack::Lsn{1});
    rest.remove_prefix(std::min(rest.size(), message.size() + 1));
  }
  return 0;
}
