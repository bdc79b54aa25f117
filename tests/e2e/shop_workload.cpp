#include "e2e/shop_workload.hpp"

#include <array>
#include <iterator>

#include "support/copy_stream.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

constexpr int kManyUsers = 500;              // that the statements with many rows spread over
constexpr int64_t kManyUsersAt = 5'000'000;  // behind a writer's first id

const char* const kNames[] = {"Ada",    "O'Brien",    "Zoë \"Zed\" Müller", "back\\slash",
                              "日本語", "two\nlines", "tab\there",          "emoji 🛒",
                              "",       "{\"a\":1}",  "100 % $1 ; --",      "\x01 control"};
const char* const kPlans[] = {"free", "team", "pro", "enterprise"};
const char* const kPrefs[] = {R"({"ui": {"dark": true}, "tags": ["a", "b"]})", R"([])",
                              R"({"deep": [1, 2.5, null, {"x": "y\"z"}]})", R"("text")"};
const char* const kStatus[] = {"paid", "packed", "shipped", "returned"};

template <typename Array>
auto pick(const Array& choices, int64_t number) {
  return choices[static_cast<size_t>(number) % std::size(choices)];
}

std::string sql_text(const std::string& text) {
  std::string sql = "'";
  for (const char c : text) {
    if (c == '\'') sql.push_back('\'');
    sql.push_back(c);
  }
  return sql + "'";
}

std::string money(int64_t cents) {
  const std::string rest = std::to_string(cents % 100);
  return std::to_string(cents / 100) + "." + (rest.size() < 2 ? "0" : "") + rest;
}

std::string bool_sql(int value) {
  return value < 0 ? "null" : value == 0 ? "false" : "true";
}

json bool_json(int value) {
  return value < 0 ? json() : json(value != 0);
}

std::string long_text(int length) {
  return "repeat('x', " + std::to_string(length) + ")";
}

json order_placed(int64_t id, int64_t seq, const std::string& total) {
  return {{"id", id},
          {"seq", seq},
          {"total", json::parse(total)},
          {"status", "new"},
          {"placed", "2026-01-02T01:04:05.000678Z"}};
}

const char* const kPlacedAt = "'2026-01-02 03:04:05.000678+02'";

}  // namespace

const char* const kShopTables = R"sql(
CREATE TABLE users (id bigint PRIMARY KEY, seq bigint NOT NULL, name text, plan text NOT NULL,
                    visits bigint NOT NULL DEFAULT 0, vip boolean, prefs jsonb, bio text);
ALTER TABLE users REPLICA IDENTITY FULL;
ALTER TABLE users ALTER COLUMN bio SET STORAGE EXTERNAL;
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL, seq bigint NOT NULL,
                     total numeric(12,2), status text, placed_at timestamptz);
ALTER TABLE orders REPLICA IDENTITY FULL;
CREATE TABLE items (id bigint, user_id bigint, seq bigint NOT NULL, sku text, quantity int,
                    note text, PRIMARY KEY (user_id, id));
ALTER TABLE items ALTER COLUMN note SET STORAGE EXTERNAL;
CREATE TABLE noise (id bigserial, text text);
)sql";

const char* const kShopMapping = R"yaml(
table: public.users
user_id: id
identify:
  on: [insert, update]
  traits:
    seq: seq
    name: name
    plan: plan
    visits: visits
    vip: vip
    prefs: prefs
    bio_length: length(bio)
track:
  - event: User Registered
    properties:
      seq: seq
      plan: plan
  - event: Plan Changed
    on: update
    when: changed.plan
    properties:
      seq: seq
      from: old.plan
      to: plan
  - event: User Deleted
    on: delete
    properties:
      seq: seq
      plan: plan
---
table: public.orders
user_id: user_id
track:
  - event: Order Placed
    timestamp: placed_at
    properties:
      id: id
      seq: seq
      total: total
      status: status
      placed: placed_at
  - event: Order Changed
    on: update
    properties:
      id: id
      seq: seq
      status: status
      was: old.status
  - event: Order Deleted
    on: delete
    properties:
      id: id
      seq: seq
---
table: public.items
user_id: user_id
track:
  - event: Item Added
    properties:
      id: id
      seq: seq
      sku: upper(sku)
      quantity: quantity
      note_length: length(note)
  - event: Item Changed
    on: update
    properties:
      id: id
      seq: seq
      quantity: quantity
      note_length: length(note)
  - event: Item Removed
    on: delete
    properties:
      id: id
)yaml";

