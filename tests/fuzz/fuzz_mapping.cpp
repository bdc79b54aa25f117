// Takes the bytes as a mapping file, compiles it against a fixed catalog, and maps a fixed row in
// all its states. What comes out must be JSON within the limit. The seeds are mapping files.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/json_check.hpp"
#include "mapping/mapper.hpp"
#include "mapping/test_change.hpp"

namespace {

using namespace waltrack;

class CheckingSink final : public EventSink {
 public:
  std::string* open(const Rule&, const EventIdentity& who) override {
    if (who.user.empty()) std::abort();
    buffer_.clear();
    return &buffer_;
  }
  void close() override {
    if (buffer_.size() > 32'000 || !is_embeddable_json(buffer_)) std::abort();
  }
  void abandon() override {}
  void reject(const Rule&, std::string_view, std::string_view detail) override {
    if (detail.find("a secret") != std::string_view::npos) std::abort();
  }

 private:
  std::string buffer_;
};

const Values& row() {
  static const Values kRow = {{"id", "7"},
                              {"email", "a secret"},
                              {"plan", "pro"},
                              {"verified", "t"},
                              {"seats", "5"},
                              {"big", "9007199254740993"},
                              {"fee", "12.50"},
                              {"score", "0.1"},
                              {"created_at", "2026-01-02 03:04:05.6+00"},
                              {"local_at", "2026-01-02 03:04:05"},
                              {"born", "2000-02-29"},
                              {"prefs", R"({"ui":{"dark":true},"n":3})"},
                              {"tags", "{a,NULL,\"b c\"}"},
                              {"avatar", "00ff10"},
                              {"city", kUnavailable}};
  return kRow;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The same columns with and without the whole old row, so that rules for either get through.
  static const std::vector<Table> kKeyOnly = {users_table()};
  static const std::vector<Table> kFull = {users_table(ReplicaIdentity::full)};
  static const MessageIdentity kIdentity(7, "shop", "fuzz");
  constexpr ExpressionLimits kLimits{.value_bytes = 100'000, .steps = 20'000};
  for (const std::vector<Table>* catalog : {&kKeyOnly, &kFull}) {
    Diagnostics diagnostics;
    std::vector<MappingFile> files = {
        read_mapping_file({reinterpret_cast<const char*>(data), size}, "fuzz.yaml", diagnostics)};
    auto mapper = compile_mappings(files, *catalog, kIdentity, diagnostics, kLimits);
    if (!mapper) continue;
    const Table& table = (*catalog)[0];
    TestChange insert(table, Op::insert);
    insert.now(row());
    TestChange update(table, Op::update);
    update.now(row()).before_key_only({{"id", "6"}});
    Values before = row();
    before["plan"] = "free";
    before["city"] = "Oslo";
    TestChange whole_update(table, Op::update);
    whole_update.now(row()).before(before);
    TestChange remove(table, Op::remove);
    remove.before(row());
    TestChange truncate(table, Op::truncate);
    static const Table kMessages = message_table("app");
    TestChange message(kMessages, Op::message);
    message.at(0, 1).now({{"content", R"({"user":"a secret","n":[1]})"}});
    CheckingSink sink;
    for (const TestChange* change :
         {&insert, &update, &whole_update, &remove, &truncate, &message}) {
      mapper->map(change->transaction(), change->change(), sink);
    }
  }
  return 0;
}
