#include "e2e/note_book.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/notes.hpp"

namespace waltrack {

void NoteBook::prepare(const PostgresServer& server) {
  server.exec("CREATE TABLE notes (number bigint PRIMARY KEY, user_id bigint NOT NULL)");
}

std::set<int64_t> NoteBook::on(const PostgresServer& server) {
  std::set<int64_t> numbers;
  for (const pqxx::row& row : server.query("SELECT number FROM notes"))
    numbers.insert(row[0].as<int64_t>());
  return numbers;
}

std::set<int64_t> NoteBook::at(const TestReceiver& receiver) {
  std::set<int64_t> numbers;
  for (const nlohmann::json& event : receiver.events()) {
    const auto number = event.at("properties").at("number").get<int64_t>();
    EXPECT_TRUE(numbers.insert(number).second) << "note " << number << " came under two ids";
  }
  EXPECT_EQ(receiver.stats().at("conflicting"), 0);
  return numbers;
}

NoteWriter::NoteWriter(const PostgresServer& server, int64_t first, int64_t count)
    : written_(first), thread_([this, &server, last = first + count](const std::stop_token& stop) {
        constexpr int64_t kTogether = 20;
        try {
          pqxx::connection connection(server.conninfo());
          pqxx::nontransaction plain(connection);
          while (!stop.stop_requested() && written_ < last) {
            const int64_t from = written_;
            const int64_t to = std::min(from + kTogether, last) - 1;
            plain.exec("INSERT INTO notes SELECT g, g % 10 FROM generate_series(" +
                       std::to_string(from) + ", " + std::to_string(to) + ") g");
            written_ = to + 1;
          }
        } catch (const pqxx::failure&) {  // the server was killed: what is in the table counts
        }
      }) {}

NoteWriter::~NoteWriter() {
  thread_.request_stop();
}

bool all_notes_arrive(const PostgresServer& server, const TestReceiver& receiver) {
  const std::set<int64_t> expected = NoteBook::on(server);
  if (!receiver.wait_for_known(expected.size())) return false;
  return NoteBook::at(receiver) == expected;
}

}  // namespace waltrack