std::string shared_users_sql(EventLists& expected) {
  for (int user = 1; user <= kSharedUsers; ++user) {
    expected.add(std::to_string(user), identify_text({{"seq", 0},
                                                      {"name", "shared"},
                                                      {"plan", "free"},
                                                      {"visits", 0},
                                                      {"vip", nullptr},
                                                      {"prefs", nullptr},
                                                      {"bio_length", nullptr}}));
    expected.add(std::to_string(user),
                 track_text("User Registered", {{"seq", 0}, {"plan", "free"}}));
  }
  return "INSERT INTO users (id, seq, name, plan) SELECT g, 0, 'shared', 'free' "
         "FROM generate_series(1, " +
         std::to_string(kSharedUsers) + ") g";
}

EventLists expected_visits(const Visits& visits) {
  EventLists expected;
  for (int user = 1; user <= kSharedUsers; ++user) {
    for (uint64_t visit = 1; visit <= visits[static_cast<size_t>(user - 1)]; ++visit) {
      expected.add(std::to_string(user), identify_text({{"seq", 0},
                                                        {"name", "shared"},
                                                        {"plan", "free"},
                                                        {"visits", visit},
                                                        {"vip", nullptr},
                                                        {"prefs", nullptr},
                                                        {"bio_length", nullptr}}));
    }
  }
  return expected;
}

ShopWriter::ShopWriter(uint64_t seed, int64_t first_id)
    : random_(seed),
      first_id_(first_id),
      next_user_(first_id),
      next_order_(first_id),
      next_item_(first_id) {}

int64_t ShopWriter::number(int64_t low, int64_t high) {
  // Not std::uniform_int_distribution: a seed must mean the same everywhere.
  return low + static_cast<int64_t>(random_() % static_cast<uint64_t>(high - low + 1));
}

template <typename Rows>
int64_t ShopWriter::any_of(const Rows& rows) {
  return std::next(rows.begin(), number(0, static_cast<int64_t>(rows.size()) - 1))->first;
}

void ShopWriter::commit() {
  for (auto& [user, event] : shop_.events)
    expected_.add(std::to_string(user), std::move(event));
  shop_.events.clear();
  row_changes_ += std::exchange(shop_.row_changes, 0);
  visits_ = shop_.visits;
}

std::string ShopWriter::small_transaction() {
  const Shop before = shop_;
  std::string sql = "BEGIN;" + statements(3);
  if (chance(30)) {
    const Shop saved = shop_;
    sql += "SAVEPOINT s;" + statements(3);
    if (chance(50)) {
      // A savepoint inside, released, goes with the outer one.
      sql += "SAVEPOINT inner_s;" + statements(1) + "RELEASE SAVEPOINT inner_s;";
    }
    if (chance(50)) {
      sql += "ROLLBACK TO SAVEPOINT s;";
      shop_ = saved;
    } else {
      sql += "RELEASE SAVEPOINT s;";
    }
    sql += statements(2);
  }
  if (chance(15)) {
    sql += "ROLLBACK;";
    shop_ = before;
    return sql;
  }
  // Last, to hold the lock on a row that all writers want for a moment only; one, for deadlocks.
  if (chance(25)) sql += visit();
  sql += "COMMIT;";
  commit();
  return sql;
}

std::string ShopWriter::statements(int count) {
  std::string sql;
  for (int i = 0; i < count; ++i)
    sql += statement() + ";";
  return sql;
}

std::string ShopWriter::statement() {
  if (shop_.users.size() < 3) return insert_user(false);
  switch (number(0, 13)) {
    case 0:
      return insert_user(chance(30));
    case 1:
      return upsert_existing_user();
    case 2:
    case 3:
      return update_user();
    case 4:
      return shop_.users.size() > 20 ? delete_user() : insert_user(false);
    case 5:
    case 6:
      return insert_orders();
    case 7:
    case 8:
      return shop_.orders.empty() ? insert_orders() : update_order();
    case 9:
      return shop_.orders.size() > 50 ? delete_order() : insert_orders();
    case 10:
      return insert_items();
    case 11:
      return shop_.items.empty() ? insert_items() : update_item();
    case 12:
      return shop_.items.size() > 50 ? delete_item() : insert_items();
    default:
      return "INSERT INTO noise (text) VALUES ('x')";
  }
}

