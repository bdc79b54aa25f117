#include "receiver/event_log.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <vector>

#include "base/error.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {
namespace {

std::vector<std::string> lines_of(EventLog& log) {
  std::vector<std::string> lines;
  log.read([&](std::string& line) {
    lines.push_back(line);
    return line.ends_with('}');
  });
  return lines;
}

}  // namespace

TEST(EventLog, LinesComeBackAfterReopening) {
  const TempDir folder;
  const std::string path = folder / "events.ndjson";
  EventLog(path).append("{\"a\":1}\n{\"b\":2}\n");
  {
    EventLog again(path);
    EXPECT_EQ(lines_of(again), (std::vector<std::string>{"{\"a\":1}", "{\"b\":2}"}));
    again.append("{\"c\":3}\n");
  }
  EXPECT_EQ(read_file(path), "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
}

TEST(EventLog, LineThatACrashToreIsCutOff) {
  const TempDir folder;
  const std::string path = folder.write("events.ndjson", "{\"a\":1}\n{\"b\":");
  EventLog log(path);
  lines_of(log);
  log.append("{\"c\":3}\n");
  EXPECT_EQ(read_file(path), "{\"a\":1}\n{\"c\":3}\n");
}

TEST(EventLog, LastLineWithoutItsNewlineGetsOne) {
  const TempDir folder;
  const std::string path = folder.write("events.ndjson", "{\"a\":1}");
  EventLog log(path);
  lines_of(log);
  log.append("{\"c\":3}\n");
  EXPECT_EQ(read_file(path), "{\"a\":1}\n{\"c\":3}\n");
}

TEST(EventLog, LinesLongerThanAReadAreWhole) {
  const TempDir folder;
  const std::string path = folder / "events.ndjson";
  const std::string lengthy = "{" + std::string(2'500'000, 'x') + "}";
  EventLog(path).append("{}\n" + lengthy + "\n{}\n");
  EventLog again(path);
  EXPECT_EQ(lines_of(again), (std::vector<std::string>{"{}", lengthy, "{}"}));
}

TEST(EventLog, ForeignFileIsLeftAloneAndTheLineNamed) {
  const TempDir folder;
  const std::string path = folder.write("notes.txt", "{}\nmilk and bread\n{}\n");
  EventLog log(path);
  try {
    lines_of(log);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.where(), path + ":2");
  }
  EXPECT_EQ(read_file(path), "{}\nmilk and bread\n{}\n");
}

TEST(EventLog, FileThatCannotBeWrittenIsAUsageError) {
  const TempDir folder;
  for (const std::string& path : {std::string(folder / "missing" / "x.ndjson"),
                                  std::string(folder.path()), std::string("/dev/null")}) {
    try {
      const EventLog log(path);
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_EQ(error.where(), path);
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST(EventLog, SecondReceiverOnTheSameFileIsRefused) {
  const TempDir folder;
  const EventLog log(folder / "events.ndjson");
  EXPECT_THROW(EventLog(folder / "events.ndjson"), Error);
}

TEST(EventLog, LinesThatTheDiskDoesNotTakeLeaveNothingBehind) {
  const TempDir folder;
  const std::string path = folder / "events.ndjson";
  EventLog log(path);
  log.append("{\"a\":1}\n");

  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{16, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(log.append("{\"b\":\"" + std::string(100, 'x') + "\"}\n"), Error);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  EXPECT_EQ(read_file(path), "{\"a\":1}\n");
  log.append("{\"c\":3}\n");
  EXPECT_EQ(read_file(path), "{\"a\":1}\n{\"c\":3}\n");
}

}  // namespace waltrack
