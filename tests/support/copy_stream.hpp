#pragma once

#include <initializer_list>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

namespace waltrack {

// COPY into a table. libpqxx 7 has factories for it, and deprecates what there was before.
template <typename Stream = pqxx::stream_to>
Stream copy_into(pqxx::transaction_base& transaction, const std::string& table,
                 std::initializer_list<std::string_view> columns) {
  if constexpr (requires { Stream::table(transaction, {table}, columns); }) {
    return Stream::table(transaction, {table}, columns);
  } else {
    return Stream(transaction, table, std::vector<std::string>(columns.begin(), columns.end()));
  }
}

}  // namespace waltrack
