#include "types/mapped_stream.hpp"

#include <memory>
#include <stdexcept>

#include "mapping/mapper.hpp"
#include "mapping/mapping_folder.hpp"
#include "postgres/catalog.hpp"
#include "postgres/postgres_source.hpp"
#include "postgres/server_identity.hpp"
#include "postgres/slot.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

class EventList final : public EventSink {
 public:
  std::string* open(const Rule&, const EventIdentity& who) override {
    buffer_.clear();
    user_id_ = who.user;
    return &buffer_;
  }
  void close() override { events.push_back({op, table, user_id_, buffer_}); }
  void abandon() override {}
  void reject(const Rule& rule, std::string_view reason, std::string_view detail) override {
    throw std::runtime_error(rule.id + ": " + std::string(reason) + ": " + std::string(detail));
  }

  std::string op;
  std::string table;
  std::vector<MappedEvent> events;

 private:
  std::string buffer_;
  std::string user_id_;
};

std::unique_ptr<Mapper> mapper_of(const std::string& mapping, Catalog& catalog) {
  Diagnostics diagnostics;
  const std::vector<MappingFile> files = {read_mapping_file(mapping, "zoo.yaml", diagnostics)};
  std::unique_ptr<Mapper> mapper = compile_mappings(files, catalog.read_tables(),
                                                    MessageIdentity(7, "zoo", "test"), diagnostics);
  if (!mapper) throw std::runtime_error(diagnostics.text() + mapping);
  return mapper;
}

}  // namespace

MappedStream::MappedStream(const PostgresServer& server, const std::string& database,
                           PluginChoice plugin, const std::string& mapping)
    : server_(server), database_(database), mapping_(mapping) {
  settings_.url = server.conninfo(database);
  settings_.plugin = plugin;
  settings_.slot = database + (plugin == PluginChoice::wal2json ? "_w" : "_p");
  Catalog catalog(settings_.url);
  catalog.load();
  Diagnostics diagnostics;
  settings_.followed =
      followed({read_mapping_file(mapping, "zoo.yaml", diagnostics)}, catalog.tables());
  const PreparedSlot slot = prepare_slot(settings_, true);
  plugin_ = slot.plugin;
  start_ = slot.confirmed;
}

std::vector<MappedEvent> MappedStream::read() const {
  const Lsn end = Lsn::parse(server_.value("SELECT pg_current_wal_lsn()")).value();
  Catalog catalog(settings_.url);
  PostgresSource source(settings_, plugin_, read_server_identity(settings_.url), catalog);
  source.open(start_);
  const std::unique_ptr<Mapper> mapper = mapper_of(mapping_, catalog);
  EventList sink;
  const auto all_read = [&] {
    StreamItem item;
    while (source.next(item)) {
      if (item.kind == StreamItem::Kind::change) {
        sink.op = op_name(item.change.op);
        sink.table = item.change.table->full_name();
        mapper->map(item.transaction, item.change, sink);
      } else if (item.kind != StreamItem::Kind::begin && item.end_lsn >= end) {
        return true;
      }
    }
    source.report(start_, true);
    source.wait(-1, 20ms, true);
    return false;
  };
  if (!wait_until(all_read, 60s)) throw std::runtime_error("the stream does not come to its end");
  return std::move(sink.events);
}

}  // namespace waltrack