std::string ShopWriter::insert_user(bool upsert) {
  const int64_t id = next_user_++;
  User user;
  user.seq = ++seq_;
  user.name = pick(kNames, number(0, 1000));
  user.plan = pick(kPlans, number(0, 1000));
  user.prefs = pick(kPrefs, number(0, 1000));
  user.vip = static_cast<int>(number(-1, 1));
  user.bio = chance(15) ? 5000 : static_cast<int>(number(0, 50));
  caused(id, identify_text({{"seq", user.seq},
                            {"name", user.name},
                            {"plan", user.plan},
                            {"visits", 0},
                            {"vip", bool_json(user.vip)},
                            {"prefs", json::parse(user.prefs)},
                            {"bio_length", user.bio}}));
  caused(id, track_text("User Registered", {{"seq", user.seq}, {"plan", user.plan}}));
  ++shop_.row_changes;
  std::string sql = "INSERT INTO users (id, seq, name, plan, vip, prefs, bio) VALUES (" +
                    std::to_string(id) + "," + std::to_string(user.seq) + "," +
                    sql_text(user.name) + "," + sql_text(user.plan) + "," + bool_sql(user.vip) +
                    "," + sql_text(user.prefs) + "," + long_text(user.bio) + ")";
  if (upsert) sql += " ON CONFLICT (id) DO UPDATE SET plan = 'never'";
  shop_.users[id] = std::move(user);
  return sql;
}

// Meets a row that is there: nothing, or an update.
std::string ShopWriter::upsert_existing_user() {
  const int64_t id = any_of(shop_.users);
  const std::string insert = "INSERT INTO users (id, seq, plan) VALUES (" + std::to_string(id) +
                             "," + std::to_string(seq_ + 1) + ",'team') ON CONFLICT (id) ";
  if (chance(30)) return insert + "DO NOTHING";
  User& user = shop_.users[id];
  user.seq = ++seq_;
  caused(id, identify_text({{"seq", user.seq},
                            {"name", user.name},
                            {"plan", "team"},
                            {"visits", 0},
                            {"vip", bool_json(user.vip)},
                            {"prefs", json::parse(user.prefs)},
                            {"bio_length", user.bio}}));
  if (user.plan != "team") {
    caused(id,
           track_text("Plan Changed", {{"seq", user.seq}, {"from", user.plan}, {"to", "team"}}));
  }
  user.plan = "team";
  ++shop_.row_changes;
  return insert + "DO UPDATE SET seq = excluded.seq, plan = excluded.plan";
}

std::string ShopWriter::update_user() {
  const int64_t id = any_of(shop_.users);
  User& user = shop_.users[id];
  const std::string old_plan = user.plan;
  user.seq = ++seq_;
  user.plan = pick(kPlans, number(0, 1000));
  std::string sql =
      "UPDATE users SET seq = " + std::to_string(user.seq) + ", plan = " + sql_text(user.plan);
  if (chance(20)) {
    user.bio = chance(50) ? 6000 : 10;
    sql += ", bio = " + long_text(user.bio);
  }
  caused(id, identify_text({{"seq", user.seq},
                            {"name", user.name},
                            {"plan", user.plan},
                            {"visits", 0},
                            {"vip", bool_json(user.vip)},
                            {"prefs", json::parse(user.prefs)},
                            {"bio_length", user.bio}}));
  if (old_plan != user.plan) {
    caused(id,
           track_text("Plan Changed", {{"seq", user.seq}, {"from", old_plan}, {"to", user.plan}}));
  }
  ++shop_.row_changes;
  return sql + " WHERE id = " + std::to_string(id);
}

std::string ShopWriter::delete_user() {
  const int64_t id = any_of(shop_.users);
  const User& user = shop_.users[id];
  caused(id, track_text("User Deleted", {{"seq", user.seq}, {"plan", user.plan}}));
  shop_.users.erase(id);
  ++shop_.row_changes;
  return "DELETE FROM users WHERE id = " + std::to_string(id);
}

