#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "model/lsn.hpp"
#include "postgres/decoder.hpp"
#include "postgres/fake_catalog.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// What the shop does to its two small tables, users and orders, both REPLICA IDENTITY FULL.
enum class ShopRows { inserts, updates };

struct ShopMessage {
  Lsn lsn;
  std::string text;
};

// What a slot sends of the shop, the same bytes each time: transactions of kTransactionRows rows,
// one user to four orders. An update changes the user's plan or the order's amount.
class ShopStream {
 public:
  static constexpr size_t kTransactionRows = 1000;

  ShopStream(Plugin plugin, ShopRows rows, size_t transactions = 1);

  // A decoder that has heard what the server tells once a connection.
  std::unique_ptr<Decoder> decoder();

  const std::vector<ShopMessage>& messages() const { return messages_; }
  size_t rows() const { return rows_; }
  size_t bytes() const;

 private:
  void add(std::string text);

  const Plugin plugin_;
  FakeCatalog catalog_;
  std::vector<ShopMessage> messages_;
  size_t rows_ = 0;
  Lsn lsn_{0x197'E958};
};

}  // namespace waltrack
