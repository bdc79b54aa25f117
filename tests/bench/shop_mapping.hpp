#pragma once

namespace waltrack {

// What most benchmarks tell of the shop's tables `users` and `orders`: one event for each row. The
// Node peer sends the same (peers/stream.mjs).
inline constexpr const char* kShopMapping = R"yaml(
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

}  // namespace waltrack
