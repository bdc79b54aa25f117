#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"

namespace waltrack {

class FailpointRun : public testing::Test {
 protected:
  static RunSettings settings() {
    RunSettings settings;
    settings.mappings = Notes::kMapping;
    return settings;
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  TestRun run_{server_, receiver_, settings()};
};

TEST_F(FailpointRun, EndsAtItsPlaceAndTheNextStartHasNone) {
  run_.set_failpoint("delivery.answered=kill@2");
  run_.start();
  ASSERT_TRUE(run_.wait_until_streaming());
  notes_.write_singly(1);
  ASSERT_TRUE(receiver_.wait_for_known(1));
  notes_.write_singly(1);
  EXPECT_EQ(run_.wait_for_end(), (ExitStatus{-1, SIGKILL}));
  EXPECT_NE(run_.log().find("failpoint: kill name=delivery.answered"), std::string::npos);
  EXPECT_EQ(receiver_.known(), 2U);

  run_.start();
  ASSERT_TRUE(run_.wait_until_confirmed(current_wal(server_)));
  const nlohmann::json stats = receiver_.stats();
  EXPECT_GE(stats.at("duplicates"), 1);  // sent, and nobody knew
  EXPECT_EQ(stats.at("known"), 2);
  EXPECT_EQ(stats.at("conflicting"), 0);
}

TEST_F(FailpointRun, AnErrorInTheStreamIsMendedByAnotherStream) {
  run_.set_failpoint("capture.received=error;capture.mapped=sleep:1");
  run_.start();
  ASSERT_TRUE(run_.wait_for_log("failpoint capture.received"));
  notes_.write_singly(1);
  EXPECT_TRUE(receiver_.wait_for_known(1));
  EXPECT_EQ(run_.stop().code, 0);
}

TEST_F(FailpointRun, ANameThatIsNoneEndsItAtOnce) {
  run_.set_failpoint("delivery.anwsered=kill");
  run_.start();
  EXPECT_EQ(run_.wait_for_end().code, 2);
  EXPECT_NE(run_.log().find("there is no failpoint 'delivery.anwsered'"), std::string::npos);
}

}  // namespace waltrack
