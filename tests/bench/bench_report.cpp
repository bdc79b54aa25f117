#include "bench/bench_report.hpp"

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <sys/utsname.h>
#include <thread>
#include <utility>

namespace waltrack {
namespace {

// The value of the first line "name : value" of a file of /proc, or "".
std::string proc_value(const char* path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

std::string cell_text(const nlohmann::json& value, const ReportColumn& column) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", column.decimals, value.get<double>());
  return text;
}

// Texts are to the left, numbers to the right.
void print_cell(const std::string& text, const ReportColumn& column, bool left) {
  std::printf(left ? "%-*s  " : "%*s  ", column.width, text.c_str());
}

}  // namespace

BenchReport::BenchReport(std::filesystem::path json_file) : json_file_(std::move(json_file)) {
  set_machine("processor", proc_value("/proc/cpuinfo", "model name"));
  set_machine("cores", std::to_string(std::thread::hardware_concurrency()));
  set_machine("memory", proc_value("/proc/meminfo", "MemTotal"));
  utsname system{};
  if (uname(&system) == 0) set_machine("kernel", system.release);
  set_machine("waltrack", WALTRACK_VERSION);
  save();
}

void BenchReport::save() const {
  if (json_file_.empty()) return;
  std::ofstream file(json_file_);
  file << json_.dump(2) << '\n';
  if (!file.flush()) throw std::runtime_error("cannot write " + json_file_.string());
}

void BenchReport::set_machine(const std::string& key, const std::string& value) {
  json_["machine"][key] = value;
}

void BenchReport::begin_table(const std::string& section, const std::string& title,
                              std::vector<ReportColumn> columns) {
  section_ = section;
  columns_ = std::move(columns);
  if (!json_.contains(section)) json_[section] = nlohmann::ordered_json::array();
  std::printf("\n%s\n", title.c_str());
  for (size_t i = 0; i < columns_.size(); ++i)
    print_cell(columns_[i].title, columns_[i], i == 0);
  std::printf("\n");
  std::fflush(stdout);
}

void BenchReport::add_row(const std::vector<nlohmann::json>& values, const nlohmann::json& more) {
  if (values.size() != columns_.size()) throw std::logic_error("not one value for each column");
  nlohmann::ordered_json row;
  for (size_t i = 0; i < columns_.size(); ++i) {
    print_cell(cell_text(values[i], columns_[i]), columns_[i], i == 0);
    row[columns_[i].key] = values[i];
  }
  std::printf("\n");
  std::fflush(stdout);
  for (const auto& [key, value] : more.items())
    row[key] = value;
  json_[section_].push_back(std::move(row));
  save();
}

void BenchReport::remark(const std::string& text) {
  std::printf("\n!!! %s\n", text.c_str());
  std::fflush(stdout);
  json_["remarks"].push_back(text);
  save();
}

}  // namespace waltrack
