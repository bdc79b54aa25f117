#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/mapper.hpp"
#include "mapping/mapping_file.hpp"
#include "mapping/test_change.hpp"

namespace waltrack {

// Keeps what a mapper makes.
class FakeSink final : public EventSink {
 public:
  struct Event {
    std::string rule;
    std::string user;
    std::vector<std::string> others;
    std::string json;
  };
  struct Rejection {
    std::string rule;
    std::string reason;
    std::string detail;
  };

  std::string* open(const Rule& rule, const EventIdentity& who) override {
    if (unwanted) return nullptr;
    EXPECT_FALSE(open_);
    open_ = true;
    start_ = buffer.size();
    event_ = {rule.id, std::string(who.user), {who.others.begin(), who.others.end()}, {}};
    return &buffer;
  }
  void close() override {
    EXPECT_TRUE(open_);
    open_ = false;
    event_.json = buffer.substr(start_);
    events.push_back(std::move(event_));
  }
  void abandon() override {
    EXPECT_TRUE(open_);
    open_ = false;
    buffer.resize(start_);
  }
  void reject(const Rule& rule, std::string_view reason, std::string_view detail) override {
    EXPECT_FALSE(open_);
    rejections.push_back({rule.id, std::string(reason), std::string(detail)});
  }

  bool unwanted = false;  // open() refuses, as for events that were delivered before
  std::string buffer = "what is there already,";
  std::vector<Event> events;
  std::vector<Rejection> rejections;

 private:
  bool open_ = false;
  size_t start_ = 0;
  Event event_;
};

inline MessageIdentity test_identity() {
  return MessageIdentity(7, "shop", "test");
}

// Compiles one mapping file, "m.yaml".
inline std::unique_ptr<Mapper> compile(std::string_view yaml, const std::vector<Table>& catalog,
                                       Diagnostics& diagnostics,
                                       const ExpressionLimits& limits = {}) {
  std::vector<MappingFile> files = {read_mapping_file(yaml, "m.yaml", diagnostics)};
  return compile_mappings(files, catalog, test_identity(), diagnostics, limits);
}

// A mapping over `users` at work.
struct Mapped {
  explicit Mapped(std::string_view yaml, Table users = users_table(),
                  const ExpressionLimits& limits = {})
      : table(std::move(users)) {
    mapper = compile(yaml, {table}, diagnostics, limits);
    EXPECT_TRUE(mapper != nullptr) << diagnostics.text() << yaml;
  }

  Mapped& map(const TestChange& change) {
    if (mapper) mapper->map(change.transaction(), change.change(), sink);
    return *this;
  }
  Mapped& insert(const Values& values) { return map(TestChange(table, Op::insert).now(values)); }
  Mapped& update(const Values& old, const Values& now) {
    return map(TestChange(table, Op::update).before(old).now(now));
  }
  Mapped& remove(const Values& old) { return map(TestChange(table, Op::remove).before(old)); }

  // The only event so far.
  nlohmann::json event() const {
    EXPECT_EQ(sink.events.size(), 1U) << rejections();
    return sink.events.size() == 1 ? nlohmann::json::parse(sink.events[0].json) : nlohmann::json();
  }
  nlohmann::json properties() const { return event()["properties"]; }
  // "rule: reason: detail" of each.
  std::string rejections() const {
    std::string text;
    for (const auto& one : sink.rejections) {
      text += one.rule + ": " + one.reason + ": " + one.detail + "\n";
    }
    return text;
  }

  Table table;
  Diagnostics diagnostics;
  std::unique_ptr<Mapper> mapper;
  FakeSink sink;
};

// A track rule over `users` with these properties (indented by four).
inline std::string track(std::string_view properties, std::string_view more = "") {
  return "table: users\nuser_id: id\ntrack:\n  event: E\n" + std::string(more) + "  properties:\n" +
         std::string(properties);
}

}  // namespace waltrack
