#include "cli/config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "base/yaml_reader.hpp"
#include "cli/batch_url.hpp"
#include "cli/config_keys.hpp"
#include "cli/config_section.hpp"
#include "cli/setting_value.hpp"

namespace waltrack {
namespace {

constexpr const char* kUsUrl = "https://api.segment.io/v1/batch";
constexpr const char* kEuUrl = "https://events.eu1.segmentapis.com/v1/batch";
constexpr const char* kSizeHint = "as in 64MB; KB, MB and GB are powers of 1024";
constexpr size_t kMaxFileBytes = 16 << 20;

// The file's bytes, or what the system says against it.
std::optional<std::string> read_file(const std::string& path, std::string& fault) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    fault = std::strerror(EISDIR);
    return std::nullopt;
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  if (!file || text.size() > kMaxFileBytes) {
    fault = errno != 0 ? std::strerror(errno) : "it cannot be read";
    return std::nullopt;
  }
  return text;
}

bool is_identifier(std::string_view text, bool digit_first) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz_0123456789";
  return !text.empty() && text.size() <= 63 && text.find_first_not_of(kAllowed) == text.npos &&
         (digit_first || text[0] < '0' || text[0] > '9');
}

class ConfigReader {
 public:
  ConfigReader(const std::string& path, Diagnostics& diagnostics, const Environment& environment)
      : folder_(std::filesystem::path(path).parent_path()), diagnostics_(diagnostics) {
    std::string fault;
    const auto text = read_file(path, fault);
    if (!text) {
      throw Error(ErrorKind::usage, "can't read the configuration: " + fault, path,
                  "name the configuration file with -c FILE");
    }
    documents_ = read_yaml(*text, path, diagnostics);
    const int errors = diagnostics.error_count();
    const YamlNode* map = nullptr;
    if (documents_.size() > 1) {
      diagnostics.error(documents_[1].place, "the configuration is one document",
                        "take out the line ---");
    }
    if (!documents_.empty() && documents_[0].kind == YamlNode::Kind::map) {
      map = &documents_[0];
    } else if (errors == 0) {
      diagnostics.error({path, 0, 0}, "the configuration has no keys",
                        "it needs source and destination");
    }
    has_map_ = map != nullptr;
    root_.emplace(map, "", SourcePlace{path, 0, 0}, environment, diagnostics);
  }

  Config read() {
    if (!has_map_) return config_;
    root_->allow_only(config_key_names(ConfigMap::root));
    read_source(root_->section("source"));
    read_destination(root_->section("destination"));
    read_backfill(root_->section("backfill"));
    config_.state = read_path("state", config_.state);
    config_.mappings = read_path("mappings", config_.mappings);
    read_memory();
    read_dead_letters(root_->section("dead_letters"));
    if (root_->has("spool")) read_spool(root_->section("spool"));
    read_web();
    return config_;
  }

  std::string read_state() { return read_path("state", config_.state); }
  Config read_to_look() {
    if (!has_map_) return config_;
    read_source(root_->section("source"));
    config_.mappings = read_mappings();
    config_.state = read_state();
    return config_;
  }
  std::string read_mappings() { return read_path("mappings", config_.mappings); }

 private:
  std::string in_folder(const std::string& path) const { return (folder_ / path).string(); }

  std::string read_path(const std::string& key, const std::string& standard) const {
    const auto setting = root_->get(key);
    return in_folder(setting ? setting->text : standard);
  }

  void read_source(const ConfigSection& section) {
    section.allow_only(config_key_names(ConfigMap::source));
    auto& source = config_.source;
    if (const auto url = section.get("url")) {
      source.url = url->text;
    } else if (!section.has("url")) {
      section.missing("url", "url: ${DATABASE_URL}");
    }
    if (const auto slot = section.get("slot")) {
      source.slot = slot->text;
      if (!is_identifier(slot->text, true)) {
        diagnostics_.error(slot->place, "source.slot is no name that Postgres takes for a slot",
                           "1 to 63 of a-z, 0-9 and _");
      }
    }
    if (const auto publication = section.get("publication")) {
      source.publication = publication->text;
      if (!is_identifier(publication->text, false)) {
        diagnostics_.error(publication->place,
                           "source.publication is no plain name of a publication",
                           "1 to 63 of a-z, 0-9 and _, no digit first");
      }
    }
    if (const auto plugin = section.get("plugin")) {
      if (plugin->text == "wal2json") {
        source.plugin = Config::Plugin::wal2json;
      } else if (plugin->text == "pgoutput") {
        source.plugin = Config::Plugin::pgoutput;
      } else if (plugin->text != "auto") {
        diagnostics_.error(plugin->place, "source.plugin takes auto, wal2json or pgoutput");
      }
    }
    read_replicas(section);
  }

