#include "postgres/wal2json_reader.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <simdjson.h>
#include <string>

#include "postgres/decode_fault.hpp"
#include "postgres/message_text.hpp"

namespace waltrack {

namespace ondemand = simdjson::ondemand;

struct Wal2jsonReader::Parser {
  ondemand::parser parser;

  // Of the first `bytes` of the buffer.
  simdjson::simdjson_result<ondemand::document> iterate(const char* buffer, size_t bytes,
                                                        size_t buffer_bytes) {
    return parser.iterate(simdjson::padded_string_view(buffer, bytes, buffer_bytes));
  }
};

namespace {

constexpr size_t kFirstBytes = 64 << 10;

// Buffers that grew beyond this are given back when a smaller message comes.
constexpr size_t kKeptBytes = 4 << 20;

[[noreturn]] void fail(simdjson::error_code error) {
  throw DecodeFault(std::string("not the JSON of format version 2: ") +
                    simdjson::error_message(error));
}

template <typename T>
T checked(simdjson::simdjson_result<T> result) {
  T value;
  if (const auto error = std::move(result).get(value)) fail(error);
  return value;
}

bool is_null(ondemand::value& value) {
  return checked(value.type()) == ondemand::json_type::null;
}

// The string, or empty for null.
std::string_view text_or_null(ondemand::value& value) {
  if (is_null(value)) return {};
  return checked(value.get_string());
}

std::optional<uint32_t> xid_or_null(ondemand::value& value) {
  if (is_null(value)) return std::nullopt;
  const uint64_t xid = checked(value.get_uint64());
  if (xid > std::numeric_limits<uint32_t>::max()) throw DecodeFault("an xid out of range");
  return static_cast<uint32_t>(xid);
}

// wal2json prints an OID above 2³¹ as a negative number.
uint32_t type_oid(ondemand::value& value) {
  const int64_t oid = checked(value.get_int64());
  if (oid < std::numeric_limits<int32_t>::min() || oid > std::numeric_limits<uint32_t>::max()) {
    throw DecodeFault("a type OID out of range");
  }
  return static_cast<uint32_t>(oid);
}

size_t skip_digits(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of("0123456789", at), text.size());
}

// Where JSON's number at the front of `text` ends; 0 when there is none.
size_t number_end(std::string_view text) {
  const size_t first = text.starts_with('-') ? 1 : 0;
  size_t end = skip_digits(text, first);
  if (end == first) return 0;
  if (end < text.size() && text[end] == '.') {
    const size_t fraction = end + 1;
    end = skip_digits(text, fraction);
    if (end == fraction) return 0;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    size_t exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    end = skip_digits(text, exponent);
    if (end == exponent) return 0;
  }
  return end;
}

// The digits as they stand, so that no precision is lost.
std::string_view number_text(ondemand::value& value) {
  const std::string_view token = value.raw_json_token();
  const size_t end = number_end(token);
  if (end == 0 || token.find_first_not_of(" \t\r\n", end) != std::string_view::npos) {
    throw DecodeFault("a number that is not one");
  }
  return token.substr(0, end);
}

Value read_value(ondemand::value& value) {
  switch (checked(value.type())) {
    case ondemand::json_type::string:
      return Value::present(checked(value.get_string()));
    case ondemand::json_type::number:
      return Value::present(number_text(value));
    case ondemand::json_type::boolean:
      return Value::present(checked(value.get_bool()) ? "t" : "f");
    case ondemand::json_type::null:
      if (!checked(value.is_null())) throw DecodeFault("a value that starts like null");
      return Value::null();
    case ondemand::json_type::array:
    case ondemand::json_type::object:
      break;
  }
  throw DecodeFault("a value that is neither text, number, bool nor null");
}

Wal2jsonColumn read_column(ondemand::object object) {
  Wal2jsonColumn column;
  bool has_name = false;
  for (auto result : object) {
    ondemand::field field = checked(std::move(result));
    const ondemand::raw_json_string key = field.key();
    if (key == "name") {
      column.name = checked(field.value().get_string());
      has_name = true;
    } else if (key == "typeoid") {
      column.type_oid = type_oid(field.value());
    } else if (key == "value") {
      column.value = read_value(field.value());
    }
  }
  if (!has_name) throw DecodeFault("a column without a name");
  if (column.value.is_unavailable()) throw DecodeFault("a column without a value");
  return column;
}

void read_columns(ondemand::value& value, std::vector<Wal2jsonColumn>& columns) {
  columns.clear();
  ondemand::array array = checked(value.get_array());
  for (auto result : array) {
    ondemand::value element = checked(std::move(result));
    columns.push_back(read_column(checked(element.get_object())));
  }
}

void read_field(ondemand::field& field, Wal2jsonMessage& message) {
  const ondemand::raw_json_string key = field.key();
  ondemand::value& value = field.value();
  if (key == "action") {
    message.action = checked(value.get_string());
  } else if (key == "xid") {
    message.xid = xid_or_null(value);
  } else if (key == "timestamp") {
    message.timestamp = text_or_null(value);
  } else if (key == "lsn") {
    message.lsn = text_or_null(value);
  } else if (key == "nextlsn") {
    message.next_lsn = text_or_null(value);
  } else if (key == "schema") {
    message.schema = text_or_null(value);
  } else if (key == "table") {
    message.table = text_or_null(value);
  } else if (key == "columns") {
    read_columns(value, message.columns);
    message.has_columns = true;
  } else if (key == "identity") {
    read_columns(value, message.identity);
    message.has_identity = true;
  } else if (key == "transactional") {
    message.transactional = checked(value.get_bool());
  } else if (key == "prefix") {
    message.prefix = checked(value.get_string());
  } else if (key == "content") {
    message.content = checked(value.get_string());
  }
}

void clear(Wal2jsonMessage& message) {
  message.action = message.timestamp = message.lsn = message.next_lsn = {};
  message.schema = message.table = {};
  message.xid.reset();
  message.transactional.reset();
  message.prefix.reset();
  message.content.reset();
  message.columns.clear();
  message.identity.clear();
  message.has_columns = message.has_identity = false;
}

}  // namespace