std::string ShopWriter::insert_orders() {
  std::string sql = "INSERT INTO orders VALUES ";
  const int64_t user = any_of(shop_.users);
  const int64_t count = number(1, 4);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t id = next_order_++;
    const int64_t seq = ++seq_;
    const std::string total = money(number(0, 100'000'000));
    caused(user, track_text("Order Placed", order_placed(id, seq, total)));
    shop_.orders[id] = {user, "new"};
    sql += (i == 0 ? "(" : ",(") + std::to_string(id) + "," + std::to_string(user) + "," +
           std::to_string(seq) + "," + total + ",'new'," + kPlacedAt + ")";
    ++shop_.row_changes;
  }
  return sql;
}

std::string ShopWriter::update_order() {
  const int64_t id = any_of(shop_.orders);
  Order& order = shop_.orders[id];
  const std::string status = pick(kStatus, number(0, 1000));
  const int64_t seq = ++seq_;
  caused(order.user,
         track_text("Order Changed",
                    {{"id", id}, {"seq", seq}, {"status", status}, {"was", order.status}}));
  order.status = status;
  ++shop_.row_changes;
  return "UPDATE orders SET status = " + sql_text(status) + ", seq = " + std::to_string(seq) +
         " WHERE id = " + std::to_string(id);
}

std::string ShopWriter::delete_order() {
  const int64_t id = any_of(shop_.orders);
  const int64_t user = shop_.orders[id].user;
  const int64_t seq = ++seq_;
  caused(
      user,
      track_text("Order Changed",
                 {{"id", id}, {"seq", seq}, {"status", "gone"}, {"was", shop_.orders[id].status}}));
  caused(user, track_text("Order Deleted", {{"id", id}, {"seq", seq}}));
  shop_.orders.erase(id);
  shop_.row_changes += 2;
  const std::string where = " WHERE id = " + std::to_string(id);
  return "UPDATE orders SET status = 'gone', seq = " + std::to_string(seq) + where +
         "; DELETE FROM orders" + where;
}

// INSERT … SELECT of several rows: one multi-insert, whose rows may share an LSN.
std::string ShopWriter::insert_items() {
  const int64_t user = any_of(shop_.users);
  const int64_t count = number(2, 8);
  const int64_t first = next_item_;
  const int64_t first_seq = seq_;
  const int note = chance(20) ? 5000 : static_cast<int>(number(0, 20));
  for (int64_t i = 0; i < count; ++i) {
    const int64_t id = next_item_++;
    caused(user, track_text("Item Added", {{"id", id},
                                           {"seq", ++seq_},
                                           {"sku", "SKU-" + std::to_string(id)},
                                           {"quantity", i},
                                           {"note_length", note}}));
    shop_.items[id] = {user, note};
    ++shop_.row_changes;
  }
  return "INSERT INTO items SELECT " + std::to_string(first) + " + g, " + std::to_string(user) +
         ", " + std::to_string(first_seq + 1) + " + g, 'sku-' || " + std::to_string(first) +
         " + g, g, " + long_text(note) + " FROM generate_series(0, " + std::to_string(count - 1) +
         ") g";
}

std::string ShopWriter::update_item() {
  const int64_t id = any_of(shop_.items);
  const Item& item = shop_.items[id];
  const int64_t seq = ++seq_;
  json properties = {{"id", id}, {"seq", seq}, {"quantity", 99}};
  // Unchanged and stored out of line, so the server does not send it: left out, never null.
  if (item.note < 2000) properties["note_length"] = item.note;
  caused(item.user, track_text("Item Changed", properties));
  ++shop_.row_changes;
  return "UPDATE items SET quantity = 99, seq = " + std::to_string(seq) +
         " WHERE id = " + std::to_string(id) + " AND user_id = " + std::to_string(item.user);
}

std::string ShopWriter::delete_item() {
  const int64_t id = any_of(shop_.items);
  const int64_t user = shop_.items[id].user;
  caused(user, track_text("Item Removed", {{"id", id}}));
  shop_.items.erase(id);
  ++shop_.row_changes;
  return "DELETE FROM items WHERE id = " + std::to_string(id) +
         " AND user_id = " + std::to_string(user);
}

std::string ShopWriter::visit() {
  const int64_t user = number(1, kSharedUsers);
  ++shop_.visits[static_cast<size_t>(user - 1)];
  ++shop_.row_changes;
  return "UPDATE users SET visits = visits + 1 WHERE id = " + std::to_string(user) + ";";
}

