#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace waltrack {

// A column of a table. Numbers are shown with `decimals`, texts as they are.
struct ReportColumn {
  std::string key;    // in the JSON
  std::string title;  // with the unit
  int width = 10;
  int decimals = 0;
};

// What was measured: shown as tables of text, line by line as it comes, and kept as JSON:
// {"machine": {…}, "SECTION": [{KEY: VALUE, …}, …], …}.
class BenchReport {
 public:
  // `json_file` is written now and after each line, as what comes later may fail; throws where it
  // can't be. Empty: none.
  explicit BenchReport(std::filesystem::path json_file);

  // Lines that follow are of this section. A section may have several tables.
  void begin_table(const std::string& section, const std::string& title,
                   std::vector<ReportColumn> columns);
  // One value for each column; null is shown as "-". `more` is for the JSON alone.
  void add_row(const std::vector<nlohmann::json>& values,
               const nlohmann::json& more = nlohmann::json::object());
  // A line between the tables that a reader must not miss; also in the JSON, under "remarks".
  void remark(const std::string& text);
  void set_machine(const std::string& key, const std::string& value);

 private:
  void save() const;

  const std::filesystem::path json_file_;
  nlohmann::ordered_json json_;
  std::string section_;
  std::vector<ReportColumn> columns_;
};

}  // namespace waltrack
