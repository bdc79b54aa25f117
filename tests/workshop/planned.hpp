#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/columns_lock.hpp"
#include "mapping/mapper.hpp"
#include "mapping/mapping_file.hpp"

namespace waltrack {

// A table as a columns lock has it; `identity` is "key" or "full".
inline std::vector<Table> planned_tables(const std::string& identity = "full") {
  const auto column = [](const std::string& name, const std::string& type, const std::string& kind,
                         const std::string& more) {
    return R"({"name":")" + name + R"(","type":")" + type + R"(","kind":")" + kind + "\"," + more +
           "}";
  };
  const std::string text =
      R"({"version":1,"tables":[{"schema":"public","name":"users","replica_identity":")" +
      identity + R"(","columns":[)" +
      column("id", "bigint", "int8", R"("nullable":false,"key":true)") + "," +
      column("email", "text", "text", R"("nullable":false)") + "," +
      column("plan", "text", "text", R"("nullable":true)") + "," +
      column("seats", "integer", "int4", R"("nullable":false)") + "," +
      column("fee", "numeric(10,2)", "numeric", R"("nullable":true)") + "," +
      column("paying", "boolean", "boolean", R"("nullable":false)") + "," +
      column("created_at", "timestamp with time zone", "timestamptz", R"("nullable":false)") + "," +
      column("prefs", "jsonb", "json", R"("nullable":true)") + "," +
      column("tags", "text[]", "array", R"("element":"text","nullable":true)") + "]}]}";
  Diagnostics diagnostics;
  std::vector<Table> tables = read_columns_lock(text, "columns.lock.json", diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  return tables;
}

// The mapping file "m.yaml" over these tables, compiled.
struct Planned {
  explicit Planned(std::string_view yaml, const std::string& identity = "full") {
    Diagnostics diagnostics;
    const std::vector<MappingFile> files = {read_mapping_file(yaml, "m.yaml", diagnostics)};
    mapper =
        compile_mappings(files, planned_tables(identity), MessageIdentity(0, "", ""), diagnostics);
    EXPECT_TRUE(mapper != nullptr) << diagnostics.text();
    if (mapper) rules = mapper->outlines();
  }

  std::unique_ptr<Mapper> mapper;
  std::vector<RuleOutline> rules;
};

inline const std::string kUsers = "table: users\nuser_id: id\n";

}  // namespace waltrack
