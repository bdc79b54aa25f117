#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

// Leveled, structured logging to standard error, from any thread. A line is a message, fixed in
// wording, and fields that vary. Row values and secrets never go into either.
namespace waltrack::log {

enum class Level { debug, info, warn, error };
enum class Format { text, json };

struct Field {
  Field(std::string_view key, std::string_view value) : key(key), value(value) {}
  Field(std::string_view key, const char* value) : key(key), value(value) {}
  Field(std::string_view key, const std::string& value) : key(key), value(value) {}
  Field(std::string_view key, long long value);
  Field(std::string_view key, unsigned long long value);
  Field(std::string_view key, int value) : Field(key, static_cast<long long>(value)) {}
  Field(std::string_view key, long value) : Field(key, static_cast<long long>(value)) {}
  Field(std::string_view key, unsigned value)
      : Field(key, static_cast<unsigned long long>(value)) {}
  Field(std::string_view key, unsigned long value)
      : Field(key, static_cast<unsigned long long>(value)) {}

  std::string key;
  std::string value;
  bool number = false;  // JSON writes the value bare
};
using Fields = std::initializer_list<Field>;

// Call once, before any thread starts; the default is text at info.
void configure(Format format, Level lowest);

void write(Level level, std::string_view message, Fields fields = {});
inline void debug(std::string_view message, Fields fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(Level::info, message, fields);
}
inline void warn(std::string_view message, Fields fields = {}) {
  write(Level::warn, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(Level::error, message, fields);
}

// What one line looks like; `time` is ISO 8601 UTC.
std::string render(Format format, std::string_view time, Level level, std::string_view message,
                   Fields fields);

}  // namespace waltrack::log