std::string ShopWriter::insert_many_orders(int rows) {
  const int64_t first = next_order_;
  const int64_t first_seq = seq_ + 1;
  const int64_t first_user = first_id_ + kManyUsersAt;
  next_order_ += rows;
  seq_ += rows;
  for (int64_t i = 0; i < rows; ++i) {
    caused(first_user + i % kManyUsers,
           track_text("Order Placed", order_placed(first + i, first_seq + i, money(i * 25))));
  }
  if (many_.first_order == 0) many_.first_order = first;
  shop_.row_changes += static_cast<uint64_t>(rows);
  commit();
  return "INSERT INTO orders SELECT " + std::to_string(first) + " + g, " +
         std::to_string(first_user) + " + g % " + std::to_string(kManyUsers) + ", " +
         std::to_string(first_seq) + " + g, g * 0.25, 'new', " + kPlacedAt +
         " FROM generate_series(0, " + std::to_string(rows - 1) + ") g";
}

std::string ShopWriter::update_many_orders(int rows) {
  const int64_t first_user = first_id_ + kManyUsersAt;
  std::string sql = "BEGIN;";
  for (int64_t done = 0; done < rows; done += kManyUsers) {
    const int64_t from = many_.first_order + many_.updated;
    const int64_t first_seq = seq_ + 1;
    for (int64_t i = 0; i < kManyUsers; ++i) {
      caused(first_user + (many_.updated + i) % kManyUsers,
             track_text(
                 "Order Changed",
                 {{"id", from + i}, {"seq", first_seq + i}, {"status", "packed"}, {"was", "new"}}));
    }
    seq_ += kManyUsers;
    many_.updated += kManyUsers;
    shop_.row_changes += kManyUsers;
    sql += "UPDATE orders SET status = 'packed', seq = " + std::to_string(first_seq - from) +
           " + id WHERE id BETWEEN " + std::to_string(from) + " AND " +
           std::to_string(from + kManyUsers - 1) + ";";
  }
  commit();
  return sql + "COMMIT;";
}

std::string ShopWriter::delete_many_orders(int rows) {
  const int64_t first_user = first_id_ + kManyUsersAt;
  std::string sql = "BEGIN;";
  for (int64_t done = 0; done < rows; done += kManyUsers) {
    const int64_t from = many_.first_order + many_.deleted;
    const int64_t first_seq = seq_ + 1;
    for (int64_t i = 0; i < kManyUsers; ++i) {
      const int64_t user = first_user + (many_.deleted + i) % kManyUsers;
      const char* was = many_.deleted < many_.updated ? "packed" : "new";
      caused(
          user,
          track_text("Order Changed",
                     {{"id", from + i}, {"seq", first_seq + i}, {"status", "gone"}, {"was", was}}));
      caused(user, track_text("Order Deleted", {{"id", from + i}, {"seq", first_seq + i}}));
    }
    seq_ += kManyUsers;
    many_.deleted += kManyUsers;
    shop_.row_changes += 2 * kManyUsers;
    const std::string where = " WHERE id BETWEEN " + std::to_string(from) + " AND " +
                              std::to_string(from + kManyUsers - 1) + ";";
    sql += "UPDATE orders SET status = 'gone', seq = " + std::to_string(first_seq - from) +
           " + id" + where + "DELETE FROM orders" + where;
  }
  commit();
  return sql + "COMMIT;";
}

void ShopWriter::copy_many_items(pqxx::connection& connection, int rows) {
  const int64_t first_user = first_id_ + kManyUsersAt;
  pqxx::work transaction(connection);
  pqxx::stream_to stream =
      copy_into(transaction, "items", {"id", "user_id", "seq", "sku", "quantity", "note"});
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t id = next_item_++;
    const int64_t user = first_user + number(0, kManyUsers - 1);
    const int64_t seq = ++seq_;
    const std::string note = i % 100 == 0 ? std::string(5000, 'n') : pick(kNames, i);
    const std::string sku = "copy-" + std::to_string(id);
    stream << std::make_tuple(id, user, seq, sku, i % 7, note);
    // SQLite's length() counts characters; these have other lengths in bytes.
    int64_t characters = 0;
    for (const char c : note)
      characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    caused(user, track_text("Item Added", {{"id", id},
                                           {"seq", seq},
                                           {"sku", "COPY-" + std::to_string(id)},
                                           {"quantity", i % 7},
                                           {"note_length", characters}}));
  }
  stream.complete();
  transaction.commit();
  shop_.row_changes += static_cast<uint64_t>(rows);
  commit();
}

}  // namespace waltrack