  void read_replicas(const ConfigSection& section) {
    auto& source = config_.source;
    if (const auto url = section.get("primary_url")) source.primary_url = url->text;
    if (const auto url = section.get("backfill_url")) source.backfill_url = url->text;
    source.failover = read_flag(section, "failover", "source.failover", source.failover);
    if (const auto size = section.get("headroom_warning")) {
      source.headroom_warning_bytes =
          read_size(*size, "source.headroom_warning").value_or(source.headroom_warning_bytes);
    }
  }

  void read_destination(const ConfigSection& section) {
    section.allow_only(config_key_names(ConfigMap::destination));
    read_write_key(section);
    read_endpoint(section);
    auto& destination = config_.destination;
    if (const auto id = section.get("id")) {
      destination.id = id->text;
      const bool odd =
          id->text.size() > 100 || std::any_of(id->text.begin(), id->text.end(), [](char c) {
            return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '.' || c == '_' || c == '-');
          });
      if (odd) {
        diagnostics_.error(id->place,
                           "destination.id takes up to 100 of A-Z, a-z, 0-9, '.', '_', '-'");
      }
    }
    if (const auto lanes = section.get("lanes")) {
      const auto number = to_number(lanes->text);
      if (number && *number >= 1 && *number <= 64) {
        destination.lanes = static_cast<int>(*number);
      } else {
        diagnostics_.error(lanes->place, "destination.lanes takes a number from 1 to 64");
      }
    }
  }

  void read_write_key(const ConfigSection& section) {
    if (!section.has("write_key") && !section.has("write_key_file")) {
      section.missing("write_key", "write_key: ${SEGMENT_WRITE_KEY}, or write_key_file: PATH");
    }
    auto key = read_secret(section, "write_key", "destination.write_key");
    if (!key) return;
    const auto is_odd = [](char c) { return c <= ' ' || c >= 0x7F || c == ':'; };
    if (key->text.empty() || std::any_of(key->text.begin(), key->text.end(), is_odd)) {
      diagnostics_.error(key->place,
                         "the write key is empty or has characters that no write key has",
                         "printable ASCII without blanks and ':'");
    }
    config_.destination.write_key = std::move(key->text);
  }

  // From `key`, or from the file that `key`_file names, without the end of its line.
  std::optional<Setting> read_secret(const ConfigSection& section, const std::string& key,
                                     const std::string& name) {
    const auto own = section.get(key);
    const auto file = section.get(key + "_file");
    if (section.has(key) && section.has(key + "_file")) {
      if (file) {
        diagnostics_.error(file->place, name + " is there already",
                           "keep " + key + " or " + key + "_file");
      }
      return own;
    }
    if (!file) return own;
    std::string fault;
    auto text = read_file(in_folder(file->text), fault);
    if (!text) {
      diagnostics_.error(file->place, "can't read the file of " + name + "_file: " + fault);
      return std::nullopt;
    }
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    return Setting{std::move(*text), file->place};
  }

  void read_endpoint(const ConfigSection& section) {
    auto& destination = config_.destination;
    destination.url = kUsUrl;
    const auto region = section.get("region");
    const auto url = section.get("url");
    if (region && section.has("url")) {
      diagnostics_.error(region->place, "destination.region and destination.url exclude each other",
                         "keep url for a receiver of your own, region for Segment");
    }
    if (region && region->text == "eu") {
      destination.url = kEuUrl;
    } else if (region && region->text != "us") {
      diagnostics_.error(region->place, "destination.region takes us or eu");
    }
    if (!url) return;
    destination.url = url->text;
    const BatchUrlCheck check = check_batch_url(url->text);
    if (!check.fault.empty()) {
      diagnostics_.error(url->place, "destination.url " + check.fault, check.hint);
    } else if (check.sends_key_in_clear) {
      diagnostics_.warning(url->place,
                           "destination.url sends the write key in clear text to another machine",
                           "use https://");
    }
  }

  void read_backfill(const ConfigSection& section) {
    section.allow_only(config_key_names(ConfigMap::backfill));
    auto& backfill = config_.backfill;
    if (const auto readers = section.get("readers")) {
      const auto number = to_number(readers->text);
      if (number && *number >= 1 && *number <= 16) {
        backfill.readers = static_cast<int>(*number);
      } else {
        diagnostics_.error(readers->place, "backfill.readers takes a number from 1 to 16");
      }
    }
    if (const auto chunk = section.get("chunk")) {
      const auto bytes = to_bytes(chunk->text);
      if (bytes && *bytes >= 4 << 10 && *bytes <= 64 << 20) {
        backfill.chunk_bytes = *bytes;
      } else {
        diagnostics_.error(chunk->place, "backfill.chunk takes a size from 4KB to 64MB", kSizeHint);
      }
    }
  }

  void read_memory() {
    const auto memory = root_->get("memory");
    if (!memory) return;
    config_.memory_bytes = read_size(*memory, "memory").value_or(config_.memory_bytes);
  }

  void read_dead_letters(const ConfigSection& section) {
    section.allow_only(config_key_names(ConfigMap::dead_letters));
    auto& letters = config_.dead_letters;
    if (const auto most = section.get("max")) {
      const auto number = to_number(most->text);
      if (number && *number >= 1 && *number <= 1'000'000'000) {
        letters.max = *number;
      } else {
        diagnostics_.error(most->place, "dead_letters.max takes a number from 1 to 1000000000");
      }
    }
    letters.keep_payload =
        read_flag(section, "keep_payload", "dead_letters.keep_payload", letters.keep_payload);
  }

  void read_spool(const ConfigSection& section) {
    section.allow_only(config_key_names(ConfigMap::spool));
    auto& spool = config_.spool;
    if (const auto path = section.get("path")) {
      spool.path = in_folder(path->text);
    } else if (!section.has("path")) {
      section.missing("path", "path: spool/");
    }
    if (const auto most = section.get("max_bytes")) {
      spool.max_bytes = read_size(*most, "spool.max_bytes").value_or(spool.max_bytes);
    }
    if (const auto after = section.get("after")) {
      const auto duration = to_duration(after->text);
      if (duration) {
        spool.after = *duration;
      } else {
        diagnostics_.error(after->place, "spool.after takes a time from 1s to 24h",
                           "as in 30s, 5min or 1h");
      }
    }
  }

  void read_web() {
    const std::string token =
        read_secret(*root_, "web_token", "web_token").value_or(Setting{}).text;
    const auto web = root_->get("web");
    if (!web) return;
    try {
      config_.web = {ListenAddress::parse(web->text), token};
    } catch (const Error& error) {
      diagnostics_.error(web->place, "web is not an address to listen on", error.hint());
      return;
    }
    const std::string& host = config_.web->address.host;
    const bool here =
        host == "localhost" || host == "::1" ||
        (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
    if (here || !token.empty() || root_->has("web_token") || root_->has("web_token_file")) return;
    diagnostics_.error(web->place,
                       "web: serves other machines, so it needs a secret that they have to show",
                       "add web_token: ${WEB_TOKEN}, or listen on 127.0.0.1");
  }

  bool read_flag(const ConfigSection& section, const std::string& key, const std::string& name,
                 bool standard) {
    const auto flag = section.get(key);
    if (!flag) return standard;
    if (flag->text != "true" && flag->text != "false") {
      diagnostics_.error(flag->place, name + " takes true or false");
    }
    return flag->text == "true";
  }

  // At least a megabyte; what is wrong is told.
  std::optional<size_t> read_size(const Setting& setting, const std::string& name) {
    const auto bytes = to_bytes(setting.text);
    if (bytes && *bytes >= 1 << 20) return *bytes;
    diagnostics_.error(setting.place, name + " takes a size of at least 1MB", kSizeHint);
    return std::nullopt;
  }

  std::filesystem::path folder_;
  Diagnostics& diagnostics_;
  std::vector<YamlNode> documents_;
  bool has_map_ = false;
  std::optional<ConfigSection> root_;
  Config config_;
};

}  // namespace

Config load_config(const std::string& path, Diagnostics& diagnostics,
                   const Environment& environment) {
  return ConfigReader(path, diagnostics, environment).read();
}

std::string load_config_state(const std::string& path, Diagnostics& diagnostics,
                              const Environment& environment) {
  return ConfigReader(path, diagnostics, environment).read_state();
}

Config load_config_to_look(const std::string& path, Diagnostics& diagnostics,
                           const Environment& environment) {
  return ConfigReader(path, diagnostics, environment).read_to_look();
}

std::string load_config_mappings(const std::string& path, Diagnostics& diagnostics,
                                 const Environment& environment) {
  return ConfigReader(path, diagnostics, environment).read_mappings();
}

}  // namespace waltrack
