#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace waltrack {

// Reads Postgres' text of an hstore pair by pair: `"a"=>"1", "b"=>NULL`. Source: hstore_out() in
// the server's contrib/hstore/hstore_io.c, which quotes every key and every value.
class HstoreText {
 public:
  HstoreText(std::string_view text, std::string& key_scratch, std::string& value_scratch)
      : rest_(text), key_scratch_(key_scratch), value_scratch_(value_scratch) {}

  // Reads a pair; false at the end and when the text is malformed. Views are good until the next
  // call. A value of nothing is NULL.
  bool next();
  bool malformed() const { return malformed_; }
  std::string_view key() const { return key_; }
  const std::optional<std::string_view>& value() const { return value_; }

 private:
  bool fail();

  std::string_view rest_;
  std::string& key_scratch_;
  std::string& value_scratch_;
  std::string_view key_;
  std::optional<std::string_view> value_;
  bool first_ = true;
  bool malformed_ = false;
};

}  // namespace waltrack
