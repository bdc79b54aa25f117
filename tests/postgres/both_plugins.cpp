#include "postgres/both_plugins.hpp"

#include "postgres/pgoutput_decoder.hpp"
#include "postgres/wal2json_decoder.hpp"

namespace waltrack {

namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string text_with_types(const StreamItem& item) {
  std::string text = item_text(item);
  if (item.kind != StreamItem::Kind::change || item.change.op == Op::truncate) return text;
  text += " types";
  for (const Column& column : item.change.table->columns) {
    text += " " + std::to_string(column.type.oid);
  }
  return text;
}

std::vector<std::string> decoded_without_empty(Decoder& decoder,
                                               const std::vector<StreamMessage>& messages) {
  std::vector<std::string> lines;
  StreamItem item;
  bool empty = false;
  for (const auto& [lsn, message] : messages) {
    decoder.feed(message, lsn);
    while (decoder.next(item)) {
      if (item.kind == StreamItem::Kind::commit && empty) {
        lines.pop_back();
        continue;
      }
      empty = item.kind == StreamItem::Kind::begin;
      lines.push_back(text_with_types(item));
    }
  }
  return lines;
}

}  // namespace

BothPlugins::BothPlugins(const PostgresServer& server, const std::string& database,
                         const std::vector<std::string>& schema)
    : server_(server), database_(database) {
  server_.exec("CREATE DATABASE " + database);
  run(schema);
  run({"CREATE PUBLICATION everything FOR ALL TABLES",
       "CREATE PUBLICATION by_root FOR ALL TABLES WITH (publish_via_partition_root = true)",
       "SELECT pg_create_logical_replication_slot('" + database + "_w', 'wal2json')",
       "SELECT pg_create_logical_replication_slot('" + database + "_p', 'pgoutput')"});
}

BothPlugins::~BothPlugins() {
  try {
    run(
        {"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
         "WHERE database = current_database()"});
  } catch (const std::exception&) {  // the server ends with its test anyway
  }
}

void BothPlugins::run(const std::vector<std::string>& statements) const {
  for (const std::string& statement : statements)
    server_.exec(statement, database_);
}

void BothPlugins::run_together(const std::vector<std::string>& statements) const {
  server_.exec_in_transaction(statements, database_);
}

std::vector<std::string> BothPlugins::wal2json(const std::string& timezone) const {
  FakeCatalog known = catalog();
  Wal2jsonDecoder decoder(known, prefixes_);
  return decoded_without_empty(
      decoder, messages(timezone,
                        "SELECT lsn, encode(convert_to(data, 'UTF8'), 'hex') "
                        "FROM pg_logical_slot_peek_changes('" +
                            database_ +
                            "_w', NULL, NULL, 'format-version', '2', 'include-xids', '1', "
                            "'include-timestamp', '1', 'include-lsn', '1', 'include-types', '0', "
                            "'include-type-oids', '1')"));
}

std::vector<std::string> BothPlugins::pgoutput(const std::string& publication) const {
  FakeCatalog known = catalog();
  PgoutputDecoder decoder(known, prefixes_);
  return decoded_without_empty(
      decoder,
      messages("UTC", "SELECT lsn, encode(data, 'hex') FROM pg_logical_slot_peek_binary_changes('" +
                          database_ +
                          "_p', NULL, NULL, 'proto_version', '1', "
                          "'publication_names', '" +
                          publication + "', 'messages', 'true')"));
}

std::vector<StreamMessage> BothPlugins::messages(const std::string& timezone,
                                                 const std::string& query) const {
  pqxx::connection connection = connect();
  pqxx::nontransaction work(connection);
  for (const std::string& setting :
       {std::string("datestyle = ISO"), std::string("intervalstyle = iso_8601"),
        std::string("extra_float_digits = 3"), std::string("bytea_output = hex"),
        "timezone = '" + timezone + "'"}) {
    work.exec("SET " + setting);
  }
  std::vector<StreamMessage> messages;
  for (const auto& row : work.exec(query)) {
    messages.emplace_back(Lsn::parse(row[0].c_str()).value(), from_hex(row[1].c_str()));
  }
  return messages;
}

FakeCatalog BothPlugins::catalog() const {
  FakeCatalog known;
  for (const auto& row : server_.query("SELECT oid::int8, typbasetype::int8 FROM pg_type "
                                       "WHERE typtype = 'd' AND oid >= 16384",
                                       database_)) {
    const auto base = known.types.find(row[1].as<uint32_t>());
    if (base != known.types.end()) known.types[row[0].as<uint32_t>()] = base->second;
  }
  for (const auto& row :
       server_.query("SELECT n.nspname || '.' || c.relname, rn.nspname, r.relname FROM pg_class c "
                     "JOIN pg_namespace n ON n.oid = c.relnamespace "
                     "JOIN pg_class r ON r.oid = pg_partition_root(c.oid) "
                     "JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE c.relispartition",
                     database_)) {
    known.roots[row[0].c_str()] = {row[1].c_str(), row[2].c_str()};
  }
  for (const auto& row :
       server_.query("SELECT n.nspname || '.' || c.relname, a.attname, a.atttypid::int8 FROM "
                     "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a "
                     "ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE "
                     "c.relkind IN ('r', 'p') AND c.oid >= 16384 ORDER BY c.oid, a.attnum",
                     database_)) {
    Column& column = known.columns[row[0].c_str()].emplace_back();
    column.name = row[1].c_str();
    column.type = known.type(row[2].as<uint32_t>());
  }
  return known;
}

}  // namespace waltrack
