#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "state/state_file.hpp"

namespace waltrack {

// A clock that says what it is told.
class StoppedClock final : public Clock {
 public:
  SteadyTime steady() const override { return {}; }
  int64_t utc_us() const override { return now_us; }

  int64_t now_us = 1'700'000'000'000'000;
};

// A folder of its own for each test, and state files in it.
class StateTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "state_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name = "waltrack.db") const { return folder_ + "/" + name; }

  // The Error that `work` throws; fails the test when it throws none.
  template <typename Work>
  static Error error_of(Work work) {
    try {
      work();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no Error was thrown";
    return Error(ErrorKind::failure, "none");
  }

  static Checkpoint at(uint64_t lsn) { return Checkpoint{Lsn{lsn}, std::nullopt}; }

  static DeadLetter letter(uint64_t lsn, uint32_t ordinal = 0) {
    DeadLetter letter;
    letter.position = {Lsn{lsn + 100}, MessageKind::row, Lsn{lsn},
                       "public.users", ordinal,          "track/Signed Up"};
    letter.commit_time_us = 42;
    letter.op = "insert";
    letter.message_id = "0123456789abcdef0123456789abcdef";
    letter.reason = "no_user";
    letter.detail = "neither user_id nor anonymous_id";
    letter.payload = R"({"type":"track"})";
    return letter;
  }

  std::string folder_;
  StoppedClock clock_;
};

}  // namespace waltrack
