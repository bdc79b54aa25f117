#include "cli/config.hpp"

#include <gtest/gtest.h>
#include <map>

#include "base/error.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

const std::string kLeast = "source:\n  url: host=db\ndestination:\n  write_key: k3y\n";

class ConfigTest : public testing::Test {
 protected:
  Config load(std::string_view text) {
    diagnostics_ = Diagnostics();
    return load_config(dir_.write("waltrack.yaml", text).string(), diagnostics_, environment());
  }

  Config load_fine(std::string_view text) {
    Config config = load(text);
    EXPECT_EQ(diagnostics_.text(), "") << text;
    return config;
  }

  // "line:column message" of all that is said.
  std::vector<std::string> faults(std::string_view text) {
    load(text);
    std::vector<std::string> out;
    for (const auto& fault : diagnostics_.all()) {
      EXPECT_EQ(fault.place.file, in_dir("waltrack.yaml"));
      out.push_back(std::to_string(fault.place.line) + ":" + std::to_string(fault.place.column) +
                    " " + fault.message);
    }
    return out;
  }

  std::string hint() { return diagnostics_.all().empty() ? "" : diagnostics_.all()[0].hint; }
  std::string in_dir(std::string_view name) { return (dir_ / name).string(); }

  Environment environment() {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      if (found == variables_.end()) return std::nullopt;
      return found->second;
    };
  }

  TempDir dir_;
  Diagnostics diagnostics_;
  std::map<std::string, std::string> variables_;
};

using Faults = std::vector<std::string>;

