#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "e2e/expected_events.hpp"

namespace waltrack {

// The shop's tables: users and orders with REPLICA IDENTITY FULL, items with their primary key
// (user_id, id), noise that no mapping names. And its mapping.
extern const char* const kShopTables;
extern const char* const kShopMapping;

// Users that every writer visits: 1 … kSharedUsers.
inline constexpr int kSharedUsers = 20;
using Visits = std::array<uint64_t, kSharedUsers>;

// What inserts the shared users, and what it causes.
std::string shared_users_sql(EventLists& expected);
// What all writers' visits together cause: the order of visits is told by their count.
EventLists expected_visits(const Visits& visits);

// One connection's worth of a seeded workload, and, computed beside it without a look at the
// server, the events that it must cause. All users but the shared ones belong to one writer, so its
// transactions tell their commit order. Statements that change many rows change one of each user,
// for the order within a statement is the server's business.
class ShopWriter {
 public:
  // Ids of users, orders and items begin at `first_id` and stay below first_id + 10,000,000.
  ShopWriter(uint64_t seed, int64_t first_id);

  // The SQL of one small transaction, committed or not, to be sent as one text.
  std::string small_transaction();

  // One transaction each; rows are spread over 500 users.
  std::string insert_many_orders(int rows);
  std::string update_many_orders(int rows);  // of the inserted ones, from the first on
  std::string delete_many_orders(int rows);  // the same
  void copy_many_items(pqxx::connection& connection, int rows);

  const EventLists& expected() const { return expected_; }
  const Visits& visits() const { return visits_; }
  uint64_t row_changes() const { return row_changes_; }  // committed ones of mapped tables

 private:
  struct User {
    int64_t seq = 0;
    std::string name, plan, prefs;
    int vip = 0;  // -1: null
    int bio = 0;  // its length
  };
  struct Order {
    int64_t user = 0;
    std::string status;
  };
  struct Item {
    int64_t user = 0;
    int note = 0;  // its length
  };
  // What a rollback takes back.
  struct Shop {
    std::map<int64_t, User> users;
    std::map<int64_t, Order> orders;
    std::map<int64_t, Item> items;
    Visits visits{};
    std::vector<std::pair<int64_t, std::string>> events;
    uint64_t row_changes = 0;
  };

  int64_t number(int64_t low, int64_t high);
  bool chance(int percent) { return number(1, 100) <= percent; }
  template <typename Rows>
  int64_t any_of(const Rows& rows);
  void caused(int64_t user, std::string event) {
    shop_.events.emplace_back(user, std::move(event));
  }
  void commit();

  std::string statements(int count);
  std::string statement();
  std::string insert_user(bool upsert);
  std::string upsert_existing_user();
  std::string update_user();
  std::string delete_user();
  std::string insert_orders();
  std::string update_order();
  std::string delete_order();
  std::string insert_items();
  std::string update_item();
  std::string delete_item();
  std::string visit();

  std::mt19937_64 random_;
  const int64_t first_id_;
  int64_t next_user_;
  int64_t next_order_;
  int64_t next_item_;
  int64_t seq_ = 0;  // rises through all that this writer does
  Shop shop_;
  EventLists expected_;
  Visits visits_{};
  uint64_t row_changes_ = 0;

  struct Many {
    int64_t first_order = 0;
    int64_t updated = 0;  // so many from first_order on
    int64_t deleted = 0;
  } many_;
};

}  // namespace waltrack
