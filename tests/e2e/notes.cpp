#include "e2e/notes.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace waltrack {

Notes::Notes(const PostgresServer& server, std::string database)
    : server_(server), database_(std::move(database)) {
  server.exec("CREATE TABLE notes (number bigint PRIMARY KEY, user_id bigint NOT NULL)", database_);
}

std::string Notes::insert(int notes) {
  const auto first = static_cast<int64_t>(expected_.size());
  for (int64_t number = first; number < first + notes; ++number) {
    expected_.add(std::to_string(number % 10), track_text("Note Added", {{"number", number}}));
  }
  return "INSERT INTO notes SELECT g, g % 10 FROM generate_series(" + std::to_string(first) + ", " +
         std::to_string(first + notes - 1) + ") g";
}

void Notes::write(int notes) {
  server_.exec(insert(notes), database_);
}

void Notes::write_singly(int notes) {
  pqxx::connection connection(server_.conninfo(database_));
  pqxx::nontransaction plain(connection);
  for (int i = 0; i < notes; ++i)
    plain.exec(insert(1));
}

}  // namespace waltrack
