#include "bench/shop_mapper.hpp"

#include <stdexcept>
#include <vector>

#include "bench/shop_mapping.hpp"
#include "mapping/test_change.hpp"

namespace waltrack {
namespace {

std::vector<Table> shop_tables() {
  Table users;
  users.schema = "public";
  users.name = "users";
  users.replica_identity = ReplicaIdentity::full;
  Table orders = users;
  users.columns = {column("id", ValueKind::int8, true), column("email", ValueKind::text),
                   column("name", ValueKind::text), column("plan", ValueKind::text),
                   column("created_at", ValueKind::timestamptz)};
  orders.name = "orders";
  orders.columns = {
      column("id", ValueKind::int8, true), column("user_id", ValueKind::int8),
      column("product", ValueKind::text),  column("amount", ValueKind::numeric),
      column("currency", ValueKind::text), column("created_at", ValueKind::timestamptz)};
  return {users, orders};
}

}  // namespace

std::unique_ptr<Mapper> shop_mapper() {
  Diagnostics diagnostics;
  const std::vector<MappingFile> files = {
      read_mapping_file(kShopMapping, "shop.yaml", diagnostics)};
  std::unique_ptr<Mapper> mapper =
      compile_mappings(files, shop_tables(), MessageIdentity(7, "shop", "bench"), diagnostics);
  if (!mapper) throw std::runtime_error(diagnostics.text());
  return mapper;
}

}  // namespace waltrack
