#include "workshop/fix_script.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

Finding finding(Fix fix, Severity severity = Severity::error) {
  return {severity, "code", "it is wrong", "server", std::move(fix)};
}

size_t at(const std::string& text, const std::string& part) {
  return text.find(part);
}

}  // namespace

TEST(FixScript, StatementsComeBeforeSettingsAndOneReload) {
  Fix setting = fix_by_sql("ALTER SYSTEM SET a = b");
  setting.after = Fix::After::reload;
  const std::string script = fix_script(
      {finding(setting), finding(fix_by_sql("GRANT x TO y")), finding(setting)}, "shop", false);
  EXPECT_LT(at(script, "\nGRANT x TO y;\n"), at(script, "\nALTER SYSTEM SET a = b;\n"));
  EXPECT_LT(at(script, "\nALTER SYSTEM"), at(script, "\nSELECT pg_reload_conf();\n"));
  EXPECT_EQ(script.find("ALTER SYSTEM SET a = b;\n"), script.rfind("ALTER SYSTEM SET a = b;\n"));
  EXPECT_EQ(script.find("pg_reload_conf"), script.rfind("pg_reload_conf"));
}

TEST(FixScript, ChoicesAndWhatIsNoSqlStandInComments) {
  Fix choice = fix_by_sql("SELECT pg_drop_replication_slot('x')");
  choice.choice = true;
  Fix restart = fix_by_text("add a line\nhost all all");
  restart.after = Fix::After::restart;
  const std::string script = fix_script({finding(choice), finding(restart)}, "shop", false);
  EXPECT_NE(at(script, "\n-- SELECT pg_drop_replication_slot('x');\n"), std::string::npos);
  EXPECT_NE(at(script, "-- host all all\n"), std::string::npos) << script;
  EXPECT_NE(at(script, "-- Restart the server"), std::string::npos);
}

TEST(FixScript, NoTextEscapesFromItsComment) {
  Finding nasty = finding(fix_by_text("a\nDROP TABLE b;"));
  nasty.what = "table x\n; DROP TABLE c;";
  const std::string script = fix_script({nasty}, "shop", false);
  EXPECT_EQ(at(script, "\nDROP"), std::string::npos) << script;
  EXPECT_EQ(at(script, "\n;"), std::string::npos) << script;
}

TEST(FixScript, ServesAStandbyAndItsPrimary) {
  Fix grant;
  grant.sql.push_back({"GRANT x TO y", {}, FixServer::primary});
  const std::string script =
      fix_script({finding(fix_by_sql("ALTER SYSTEM SET a = b")), finding(grant)}, "shop", true);
  EXPECT_LT(at(script, "NOT pg_is_in_recovery()"), at(script, "\nGRANT x TO y;\n"));
  EXPECT_LT(at(script, "\\endif"), at(script, "SELECT pg_is_in_recovery()"));
  EXPECT_LT(at(script, "SELECT pg_is_in_recovery()"), at(script, "\nALTER SYSTEM SET a = b;\n"));
}

TEST(FixScript, EachPartIsDoneOnItsServerOnlyAndElseSaysSo) {
  Fix of_standby;
  of_standby.sql.push_back({"ALTER SYSTEM SET a = b", {}, FixServer::standby});
  for (const auto& [fix, source_is_standby] :
       {std::pair(of_standby, false), std::pair(fix_by_sql("ALTER SYSTEM SET a = b"), true)}) {
    const std::string script = fix_script({finding(fix)}, "shop", source_is_standby);
    EXPECT_NE(at(script, "SELECT pg_is_in_recovery()"), std::string::npos) << script;
    EXPECT_NE(at(script, "this part is for the standby"), std::string::npos) << script;
  }
  const std::string script = fix_script({finding(fix_by_sql("GRANT x TO y"))}, "shop", false);
  EXPECT_NE(at(script, "SELECT NOT pg_is_in_recovery()"), std::string::npos) << script;
}

TEST(FixScript, SaysThatThereIsNothingToMend) {
  EXPECT_NE(at(fix_script({}, "shop", false), "nothing to mend"), std::string::npos);
}

}  // namespace waltrack
