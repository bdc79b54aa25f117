#include "mapping/sql_json_functions.hpp"

#include <charconv>
#include <simdjson.h>
#include <string>
#include <utility>

#include "mapping/sql_value.hpp"

namespace waltrack {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr const char* kNoArray = "contains() of what is not a JSON array";
constexpr size_t kPaddedAtMost = 1 << 20;

struct Reader {
  ondemand::parser parser;
  std::string padded;
};

bool equals_number(ondemand::value& item, sqlite3_value* value) {
  ondemand::number number;
  if (item.get_number().get(number) != simdjson::SUCCESS) return false;
  if (sqlite3_value_type(value) == SQLITE_INTEGER && number.is_int64()) {
    return number.get_int64() == sqlite3_value_int64(value);
  }
  return number.as_double() == sqlite3_value_double(value);
}

// Whole numbers that not every reader of JSON carries stand in arrays as strings.
bool equals_string(std::string_view item, sqlite3_value* value) {
  if (is_text(value)) return item == text_of(value);
  if (sqlite3_value_type(value) != SQLITE_INTEGER) return false;
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, sqlite3_value_int64(value)).ptr;
  return item == std::string_view(digits, static_cast<size_t>(end - digits));
}

bool equals(ondemand::value& item, sqlite3_value* value) {
  ondemand::json_type type;
  if (item.type().get(type) != simdjson::SUCCESS) return false;
  switch (type) {
    case ondemand::json_type::string: {
      std::string_view text;
      return item.get_string().get(text) == simdjson::SUCCESS && equals_string(text, value);
    }
    case ondemand::json_type::number:
      return is_number(value) && equals_number(item, value);
    case ondemand::json_type::boolean: {
      bool truth = false;
      return item.get_bool().get(truth) == simdjson::SUCCESS &&
             sqlite3_value_type(value) == SQLITE_INTEGER &&
             sqlite3_value_int64(value) == (truth ? 1 : 0);
    }
    default:
      return false;
  }
}

void contains(sqlite3_context* context, int, sqlite3_value** values) {
  if (is_null(values[0]) || is_null(values[1])) return sqlite3_result_null(context);
  Reader& reader = state_of<Reader>(context);
  std::string_view text = text_of(values[0]);
  reader.padded.assign(text);
  reader.padded.append(simdjson::SIMDJSON_PADDING, '\0');
  ondemand::document document;
  simdjson::padded_string_view view(reader.padded.data(), text.size(), reader.padded.size());
  ondemand::array array;
  bool good = reader.parser.iterate(view).get(document) == simdjson::SUCCESS &&
              document.get_array().get(array) == simdjson::SUCCESS;
  bool found = false;
  if (good) {
    for (auto item : array) {
      ondemand::value one;
      good = item.get(one) == simdjson::SUCCESS;
      if (!good) break;
      found = equals(one, values[1]);
      if (found) break;
    }
  }
  if (reader.padded.capacity() > kPaddedAtMost) std::string().swap(reader.padded);
  if (!good) return give_error(context, kNoArray);
  give_truth(context, found);
}

// SQLite's own json_patch(), in a connection of its own and behind a limit: its time grows with the
// square of the number of keys.
class JsonPatch {
 public:
  JsonPatch() = default;
  JsonPatch(JsonPatch&& other) noexcept
      : db_(std::exchange(other.db_, nullptr)),
        statement_(std::exchange(other.statement_, nullptr)) {}
  JsonPatch& operator=(JsonPatch&&) = delete;
  ~JsonPatch() {
    sqlite3_finalize(statement_);
    sqlite3_close_v2(db_);
  }

  void run(sqlite3_context* context, std::string_view target, std::string_view patch) {
    if (!prepare()) return sqlite3_result_error_nomem(context);
    sqlite3_bind_text64(statement_, 1, target.data(), target.size(), SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(statement_, 2, patch.data(), patch.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (sqlite3_step(statement_) == SQLITE_ROW) {
      sqlite3_result_value(context, sqlite3_column_value(statement_, 0));
      sqlite3_result_subtype(context, 'J');
    } else {
      give_error(context, "json_patch() of what is not JSON");
    }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  bool prepare() {
    if (statement_ != nullptr) return true;
    constexpr int kFlags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    if (db_ == nullptr && sqlite3_open_v2(":memory:", &db_, kFlags, nullptr) != SQLITE_OK) {
      return false;
    }
    return sqlite3_prepare_v3(db_, "select json_patch(?1, ?2)", -1, SQLITE_PREPARE_PERSISTENT,
                              &statement_, nullptr) == SQLITE_OK;
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

void json_patch(sqlite3_context* context, int, sqlite3_value** values) {
  constexpr size_t kMostBytes = 64 * 1024;  // twice what an event may have
  if (is_null(values[0]) || is_null(values[1])) return sqlite3_result_null(context);
  const std::string_view target = text_of(values[0]);
  const std::string_view patch = text_of(values[1]);
  if (target.size() > kMostBytes || patch.size() > kMostBytes) {
    return give_error(context, "json_patch() takes 64 KB of JSON at most");
  }
  state_of<JsonPatch>(context).run(context, target, patch);
}

}  // namespace

void add_json_functions(sqlite3* db) {
  add_function<Reader>(db, "contains", 2, contains);
  add_function<JsonPatch>(db, "json_patch", 2, json_patch);
}

}  // namespace waltrack
