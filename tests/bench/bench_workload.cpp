#include "bench/bench_workload.hpp"

#include "bench/shop_mapping.hpp"

namespace waltrack {
namespace {

constexpr const char* kExpressions = R"yaml(
table: users
user_id: id
identify:
  when: plan is distinct from 'internal'
  traits:
    email: lower(email)
    name: name
    plan: plan
    created_at: created_at
---
table: orders
user_id: user_id
track:
  - event: Order Placed
    when: amount >= 0 and currency is not null
    properties:
      order_id: id
      product: product || ' (' || currency || ')'
      amount: amount
      cents: round(amount * 100)
      created_at: created_at
)yaml";

// Each event names two users.
constexpr const char* kTwoUsers = R"yaml(
table: users
user_id: id
anonymous_id: email
identify:
  traits: { email: email, name: name, plan: plan, created_at: created_at }
---
table: orders
user_id: user_id
anonymous_id: id
identify:
  traits: { order_id: id, product: product, amount: amount, currency: currency, created_at: created_at }
)yaml";

}  // namespace

std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;)
    text.insert(at -= 3, ",");
  return text;
}

BenchWorkload usual_workload(uint64_t rows) {
  return {.name = "1,000-row transactions",
          .rows = rows,
          .rows_per_transaction = 1000,
          .mapping = kShopMapping,
          .has_peer = true};
}

std::vector<BenchWorkload> throughput_workloads(uint64_t rows) {
  const BenchWorkload usual = usual_workload(rows);
  BenchWorkload single = usual;
  single.name = "one-row transactions";
  single.rows_per_transaction = 1;
  single.has_peer = false;
  BenchWorkload large = usual;
  large.name = "one " + grouped(rows) + "-row transaction";
  large.rows_per_transaction = rows;
  large.has_peer = false;
  BenchWorkload updates = usual;
  updates.name = "updates, REPLICA IDENTITY FULL";
  updates.kind = BenchWorkload::Kind::updates;
  updates.has_peer = false;
  BenchWorkload expressions = usual;
  expressions.name = "1,000-row, with expressions";
  expressions.mapping = kExpressions;
  expressions.has_peer = false;
  BenchWorkload two_users = usual;
  two_users.name = "1,000-row, each event of two users";
  two_users.mapping = kTwoUsers;
  two_users.has_peer = false;
  return {single, usual, large, updates, expressions, two_users};
}

}  // namespace waltrack