Wal2jsonReader::Wal2jsonReader() = default;
Wal2jsonReader::~Wal2jsonReader() = default;

const Wal2jsonMessage& Wal2jsonReader::read(std::string_view text) {
  clear(message_);
  load(text);
  auto parsed = parser_->iterate(buffer_.get(), text.size(), buffer_bytes_);
  if (parsed.error() == simdjson::UTF8_ERROR) {
    std::string mended;
    const std::string_view valid = message_text(text, mended);
    load(valid);
    parsed = parser_->iterate(buffer_.get(), valid.size(), buffer_bytes_);
  }
  ondemand::document document = checked(std::move(parsed));
  ondemand::object object = checked(document.get_object());
  for (auto result : object) {
    ondemand::field field = checked(std::move(result));
    read_field(field, message_);
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    throw DecodeFault("it goes on after its end");
  }
  return message_;
}

// Copies the text to where the parser finds the padding that it needs. The parser is made for the
// whole buffer, so that rows that are a little longer each time do not make it allocate.
void Wal2jsonReader::load(std::string_view text) {
  const size_t needed = text.size() + simdjson::SIMDJSON_PADDING;
  const bool too_big = buffer_bytes_ > kKeptBytes && needed <= kKeptBytes;
  if (needed > buffer_bytes_ || too_big) {
    const size_t bytes = std::max({kFirstBytes, needed, too_big ? 0 : 2 * buffer_bytes_});
    parser_ = std::make_unique<Parser>();
    if (const auto error = parser_->parser.allocate(bytes)) fail(error);
    buffer_ = std::make_unique<char[]>(bytes);
    buffer_bytes_ = bytes;
  }
  std::memcpy(buffer_.get(), text.data(), text.size());
}

}  // namespace waltrack
