#include "mapping/sql_format.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "mapping/sql_value.hpp"

namespace waltrack {
namespace {

// One call of printf(): takes the format apart and has SQLite write each conversion, whose width
// and precision go by as arguments.
class Formatter {
 public:
  Formatter(sqlite3_context* context, int count, sqlite3_value** values)
      : context_(context),
        values_(values + 1),
        values_left_(count - 1),
        format_(text_of(values[0])),
        out_(sqlite3_str_new(sqlite3_context_db_handle(context))) {}
  ~Formatter() { sqlite3_free(sqlite3_str_finish(out_)); }
  Formatter(const Formatter&) = delete;
  Formatter& operator=(const Formatter&) = delete;

  void run() {
    while (!format_.empty()) {
      size_t percent = std::min(format_.find('%'), format_.size());
      sqlite3_str_append(out_, format_.data(), static_cast<int>(percent));
      format_.remove_prefix(percent);
      if (!format_.empty() && !convert()) {
        return give_error(context_, "printf() of a conversion that it does not know");
      }
      if (sqlite3_str_errcode(out_) != SQLITE_OK) return give_too_long(context_);
    }
    give_text(context_, {sqlite3_str_value(out_) == nullptr ? "" : sqlite3_str_value(out_),
                         static_cast<size_t>(sqlite3_str_length(out_))});
  }

 private:
  sqlite3_value* next_value() {
    if (values_left_ <= 0) return nullptr;
    --values_left_;
    return *values_++;
  }

  int64_t next_integer() {
    sqlite3_value* value = next_value();
    return value == nullptr ? 0 : sqlite3_value_int64(value);
  }

  char ahead() const { return format_.empty() ? '\0' : format_.front(); }

  // A number or *; what is absent is -1. Beyond any limit it does not matter by how much.
  int take_size() {
    constexpr int64_t kMost = 2'000'000'000;
    if (ahead() == '*') {
      format_.remove_prefix(1);
      return static_cast<int>(std::clamp<int64_t>(next_integer(), -kMost, kMost));
    }
    int64_t size = -1;
    for (; ahead() >= '0' && ahead() <= '9'; format_.remove_prefix(1))
      size = std::min(std::max<int64_t>(size, 0) * 10 + (ahead() - '0'), kMost);
    return static_cast<int>(size);
  }

  bool convert() {
    format_.remove_prefix(1);
    std::string spec = "%";
    while (!format_.empty() &&
           std::string_view("-+ #0!,").find(ahead()) != std::string_view::npos) {
      spec += ahead();
      format_.remove_prefix(1);
    }
    int width = take_size();
    if (width < -1) spec += '-';
    width = width == -1 ? 0 : std::abs(width);
    int precision = -1;
    if (ahead() == '.') {
      format_.remove_prefix(1);
      precision = std::max(take_size(), 0);
    }
    while (ahead() == 'l' || ahead() == 'h')
      format_.remove_prefix(1);
    if (format_.empty()) return false;
    char conversion = ahead();
    format_.remove_prefix(1);
    return write(spec + (precision < 0 ? "*" : "*.*"), conversion, width, precision);
  }

  template <typename Value>
  bool append(const std::string& spec, int width, int precision, Value value) {
    if (precision < 0) {
      sqlite3_str_appendf(out_, spec.c_str(), width, value);
    } else {
      sqlite3_str_appendf(out_, spec.c_str(), width, precision, value);
    }
    return true;
  }

  bool write(const std::string& spec, char conversion, int width, int precision) {
    switch (conversion) {
      case '%':
        sqlite3_str_appendchar(out_, 1, '%');
        return true;
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
      case 'p': {
        // %p is %X of a value's own width.
        char type = conversion == 'p' ? 'X' : conversion;
        return append(spec + "ll" + type, width, precision,
                      static_cast<sqlite3_int64>(next_integer()));
      }
      case 'e':
      case 'E':
      case 'f':
      case 'g':
      case 'G': {
        sqlite3_value* value = next_value();
        return append(spec + conversion, width, precision,
                      value == nullptr ? 0.0 : sqlite3_value_double(value));
      }
      case 'c':
        return append_character(spec, width, precision);
      case 's':
      case 'z':
      case 'q':
      case 'Q':
      case 'w':
        return append_text(spec + (conversion == 'z' ? 's' : conversion), conversion, width,
                           precision);
      default:
        return false;
    }
  }

  // SQL's %c is the first character of a text, repeated by the precision.
  bool append_character(const std::string& spec, int width, int precision) {
    sqlite3_value* value = next_value();
    std::string_view text = value == nullptr ? std::string_view() : text_of(value);
    size_t length = text.empty() ? 0 : 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)
      ++length;
    std::string repeated;
    const size_t limit = length_limit(context_);
    for (int i = 0; i < std::max(precision, 1) && length > 0; ++i) {
      repeated += text.substr(0, length);
      if (repeated.size() > limit) break;  // too long, which appending it finds
    }
    std::string plain = spec.substr(0, spec.find('*') + 1) + "s";
    return append(plain, width, -1, repeated.c_str());
  }

  bool append_text(const std::string& spec, char conversion, int width, int precision) {
    sqlite3_value* value = next_value();
    const char* text = nullptr;
    if (value != nullptr) text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    if (text == nullptr && (conversion == 's' || conversion == 'z')) text = "";
    return append(spec, width, precision, text);
  }

  sqlite3_context* context_;
  sqlite3_value** values_;
  int values_left_;
  std::string_view format_;
  sqlite3_str* out_;
};

void format(sqlite3_context* context, int count, sqlite3_value** values) {
  if (count < 1 || is_null(values[0])) return sqlite3_result_null(context);
  Formatter(context, count, values).run();
}

}  // namespace

void add_format_functions(sqlite3* db) {
  add_function(db, "printf", -1, format);
  add_function(db, "format", -1, format);
}

}  // namespace waltrack