TEST_F(ConfigTest, LeastConfigurationHasTheDefaults) {
  const Config config = load_fine(kLeast);
  EXPECT_EQ(config.source.url, "host=db");
  EXPECT_EQ(config.source.slot, "waltrack");
  EXPECT_EQ(config.source.plugin, Config::Plugin::automatic);
  EXPECT_EQ(config.source.publication, "waltrack");
  EXPECT_EQ(config.source.primary_url, "");
  EXPECT_EQ(config.source.backfill_url, "");
  EXPECT_FALSE(config.source.failover);
  EXPECT_EQ(config.source.headroom_warning_bytes, 1u << 30);
  EXPECT_EQ(config.destination.write_key, "k3y");
  EXPECT_EQ(config.destination.url, "https://api.segment.io/v1/batch");
  EXPECT_EQ(config.destination.id, "");
  EXPECT_EQ(config.destination.lanes, 8);
  EXPECT_EQ(config.backfill.readers, 2);
  EXPECT_EQ(config.backfill.chunk_bytes, 4u << 20);
  EXPECT_EQ(config.dead_letters.max, 100'000u);
  EXPECT_TRUE(config.dead_letters.keep_payload);
  EXPECT_EQ(config.state, in_dir("waltrack.db"));
  EXPECT_EQ(config.mappings, in_dir("mappings/"));
  EXPECT_EQ(config.memory_bytes, 32u << 20);
}

TEST_F(ConfigTest, EveryKeyIsRead) {
  variables_ = {{"DATABASE_URL", "postgres://u:p@h/d"}, {"KEY", "abc"}};
  const Config config = load_fine(R"(
source:
  url: ${DATABASE_URL}
  slot: shop_1
  plugin: pgoutput
  publication: shop
  primary_url: host=primary
  backfill_url: host=replica
  failover: true
  headroom_warning: 2 GB
destination:
  write_key: ${KEY}
  region: eu
  id: shop-production
  lanes: "16"
backfill:
  readers: 16
  chunk: 64 mb
dead_letters:
  max: 5000
  keep_payload: false
state: /var/lib/shop.db
mappings: ../maps
memory: ${MEMORY:-64MB}
)");
  EXPECT_EQ(config.source.url, "postgres://u:p@h/d");
  EXPECT_EQ(config.source.slot, "shop_1");
  EXPECT_EQ(config.source.plugin, Config::Plugin::pgoutput);
  EXPECT_EQ(config.source.publication, "shop");
  EXPECT_EQ(config.source.primary_url, "host=primary");
  EXPECT_EQ(config.source.backfill_url, "host=replica");
  EXPECT_TRUE(config.source.failover);
  EXPECT_EQ(config.source.headroom_warning_bytes, 2u << 30);
  EXPECT_EQ(config.destination.write_key, "abc");
  EXPECT_EQ(config.destination.url, "https://events.eu1.segmentapis.com/v1/batch");
  EXPECT_EQ(config.destination.id, "shop-production");
  EXPECT_EQ(config.destination.lanes, 16);
  EXPECT_EQ(config.backfill.readers, 16);
  EXPECT_EQ(config.backfill.chunk_bytes, 64u << 20);
  EXPECT_EQ(config.dead_letters.max, 5000u);
  EXPECT_FALSE(config.dead_letters.keep_payload);
  EXPECT_EQ(config.state, "/var/lib/shop.db");
  EXPECT_EQ(config.mappings, in_dir("../maps"));
  EXPECT_EQ(config.memory_bytes, 64u << 20);
}

TEST_F(ConfigTest, MissingFileIsAUsageErrorWithAHint) {
  try {
    load_config(in_dir("none.yaml"), diagnostics_, environment());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_EQ(error.where(), in_dir("none.yaml"));
    EXPECT_NE(error.describe().find("No such file"), std::string::npos) << error.describe();
    EXPECT_NE(error.hint().find("-c FILE"), std::string::npos);
  }
  EXPECT_THROW(load_config(dir_.path().string(), diagnostics_, environment()), Error);
}

TEST_F(ConfigTest, EmptyAndOddFilesAreToldOnce) {
  EXPECT_EQ(faults(""), Faults{"0:0 the configuration has no keys"});
  EXPECT_EQ(faults("- a\n"), Faults{"0:0 the configuration has no keys"});
  EXPECT_EQ(faults("source: @\n").size(), 1u);
  EXPECT_EQ(faults(kLeast + "---\na: b\n"), Faults{"6:1 the configuration is one document"});
}

TEST_F(ConfigTest, RequiredKeysAreAskedForWithAnExample) {
  EXPECT_EQ(faults("state: x\n"),
            (Faults{"0:0 source.url is missing", "0:0 destination.write_key is missing"}));
  EXPECT_EQ(faults("source: {slot: a}\ndestination: {write_key: k}\n"),
            Faults{"1:9 source.url is missing"});
  EXPECT_EQ(hint(), "url: ${DATABASE_URL}");
}

TEST_F(ConfigTest, UnknownKeysAreToldWithTheNearestKnownOne) {
  EXPECT_EQ(faults("source:\n  url: x\n  plugn: auto\ndestination:\n  write_key: k\n"),
            Faults{"3:3 unknown key 'source.plugn'"});
  EXPECT_EQ(hint(), "did you mean 'plugin'?");
  EXPECT_EQ(faults(kLeast + "mapings: x\n"), Faults{"5:1 unknown key 'mapings'"});
  EXPECT_EQ(hint(), "did you mean 'mappings'?");
  EXPECT_EQ(faults(kLeast + "backfill: { chunks: 4MB }\n"),
            Faults{"5:13 unknown key 'backfill.chunks'"});
}

TEST_F(ConfigTest, FailoverIsTrueOrFalseAndHeadroomASize) {
  EXPECT_EQ(faults("source:\n  url: x\n  failover: yes\n  headroom_warning: 5\ndestination:\n"
                   "  write_key: k\n"),
            (Faults{"3:13 source.failover takes true or false",
                    "4:21 source.headroom_warning takes a size of at least 1MB"}));
}

TEST_F(ConfigTest, DeadLettersTakeANumberAndAFlag) {
  const std::string most = "dead_letters.max takes a number from 1 to 1000000000";
  for (const char* value : {"0", "-1", "1000000001", "many", "1.5"}) {
    EXPECT_EQ(faults(kLeast + "dead_letters: { max: " + value + " }\n"), Faults{"5:22 " + most})
        << value;
  }
  EXPECT_EQ(faults(kLeast + "dead_letters: { keep_payload: yes }\n"),
            Faults{"5:31 dead_letters.keep_payload takes true or false"});
  EXPECT_EQ(faults(kLeast + "dead_letters: { keep_payloads: true }\n"),
            Faults{"5:17 unknown key 'dead_letters.keep_payloads'"});
  EXPECT_EQ(load_fine(kLeast + "dead_letters: { max: 1000000000 }\n").dead_letters.max,
            1'000'000'000u);
}

TEST_F(ConfigTest, UnsetVariableIsToldWithKeyAndPlace) {
  variables_ = {{"EMPTY", ""}};
  EXPECT_EQ(faults("source:\n  url: ${DATABASE_URL}\ndestination:\n  write_key: ${EMPTY}\n"),
            (Faults{"2:8 source.url: the environment variable DATABASE_URL is not set",
                    "4:14 destination.write_key: the environment variable EMPTY is empty"}));
}

TEST_F(ConfigTest, WrongValuesSayWhatIsAllowed) {
  EXPECT_EQ(faults(R"(source:
  url: x
  slot: Shop-1
  plugin: test_decoding
  publication: "1x"
destination:
  write_key: k
  region: uk
  id: a b
  lanes: 65
memory: 1000KB
)"),
            (Faults{"3:9 source.slot is no name that Postgres takes for a slot",
                    "5:16 source.publication is no plain name of a publication",
                    "4:11 source.plugin takes auto, wal2json or pgoutput",
                    "8:11 destination.region takes us or eu",
                    "9:7 destination.id takes up to 100 of A-Z, a-z, 0-9, '.', '_', '-'",
                    "10:10 destination.lanes takes a number from 1 to 64",
                    "11:9 memory takes a size of at least 1MB"}));
}

TEST_F(ConfigTest, ValuesOfTheWrongShapeAreToldOnce) {
  EXPECT_EQ(faults("source: host=db\ndestination: [k]\nstate: {a: b}\n"),
            (Faults{"1:9 'source' takes keys of its own",
                    "2:14 'destination' takes keys of its own", "3:8 state takes one value"}));
  EXPECT_EQ(faults("source:\n  url:\n  slot: null\ndestination:\n"),
            (Faults{"2:3 this key has no value", "4:1 this key has no value",
                    "3:9 source.slot takes one value"}));
  EXPECT_EQ(faults(kLeast + "state: ''\n"), Faults{"5:8 state is empty"});
}

TEST_F(ConfigTest, MemoryTakesUnitsOf1024) {
  EXPECT_EQ(load_fine(kLeast + "memory: 1MB\n").memory_bytes, 1u << 20);
  EXPECT_EQ(load_fine(kLeast + "memory: 2048 kb\n").memory_bytes, 2u << 20);
  EXPECT_EQ(load_fine(kLeast + "memory: 1048576\n").memory_bytes, 1u << 20);
  EXPECT_EQ(load_fine(kLeast + "memory: 2GB\n").memory_bytes, size_t{2} << 30);
  for (const std::string bad : {"1048575", "512KB", "0", "-1", "1.5MB", "MB", "32 M", "lots",
                                "99999999999GB", "18446744073709551616"}) {
    EXPECT_EQ(faults(kLeast + "memory: " + bad + "\n"),
              Faults{"5:9 memory takes a size of at least 1MB"})
        << bad;
  }
}

TEST_F(ConfigTest, BackfillTakesFewReadersAndChunksOfBoundedSize) {
  const std::string start = kLeast + "backfill:\n";
  EXPECT_EQ(load_fine(start + "  readers: 1\n").backfill.readers, 1);
  for (const std::string bad : {"0", "17", "-1", "two", "1.5"}) {
    EXPECT_EQ(faults(start + "  readers: " + bad + "\n"),
              Faults{"6:12 backfill.readers takes a number from 1 to 16"})
        << bad;
  }
  EXPECT_EQ(load_fine(start + "  chunk: 4KB\n").backfill.chunk_bytes, 4u << 10);
  for (const std::string bad : {"4095", "3KB", "65MB", "1GB", "-1", "much"}) {
    EXPECT_EQ(faults(start + "  chunk: " + bad + "\n"),
              Faults{"6:10 backfill.chunk takes a size from 4KB to 64MB"})
        << bad;
  }
}

TEST_F(ConfigTest, WriteKeyMayStandInAFile) {
  dir_.write("secrets/key", "abc\r\n");
  const std::string start = "source: {url: x}\ndestination:\n";
  EXPECT_EQ(load_fine(start + "  write_key_file: secrets/key\n").destination.write_key, "abc");
  EXPECT_EQ(
      load_fine(start + "  write_key_file: " + in_dir("secrets/key") + "\n").destination.write_key,
      "abc");
  EXPECT_EQ(
      faults(start + "  write_key_file: none\n"),
      Faults{"3:19 can't read the file of destination.write_key_file: No such file or directory"});
  EXPECT_EQ(faults(start + "  write_key: k\n  write_key_file: secrets/key\n"),
            Faults{"4:19 destination.write_key is there already"});
  dir_.write("empty", "\n");
  EXPECT_EQ(faults(start + "  write_key_file: empty\n"),
            Faults{"3:19 the write key is empty or has characters that no write key has"});
}

TEST_F(ConfigTest, WriteKeyIsPrintableAsciiAndNeverTold) {
  for (const std::string bad : {"hush hush", "hush:x", "hush\xC3\xA4", "\"hush\\t\""}) {
    EXPECT_EQ(faults("source: {url: x}\ndestination:\n  write_key: " + bad + "\n"),
              Faults{"3:14 the write key is empty or has characters that no write key has"});
    EXPECT_EQ(diagnostics_.text().find("hush"), std::string::npos) << diagnostics_.text();
  }
}

TEST_F(ConfigTest, NoValueIsEverTold) {
  variables_ = {{"S", "hush"}};
  load(R"(source: {url: "${S}", slot: "${S}!", plugin: "${S}", publication: "${S}!"}
destination: {write_key: "${S} :", region: "${S}", url: "${S}", id: "${S}!", lanes: "${S}"}
state: ${S}
memory: ${S}
)");
  EXPECT_EQ(diagnostics_.error_count(), 10) << diagnostics_.text();
  EXPECT_EQ(diagnostics_.text().find("hush"), std::string::npos) << diagnostics_.text();
}

TEST_F(ConfigTest, UrlNamesAReceiverInPlaceOfARegion) {
  const std::string start = kLeast + "  url: ";
  EXPECT_EQ(load_fine(start + "http://127.0.0.1:8088/v1/batch\n").destination.url,
            "http://127.0.0.1:8088/v1/batch");
  EXPECT_EQ(faults(start + "nowhere\n"),
            Faults{"5:8 destination.url must start with https:// or http://"});
  EXPECT_EQ(faults(start + "https://h/\n  region: eu\n"),
            Faults{"6:11 destination.region and destination.url exclude each other"});
}

TEST_F(ConfigTest, WriteKeyInClearTextIsAWarning) {
  EXPECT_EQ(faults(kLeast + "  url: http://receiver.example/v1/batch\n"),
            Faults{"5:8 destination.url sends the write key in clear text to another machine"});
  EXPECT_FALSE(diagnostics_.has_errors());
}

TEST_F(ConfigTest, ASpoolNeedsAPathAndReadsItsLimits) {
  EXPECT_EQ(load_fine(kLeast).spool.path, "");
  const Config::Spool spool =
      load_fine(kLeast + "spool: {path: waiting, max_bytes: 2MB, after: 5min}\n").spool;
  EXPECT_EQ(spool.path, in_dir("waiting"));
  EXPECT_EQ(spool.max_bytes, 2u << 20);
  EXPECT_EQ(spool.after, std::chrono::seconds(300));
  EXPECT_EQ(faults(kLeast + "spool: {after: 30s}\n"), Faults{"5:8 spool.path is missing"});
  for (const char* after : {"30", "0s", "25h", "1500min", "s", "-1s", "1 day"}) {
    EXPECT_EQ(faults(kLeast + "spool: {path: s, after: " + after + "}\n"),
              Faults{"5:25 spool.after takes a time from 1s to 24h"})
        << after;
  }
}

TEST_F(ConfigTest, StateAloneNeedsNoSecrets) {
  const std::string path =
      dir_.write("waltrack.yaml", "source: {url: \"${NONE}\"}\nstate: \"${HERE}.db\"\n").string();
  variables_ = {{"HERE", "shop"}};
  EXPECT_EQ(load_config_state(path, diagnostics_, environment()), in_dir("shop.db"));
  EXPECT_EQ(diagnostics_.text(), "");
}

TEST_F(ConfigTest, WebIsServedOnThisMachineUnlessATokenGuardsIt) {
  EXPECT_FALSE(load_fine(kLeast).web);
  for (const char* host : {"127.0.0.1", "127.1.2.3", "localhost", "\"[::1]"}) {
    const std::string quote = host[0] == '"' ? "\"" : "";
    const Config config = load_fine(kLeast + "web: " + host + ":8080" + quote + "\n");
    ASSERT_TRUE(config.web) << host;
    EXPECT_EQ(config.web->address.port, 8080);
    EXPECT_EQ(config.web->token, "");
  }
  for (const char* address :
       {"0.0.0.0:8080", "10.0.0.5:8080", "db.example:8080", "\"[::]:8080\""}) {
    EXPECT_EQ(faults(kLeast + "web: " + address + "\n"),
              Faults{"5:6 web: serves other machines, so it needs a secret that they have to show"})
        << address;
    EXPECT_EQ(load_fine(kLeast + "web: " + address + "\nweb_token: hush\n").web->token, "hush");
  }
}

TEST_F(ConfigTest, TheWebTokenMayStandInAFile) {
  dir_.write("secrets/token", "hush\n");
  EXPECT_EQ(load_fine(kLeast + "web: 0.0.0.0:80\nweb_token_file: secrets/token\n").web->token,
            "hush");
  EXPECT_EQ(faults(kLeast + "web: 0.0.0.0:80\nweb_token_file: none\n"),
            Faults{"6:17 can't read the file of web_token_file: No such file or directory"});
  EXPECT_TRUE(faults(kLeast + "web_token: hush\nweb_token_file: secrets/token\n").size() == 1);
  EXPECT_EQ(diagnostics_.text().find("hush"), std::string::npos);
}

TEST_F(ConfigTest, AWebAddressThatIsNoneIsNotRepeated) {
  for (const char* address : {"8080", "127.0.0.1", "127.0.0.1:", "h:99999", "::1:80", ":80"}) {
    EXPECT_EQ(faults(kLeast + "web: \"" + address + "\"\n"),
              Faults{"5:6 web is not an address to listen on"})
        << address;
  }
}

}  // namespace
}  // namespace waltrack
