#include "bench/shop_mapper.hpp"

#include <stdexcept>
#include <string_view>
#include <vector>

#include "mapping/test_change.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kMapping = R"yaml(
table: users
user_id: id
identify:
  traits: { email: email, name: name, plan: plan, created_at: created_at }
---
table: orders
user_id: user_id
track:
  - event: Order Placed
    on: [insert, update]
    properties: { order_id: id, product: product, amount: amount, currency: currency, created_at: created_at }
)yaml";

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
  const std::vector<MappingFile> files = {read_mapping_file(kMapping, "shop.yaml", diagnostics)};
  std::unique_ptr<Mapper> mapper =
      compile_mappings(files, shop_tables(), MessageIdentity(7, "shop", "bench"), diagnostics);
  if (!mapper) throw std::runtime_error(diagnostics.text());
  return mapper;
}

}  // namespace waltrack
