#include "base/log.hpp"

#include <memory>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.hpp"
#include "base/iso8601.hpp"
#include "base/json_text.hpp"

namespace waltrack::log {
namespace {

Format g_format = Format::text;

// spdlog brings the thread-safe sink and the level; the line is ours, so its pattern is bare.
spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("waltrack",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "info";
}

bool is_bare_word(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\n\r\"=") == std::string_view::npos;
}

}  // namespace

Field::Field(std::string_view key, long long value)
    : key(key), value(std::to_string(value)), number(true) {}
Field::Field(std::string_view key, unsigned long long value)
    : key(key), value(std::to_string(value)), number(true) {}

void configure(Format format, Level lowest) {
  g_format = format;
  logger().set_level(to_spdlog(lowest));
}

void write(Level level, std::string_view message, Fields fields) {
  spdlog::logger& out = logger();
  if (!out.should_log(to_spdlog(level))) return;
  std::string time;
  append_iso8601_utc(time, SystemClock().utc_us());
  out.log(to_spdlog(level), spdlog::string_view_t(render(g_format, time, level, message, fields)));
}

std::string render(Format format, std::string_view time, Level level, std::string_view message,
                   Fields fields) {
  std::string line;
  if (format == Format::json) {
    line.append("{\"time\":\"").append(time).append("\",\"level\":\"").append(level_name(level));
    line.append("\",\"message\":");
    append_json_string(line, message);
    for (const Field& field : fields) {
      line.push_back(',');
      append_json_string(line, field.key);
      line.push_back(':');
      if (field.number) {
        line.append(field.value);
      } else {
        append_json_string(line, field.value);
      }
    }
    line.push_back('}');
    return line;
  }
  line.append(time).append(" ").append(level_name(level));
  line.append(level == Level::info || level == Level::warn ? "  " : " ").append(message);
  for (const Field& field : fields) {
    line.append(" ").append(field.key).append("=");
    if (is_bare_word(field.value)) {
      line.append(field.value);
    } else {
      append_json_string(line, field.value);
    }
  }
  return line;
}

}  // namespace waltrack::log
